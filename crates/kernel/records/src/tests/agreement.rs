//! Filters, orders and groups over random records: SQL, and evaluation in memory.

use std::cell::Cell;
use std::collections::BTreeSet;

use athyper_kernel_cel::{Cache, Context, Limits, Value as CelValue, Variables};
use athyper_kernel_entity::is_indexed;
use athyper_kernel_record_model::{Entity, Members, Open, Record, Selection, Shown, Sort, terms};
use athyper_kernel_rules::Terms;
use athyper_test_kit::{REALM, TestApp, iam_config};
use serde_json::{Value, json};

use super::definitions::{definition, values};
use super::dice::{Dice, fresh_seeds};
use super::filters::Filters;
use super::groups::{answer, question};
use super::order::compare;
use crate::store::lists::{self, Asked, Found};
use crate::{new_entity_id, publish};

/// Records of a definition.
const RECORDS: usize = 40;
/// Filters that are asked of them.
const FILTERS: usize = 40;

/// A record as a filter sees it.
struct Seen<'r>(&'r Entity, &'r Record);

impl Variables for Seen<'_> {
    fn get(&self, name: &str) -> Option<CelValue> {
        let Self(entity, record) = self;
        let state = record.state.as_deref();
        let terms = Terms { fields: &entity.def.fields, values: &record.values, state, old: None, own: None };
        match name {
            "id" => Some(CelValue::from(record.id.to_string().as_str())),
            "version" => Some(CelValue::Int(record.version)),
            "createdAt" => Some(CelValue::timestamp(record.created_at)),
            "createdBy" => Some(CelValue::from(record.created_by.as_str())),
            "updatedAt" => Some(CelValue::timestamp(record.updated_at)),
            "updatedBy" => Some(CelValue::from(record.updated_by.as_str())),
            // A filter knows of no record as it was.
            "old" | "value" if entity.def.field(name).is_none() => None,
            _ => terms.get(name),
        }
    }
}

/// A text as part of a query string.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02X}"))
}

/// Puts a random definition in force.
pub(super) async fn put(app: &TestApp, dice: &mut Dice, key: &str) -> Entity {
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    let id = new_entity_id(&tx);
    let entity = publish(&mut tx, id, definition(dice, key)).await.unwrap();
    tx.commit(athyper_kernel_audit::AuditEvent::info("test.publish")).await.unwrap();
    entity
}

/// Makes records, changes some, and deletes a few; gives the ids of those that were made.
async fn fill(app: &TestApp, dice: &mut Dice, entity: &Entity) -> Vec<String> {
    let client = app.user("demo", "admin").with("if-match", "*");
    let path = format!("/v1/records/{}", entity.def.key);
    let mut made: Vec<String> = Vec::new();
    while made.len() < RECORDS {
        app.db.clock.advance(chrono::TimeDelta::minutes(i64::try_from(dice.below(3)).unwrap()));
        let answer = client.post(&path, &json!(values(dice, &entity.def.fields, &made))).await;
        match answer.status {
            // A value that comes once is taken, or what is computed fits no field.
            409 | 422 => continue,
            _ => made.push(answer.expect(201).text("/id")),
        }
        if dice.one_in(3) {
            let one = dice.of(&made).clone();
            let changed = values(dice, &entity.def.fields, &made);
            let answer = client.patch(&format!("{path}/{one}"), &json!(changed)).await;
            assert!([200, 409, 422].contains(&answer.status), "{}", answer.json());
        }
        if dice.one_in(12) && made.len() > 5 {
            let one = dice.of(&made).clone();
            client.delete(&format!("{path}/{one}")).await;
            made.retain(|id| *id != one);
        }
    }
    made
}

/// All records as the service reads them.
async fn all(app: &TestApp, entity: &Entity) -> Vec<Record> {
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    let open = Open::new(entity, Vec::new(), BTreeSet::new());
    let selection =
        Selection::parse(&Cache::new(1 << 20, Limits::default()), entity, &open, None, None, false).unwrap();
    let context = Context::utc(tx.now());
    let sort = Sort::parse(entity, None, false).unwrap();
    let asked = Asked { entity, selection: &selection, sort, context: &context };
    let found = lists::page(&mut tx, &asked, None, 1_000).await.unwrap();
    let names: Vec<String> = ["updatedBy", "state", "text0"]
        .into_iter()
        .chain(entity.def.fields.last().map(|f| f.key.as_str()))
        .map(str::to_owned)
        .collect();
    let read = |found: &Found| {
        let stored = found.stored().unwrap();
        let record = stored.into_record(entity).unwrap();
        // As it is stored and as it is read, it is the same to whoever may see all of it.
        for names in [None, Some(names.as_slice())] {
            let mut json = Vec::new();
            Members::of(entity, names).write(&stored, &mut json).unwrap();
            let as_stored: Value = serde_json::from_slice(&json).unwrap();
            assert_eq!(as_stored, record.to_json(&entity.def, &Shown::default(), names));
        }
        record
    };
    found.iter().map(read).collect()
}

/// How often what was asked, and how often the database could not be.
#[derive(Default)]
struct Tally {
    asked: Cell<usize>,
    refused: Cell<usize>,
    selected: Cell<usize>,
}

struct Case<'a> {
    app: &'a TestApp,
    entity: Entity,
    records: Vec<Record>,
    context: Context,
    seed: u64,
}

impl Case<'_> {
    fn selected(&self, filter: &str) -> Option<Vec<&Record>> {
        let limits = Limits { steps: 1_000_000, ..Limits::default() };
        let compiled = terms::condition(&Cache::new(1 << 20, limits), &self.entity, filter);
        let expression = compiled.unwrap_or_else(|error| panic!("seed {}: {filter}: {error}", self.seed));
        let selects = |record: &&Record| expression.selects(&Seen(&self.entity, record), &self.context);
        self.records
            .iter()
            .filter_map(|record| selects(&record).map(|yes| yes.then_some(record)).transpose())
            .collect::<Result<_, _>>()
            .ok()
    }

    /// A list by a filter in an order, and its count.
    async fn list(&self, filter: &str, sort: (&str, bool), tally: &Tally) {
        tally.asked.set(tally.asked.get() + 1);
        let client = self.app.user("demo", "admin");
        let (key, descending) = sort;
        let path = format!("/v1/records/{}", self.entity.def.key);
        let way = if descending { "-" } else { "" };
        let query = format!("filter={}&sort={way}{key}&fields=id&limit=200", encoded(filter));
        let answer = client.get(&format!("{path}?{query}")).await;
        let says = || format!("seed {}: {filter} sort {way}{key}", self.seed);
        if answer.status == 400 {
            assert_eq!(answer.text("/errors/0/code"), "untranslatable", "{}: {}", says(), answer.json());
            return tally.refused.set(tally.refused.get() + 1);
        }
        let Some(mut expected) = self.selected(filter) else { return };
        expected.sort_by(|one, other| compare(&self.entity, key, descending, one, other));
        assert_eq!(answer.status, 200, "{}", says());
        let page = answer.json();
        let found: Vec<&str> =
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        let expected: Vec<String> = expected.iter().map(|record| record.id.to_string()).collect();
        tally.selected.set(tally.selected.get() + expected.len());
        if found != expected {
            let one = found.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
            let two = expected.iter().cloned().collect::<BTreeSet<_>>();
            let apart: Vec<_> = self
                .records
                .iter()
                .filter(|record| one.symmetric_difference(&two).any(|id| *id == record.id.to_string()))
                .take(2)
                .collect();
            panic!("{}\n{found:?}\n{expected:?}\n{apart:#?}", says());
        }
        let count = client.get(&format!("{path}/count?filter={}", encoded(filter))).await.expect(200).json();
        assert_eq!(count["count"], expected.len(), "{}", says());
    }

    /// Groups of what a filter selects.
    async fn groups(&self, dice: &mut Dice, filter: Option<&str>) {
        let asked = question(dice, &self.entity);
        let mut query = format!("measures={}", asked.measures.join(","));
        if !asked.keys.is_empty() {
            query = format!("{query}&groupBy={}", asked.keys.join(","));
        }
        if let Some(filter) = filter {
            query = format!("{query}&filter={}", encoded(filter));
        }
        let path = format!("/v1/records/{}/aggregate?{query}", self.entity.def.key);
        let got = self.app.user("demo", "admin").get(&path).await;
        if got.status == 400 {
            assert_eq!(
                got.text("/errors/0/code"),
                "untranslatable",
                "seed {}: {path}: {}",
                self.seed,
                got.json()
            );
            return;
        }
        let found = got.expect(200).json()["groups"].clone();
        let Some(records) =
            filter.map_or(Some(self.records.iter().collect()), |filter| self.selected(filter))
        else {
            return;
        };
        let expected = answer(&self.entity, self.context.zone, &records, &asked);
        assert_eq!(found, json!(expected), "seed {}: {asked:?} {filter:?}", self.seed);
    }
}

async fn agree(app: &TestApp, seed: u64, tally: &Tally) {
    let mut dice = Dice::new(seed);
    let entity = put(app, &mut dice, &format!("e{seed}")).await;
    fill(app, &mut dice, &entity).await;
    let records = all(app, &entity).await;
    let zone = iam_config().realms[REALM].tenants["demo"].defaults.as_map()["timezone"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let context = Context { now: app.db.database.clock().now(), zone };
    let case = Case { app, entity, records, context, seed };
    let sorts: Vec<String> = case
        .entity
        .def
        .fields
        .iter()
        .filter(|field| is_indexed(field))
        .map(|field| field.key.to_string())
        .collect();
    for sort in &sorts {
        for descending in [false, true] {
            case.list("true", (sort, descending), tally).await;
        }
    }
    for at in 0..FILTERS {
        let filter = Filters::new(&mut dice, &case.entity.def).condition(3);
        case.list(&filter, (&dice.of(&sorts).clone(), dice.one_in(2)), tally).await;
        if at % 2 == 0 {
            case.groups(&mut dice, (at % 4 == 0).then_some(filter.as_str())).await;
        }
    }
}

#[tokio::test]
async fn lists_and_groups_are_what_memory_says() {
    let app = TestApp::new(&[crate::MODULE]).await;
    let tally = Tally::default();
    for seed in 1..=2 {
        agree(&app, seed, &tally).await;
    }
    let (asked, refused) = (tally.asked.get(), tally.refused.get());
    assert!(refused * 4 < asked, "{refused} of {asked} could not be asked");
    assert!(tally.selected.get() > asked, "too little is selected: {}", tally.selected.get());
}

#[tokio::test]
#[ignore = "takes a minute and a half: cargo xtask soak records"]
async fn soak_lists_and_groups_are_what_memory_says() {
    let app = TestApp::new(&[crate::MODULE]).await;
    let tally = Tally::default();
    for (at, seed) in fresh_seeds().enumerate() {
        agree(&app, seed, &tally).await;
        println!(
            "definition {at} of seed {seed}: {} lists, {} refused",
            tally.asked.get(),
            tally.refused.get()
        );
    }
}
