//! Random changes of a definition never lose a value without having said so.

use std::collections::BTreeMap;

use athyper_test_kit::Client;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::support::{Thing, app, definition, field, read, record};

/// What happens to one field.
#[derive(Clone, Debug)]
enum Happening {
    Keep,
    Remove,
    Rename,
    Retype(usize),
    Index,
    Require,
}

/// Types that fields take, each with values of it.
fn kinds() -> Vec<(Value, Vec<Value>)> {
    let options =
        json!({"enum": {"options": [{"key": "red", "label": "Red"}, {"key": "12", "label": "12"}]}});
    vec![
        (json!("text"), vec![json!("12"), json!("red"), json!("true"), json!("2026-01-31")]),
        (json!({"text": {"maxLength": 3}}), vec![json!("12"), json!("abc")]),
        (json!("longText"), vec![json!("12"), json!("some\nlines")]),
        (json!("integer"), vec![json!(12), json!(-7)]),
        (json!({"integer": {"min": 0, "max": 20}}), vec![json!(12), json!(0)]),
        (json!({"decimal": {"scale": 2}}), vec![json!("12"), json!("0.75")]),
        (json!("boolean"), vec![json!(true), json!(false)]),
        (json!("date"), vec![json!("2026-01-31")]),
        (json!("dateTime"), vec![json!("2026-01-31T00:00:00Z"), json!("2026-01-31T08:00:00Z")]),
        (options, vec![json!("red"), json!("12")]),
        (json!("json"), vec![json!({"a": [1]}), json!("12")]),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        2 => Just(Happening::Keep),
        1 => Just(Happening::Remove),
        1 => Just(Happening::Rename),
        3 => (0..kinds().len()).prop_map(Happening::Retype),
        1 => Just(Happening::Index),
        1 => Just(Happening::Require),
    ]
}

/// A field: its key, the place of its type, and its further members.
type Field = (String, usize, Map<String, Value>);

fn document(key: &str, fields: &[Field]) -> Value {
    let fields: Vec<Value> =
        fields.iter().map(|(key, kind, more)| field(key, &kinds()[*kind].0, &json!(more))).collect();
    definition(key, &json!(fields))
}

/// Values by record and field, as clients see them.
async fn seen(
    client: &Client,
    key: &str,
    records: &[String],
    fields: &[Field],
) -> BTreeMap<(String, String), Value> {
    let mut seen = BTreeMap::new();
    for id in records {
        let read = read(client, key, id).await;
        for (name, ..) in fields {
            seen.insert((id.clone(), name.clone()), read[name].clone());
        }
    }
    seen
}

/// The fields after all that happens to them, and what each is called then.
fn happen(
    fields: &[Field],
    happenings: &[Happening],
    change: usize,
) -> (Vec<Field>, BTreeMap<String, String>) {
    let (mut after, mut names) = (Vec::new(), BTreeMap::new());
    for ((name, kind, more), what) in fields.iter().zip(happenings) {
        let (mut new, mut kind, mut more) = (name.clone(), *kind, more.clone());
        match what {
            Happening::Remove => continue,
            Happening::Rename => new = format!("{name}x{change}"),
            Happening::Retype(other) => {
                more.remove("indexed");
                kind = *other;
            }
            Happening::Index if !["longText", "json"].map(Value::from).contains(&kinds()[kind].0) => {
                drop(more.insert("indexed".to_owned(), json!(true)));
            }
            Happening::Require => drop(more.insert("required".to_owned(), json!(true))),
            Happening::Index | Happening::Keep => {}
        }
        names.insert(name.clone(), new.clone());
        after.push((new, kind, more));
    }
    (after, names)
}

/// How many records hide a value of a field, as the plan says.
fn told(plan: &Value) -> BTreeMap<String, i64> {
    let mut told = BTreeMap::new();
    for change in plan["changes"].as_array().unwrap() {
        let hides = ["field_removed", "type_changed"].contains(&change["code"].as_str().unwrap());
        let count = change["affected"].as_i64().unwrap();
        if hides && change["class"] == "destructive" && count > 0 {
            told.insert(change["field"].as_str().unwrap().to_owned(), count);
        }
    }
    told
}

#[tokio::test]
async fn no_value_is_lost_that_the_plan_has_not_named() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let mut runner = TestRunner::new(Config::default());
    for round in 0..12 {
        let key = format!("thing{round}");
        let first = proptest::collection::vec(0..kinds().len(), 6).new_tree(&mut runner).unwrap().current();
        let mut fields: Vec<Field> =
            first.iter().enumerate().map(|(at, kind)| (format!("f{at}"), *kind, Map::new())).collect();
        let thing = Thing::publish_new(&admin, &document(&key, &fields)).await;
        let mut records = Vec::new();
        for at in 0..4_usize {
            let filled = fields.iter().enumerate().filter(|(place, _)| (place + at) % 3 != 0);
            let value = |kind: usize| kinds()[kind].1[at % kinds()[kind].1.len()].clone();
            let values: Map<String, Value> =
                filled.map(|(_, (key, kind, _))| (key.clone(), value(*kind))).collect();
            records.push(record(&admin, &key, &json!(values)).await);
        }
        for change in 0..3 {
            let happenings =
                proptest::collection::vec(happening(), 6).new_tree(&mut runner).unwrap().current();
            let before = seen(&admin, &key, &records, &fields).await;
            let (after, names) = happen(&fields, &happenings, change);
            let renames: BTreeMap<_, _> = names.iter().filter(|(old, new)| old != new).collect();
            thing.draft(&document(&key, &after), &json!(renames)).await.expect(200);
            let plan = thing.plan().await;
            let answer = thing.publish(&json!({"confirm": plan["confirm"]})).await;
            if answer.status == 409 {
                assert_eq!(answer.code(), "metadata.nothing_to_publish");
                continue;
            }
            answer.expect(200);
            let now = seen(&admin, &key, &records, &after).await;
            let mut lost: BTreeMap<String, i64> = BTreeMap::new();
            for ((id, name), _) in before.iter().filter(|(_, had)| !had.is_null()) {
                let new = names.get(name).unwrap_or(name);
                if now.get(&(id.clone(), new.clone())).is_none_or(Value::is_null) {
                    *lost.entry(new.clone()).or_default() += 1;
                }
            }
            assert_eq!(lost, told(&plan), "{happenings:?}\n{plan:#}");
            fields = after;
        }
    }
}
