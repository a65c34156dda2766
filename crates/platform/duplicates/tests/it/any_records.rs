//! Any records under any rules, written, told apart and merged at random: what finds duplicates is what a look at all records
//! finds, nothing refers to a record that went, and nothing is lost that is not in its history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_kernel_entity::EntityKey;
use athyper_kernel_records::{Entity, SystemEntities, match_keys};
use serde_json::{Map, Value, json};

use crate::domain::{self, Sample};
use crate::support::{HOMES, Home, World, entity, field};

/// A source of choices that a seed decides (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % count.max(1) as u64).unwrap()
    }

    fn of<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.below(values.len())]
    }
}

const TEXTS: [&str; 8] = ["Ann Lee", "lee, ANN", "Änn", "ann", "A-N-N", "Bo", "--", "ann lee jr"];
const MAILS: [&str; 4] = ["ann@example.com", "Ann+x@Example.com", "bo@example.com", "bo@example.org"];
const PHONES: [&str; 3] = ["+4930901820", "+12025550100", "+12025550101"];
/// Fields that rules compare, with the methods that fit.
const COMPARED: [(&str, &[&str]); 4] = [
    ("name", &["exact", "normalised", "words", "prefix:3"]),
    ("other", &["exact", "normalised", "words", "prefix:1"]),
    ("mail", &["exact", "email", "normalised"]),
    ("phone", &["exact", "phone"]),
];

fn thing(dice: &mut Dice) -> Value {
    let mut definition = entity(
        "thing",
        json!([
            field("name", json!("text")),
            field("other", json!("text")),
            field("mail", json!("email")),
            field("phone", json!("phone")),
            field("near", json!({"reference": {"entity": "thing"}})),
            field("like", json!({"references": {"entity": "thing"}})),
            field(
                "marks",
                json!({"multiEnum": {"options": [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]}})
            ),
        ]),
    );
    let mut rules: Vec<Value> = Vec::new();
    for at in 0..=dice.below(3) {
        let mut fields = Vec::new();
        for (key, methods) in COMPARED {
            if dice.below(3) == 0 {
                fields.push(json!({"field": key, "method": dice.of(methods)}));
            }
        }
        if fields.is_empty() {
            fields.push(json!({"field": "name", "method": "words"}));
        }
        let named = fields.iter().any(|part| part["field"] == "phone");
        let within = if named || dice.below(2) == 0 { json!([]) } else { json!(["phone"]) };
        if rules.iter().all(|rule| (&rule["fields"], &rule["within"]) != (&json!(fields), &within)) {
            rules.push(
                json!({"key": format!("rule{at}"), "label": "Rule", "fields": fields, "within": within}),
            );
        }
    }
    definition["duplicates"] = json!(rules);
    definition
}

fn link() -> Value {
    entity(
        "link",
        json!([
            field("to", json!({"reference": {"entity": "thing"}})),
            field("all", json!({"references": {"entity": "thing"}})),
            field(
                "lines",
                json!({"child": {"fields": [field("who", json!({"reference": {"entity": "thing"}}))]}})
            ),
        ]),
    )
}

struct Run {
    world: World,
    entity: Arc<Entity>,
    dice: Dice,
    live: Vec<String>,
    deleted: Vec<String>,
    merged: BTreeMap<String, String>,
    dismissed: BTreeSet<(String, String)>,
}

impl Run {
    async fn new(home: Home, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let definitions = [thing(&mut dice), link()];
        let world = World::new(home, &definitions).await;
        let key = EntityKey::parse(&world.key("thing")).unwrap();
        let entity = match home {
            Home::Records => {
                let mut tx = world.app.db.database.tenant_tx(&world.app.db.context("demo")).await.unwrap();
                let none = SystemEntities::default();
                let found = athyper_kernel_records::find_entity(&mut tx, &none, &key).await.unwrap();
                Arc::new(found.unwrap())
            }
            Home::Tables => {
                let samples = definitions.each_ref().map(Sample::of);
                SystemEntities::read(domain::module(&samples).entities).unwrap().get(&key).unwrap().clone()
            }
        };
        let (live, deleted) = (Vec::new(), Vec::new());
        Self { world, entity, dice, live, deleted, merged: BTreeMap::new(), dismissed: BTreeSet::new() }
    }

    fn values(&mut self) -> Value {
        let mut values = Map::new();
        for (key, pool) in [("name", &TEXTS[..]), ("other", &TEXTS), ("mail", &MAILS), ("phone", &PHONES)] {
            if self.dice.below(4) > 0 {
                values.insert(key.to_owned(), json!(self.dice.of(pool)));
            }
        }
        if let Some(near) = self.any() {
            values.insert("near".to_owned(), json!(near));
        }
        let like: BTreeSet<String> = (0..self.dice.below(3)).filter_map(|_| self.any()).collect();
        values.insert("like".to_owned(), json!(like));
        values.insert("marks".to_owned(), json!(*self.dice.of(&[&["a"][..], &["b", "a"], &[]])));
        Value::Object(values)
    }

    fn any(&mut self) -> Option<String> {
        if self.live.is_empty() { None } else { Some(self.dice.of(&self.live).clone()) }
    }

    async fn step(&mut self) {
        match self.dice.below(12) {
            0..=3 => {
                let values = self.values();
                let id = self.world.make("thing", values).await;
                self.live.push(id);
            }
            4 | 5 => {
                let (to, other, who) = (self.any(), self.any(), self.any());
                let all: Vec<&String> =
                    to.iter().chain(&other).collect::<BTreeSet<_>>().into_iter().collect();
                let values = json!({"to": to, "all": all, "lines": [{"who": who}, {"who": other}]});
                self.world.make("link", values).await;
            }
            6 => {
                let (Some(id), values) = (self.any(), self.values()) else { return };
                self.world.change("thing", &id, values).await.expect(200);
            }
            7 => {
                let Some(id) = self.any() else { return };
                // What others refer to stays.
                if self.world.delete("thing", &id).await.status == 204 {
                    self.live.retain(|live| *live != id);
                    self.deleted.push(id);
                }
            }
            8 => {
                let Some(id) = self.deleted.pop() else { return };
                let back = self.world.run("thing", &id, "restore", json!({})).await;
                if back.status == 200 { self.live.push(id) } else { self.deleted.insert(0, id) }
            }
            9 => {
                let (Some(one), Some(other)) = (self.any(), self.any()) else { return };
                if one != other {
                    let path = self.world.duplicates("thing", "dismissals");
                    self.world.client.post(&path, &json!({"records": [one, other]})).await.expect(201);
                    self.dismissed.insert(pair(&one, &other));
                }
            }
            _ => self.merge().await,
        }
    }

    async fn merge(&mut self) {
        let mut ids: Vec<String> = Vec::new();
        for _ in 0..self.dice.below(3) + 2 {
            ids.extend(self.any().filter(|id| !ids.contains(id)));
        }
        if ids.len() < 2 {
            return;
        }
        let mut before = Vec::new();
        for id in &ids {
            before.push(self.world.read("thing", id).await);
        }
        let mut take = json!({});
        for key in ["name", "mail", "like", "marks"] {
            match self.dice.below(4) {
                0 => take[key] = json!(self.dice.of(&ids)),
                1 if key == "like" || key == "marks" => take[key] = json!("all"),
                _ => {}
            }
        }
        let named: Vec<&str> = ids.iter().map(String::as_str).collect();
        self.world.merge("thing", &named, take).await.expect(200);
        let (stays, gone) = ids.split_first().unwrap();
        self.live.retain(|live| !gone.contains(live));
        for (id, was) in gone.iter().zip(&before[1..]) {
            let is = self.world.read("thing", id).await;
            for field in &self.entity.def.fields {
                assert_eq!(is[field.key.as_str()], was[field.key.as_str()], "{id} {}", field.key);
            }
            for survivor in self.merged.values_mut().filter(|survivor| *survivor == id) {
                survivor.clone_from(stays);
            }
            self.merged.insert(id.clone(), stays.clone());
        }
        let path = self.world.records("thing", &format!("/{stays}/revisions?limit=1"));
        let revision = self.world.client.get(&path).await.expect(200).json();
        let after = self.world.read("thing", stays).await;
        for field in &self.entity.def.fields {
            let key = field.key.as_str();
            if after[key] != before[0][key] {
                assert_eq!(revision["items"][0]["changes"][key]["before"], before[0][key], "{key}");
            }
        }
        let moved = |id: &String| if gone.contains(id) { stays.clone() } else { id.clone() };
        let pairs = self.dismissed.iter().map(|(one, other)| pair(&moved(one), &moved(other)));
        self.dismissed = pairs.filter(|(one, other)| one != other).collect();
    }

    async fn all(&self, entity: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = self.world.records(entity, &format!("?limit=200{cursor}"));
            let page = self.world.client.get(&path).await.expect(200).json();
            rows.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["nextCursor"].as_str() else { return rows };
            cursor = format!("&cursor={next}");
        }
    }

    async fn check(&self) {
        let things = self.all("thing").await;
        let live: BTreeSet<String> = things.iter().map(|one| text(&one["id"])).collect();
        assert_eq!(live, self.live.iter().cloned().collect());
        for record in things.iter().chain(&self.all("link").await) {
            for named in named(record) {
                assert!(
                    live.contains(&named),
                    "{named} is named by {record} and went to {:?}",
                    self.merged.get(&named)
                );
            }
        }
        for (gone, survivor) in &self.merged {
            assert_eq!(self.world.read("thing", gone).await["mergedInto"], json!(survivor));
        }
        let values = |record: &Value| -> Map<String, Value> {
            let keys = self.entity.def.fields.iter().map(|field| field.key.as_str());
            keys.filter(|key| !record[*key].is_null())
                .map(|key| (key.to_owned(), record[key].clone()))
                .collect()
        };
        let mut keys = BTreeMap::new();
        for record in &things {
            for key in match_keys(&self.entity, &values(record)).unwrap() {
                keys.entry((key.rule, key.key)).or_insert_with(BTreeSet::new).insert(text(&record["id"]));
            }
        }
        let counts: BTreeMap<_, _> =
            keys.iter().map(|(key, ids)| (key.clone(), i64::try_from(ids.len()).unwrap())).collect();
        let mut admin = self.world.app.db.superuser().await;
        let stored: Vec<(String, String, String)> =
            sqlx::query_as("select rule, key, record_id::text from records.match_key")
                .fetch_all(&mut admin)
                .await
                .unwrap();
        let mut kept = BTreeMap::new();
        for (rule, key, id) in stored {
            kept.entry((rule, key)).or_insert_with(BTreeSet::new).insert(id);
        }
        assert_eq!(kept, keys);
        let counted: Vec<(String, String, i64)> =
            sqlx::query_as("select rule, key, records from records.match_count")
                .fetch_all(&mut admin)
                .await
                .unwrap();
        assert_eq!(
            counted.into_iter().map(|(rule, key, count)| ((rule, key), count)).collect::<BTreeMap<_, _>>(),
            counts
        );

        let mut naive = Vec::new();
        for rule in &self.entity.def.duplicates {
            let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for record in &things {
                if let Some(agreement) = rule.agreement(&values(record)) {
                    groups.entry(agreement.to_string()).or_default().insert(text(&record["id"]));
                }
            }
            for group in groups.values() {
                let is_open = |one: &&String| {
                    group.iter().any(|other| other != *one && !self.dismissed.contains(&pair(one, other)))
                };
                let open: Vec<String> = group.iter().filter(is_open).cloned().collect();
                if !open.is_empty() {
                    naive.push((rule.key.to_string(), open));
                }
            }
        }
        naive.sort();
        assert_eq!(self.world.groups("thing").await, naive);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.min(other).to_owned(), one.max(other).to_owned())
}

/// All ids that a record names.
fn named(record: &Value) -> Vec<String> {
    let one = |value: &Value| value.as_str().map(str::to_owned);
    let many = |value: &Value| value.as_array().into_iter().flatten().filter_map(one).collect::<Vec<_>>();
    let mut found: Vec<String> = ["near", "to"].iter().filter_map(|key| one(&record[*key])).collect();
    found.extend(["like", "all"].iter().flat_map(|key| many(&record[*key])));
    let lines = record["lines"].as_array().into_iter().flatten();
    found.extend(lines.filter_map(|line| one(&line["who"])));
    found
}

#[tokio::test]
async fn what_is_found_is_what_a_look_at_all_records_finds() {
    for home in HOMES {
        for seed in 1..=3 {
            let mut run = Run::new(home, seed).await;
            for step in 0..45 {
                run.step().await;
                if step % 15 == 14 {
                    run.check().await;
                }
            }
        }
    }
}
