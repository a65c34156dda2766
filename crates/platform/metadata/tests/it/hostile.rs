//! Hostile texts at every place of a definition and of what the studio is asked: each is named or is a text like others, and
//! reaches no statement.

use athyper_test_kit::TestApp;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{ENTITIES, Thing, app, definition, field, record};

/// Stands in every hostile text, and so must stand in no statement.
const MARK: &str = "zqxj";

/// A definition with something of everything.
fn whole(key: &str) -> Value {
    json!({
        "key": key, "label": {"en": "Thing"}, "plural": "Things", "help": "A thing", "kind": "master", "title": "name",
        "fields": [
            {"key": "name", "label": "Name", "type": {"text": {"maxLength": 50}}, "required": true, "indexed": true, "searchable": true,
             "default": "'x'", "rules": [{"must": "value != 'y'", "message": "no"}], "readOnlyWhen": "state == 'done'"},
            {"key": "number", "label": "Number", "type": "text"},
            {"key": "site", "label": "Site", "type": {"enum": {"options": [{"key": "a", "label": "A"}]}}},
            {"key": "code", "label": "Code", "type": "integer", "unique": {"within": ["site"]}, "requiredWhen": "site == 'a'"},
            {"key": "parent", "label": "Parent", "type": {"reference": {"entity": key, "onDelete": "set_null"}}},
            {"key": "weight", "label": "Weight", "type": {"quantity": {"units": ["kg"]}}},
            {"key": "from", "label": "From", "type": "date", "required": true},
            {"key": "until", "label": "Until", "type": "date"},
            {"key": "twice", "label": "Twice", "type": {"computed": {"expression": "code * 2", "result": "integer"}}},
            {"key": "lines", "label": "Lines", "type": {"child": {"fields": [{"key": "cost", "label": "Cost", "type": "money"}]}}}
        ],
        "unique": [{"fields": ["name", "site"], "message": "taken"}],
        "rules": [{"must": "code != 3", "message": "not three", "field": "code"}],
        "states": {"initial": "open", "states": [{"key": "open", "label": "Open"}, {"key": "done", "label": "Done"}],
                   "transitions": [{"key": "end", "label": "End", "from": ["open"], "to": "done", "condition": "code > 0"}]},
        "numbering": {"field": "number", "pattern": "T-{SEQ:4}"},
        "effective": {"from": "from", "until": "until", "within": ["site"]},
        "layout": {"list": ["name"], "form": [{"label": "All", "fields": ["name"]}], "board": {"columns": "state", "card": ["name"]}}
    })
}

/// The places of all texts and keys of a document.
fn places(value: &Value, pointer: &str, found: &mut Vec<(String, bool)>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let below = format!("{pointer}/{key}");
                found.push((below.clone(), true));
                places(member, &below, found);
            }
        }
        Value::Array(list) => {
            for (at, entry) in list.iter().enumerate() {
                places(entry, &format!("{pointer}/{at}"), found);
            }
        }
        _ => found.push((pointer.to_owned(), false)),
    }
}

/// The document with this text in place of a value, or of the name of a member.
fn broken(document: &Value, (pointer, is_name): &(String, bool), text: &str) -> Value {
    let mut document = document.clone();
    if !is_name {
        *document.pointer_mut(pointer).unwrap() = json!(text);
        return document;
    }
    let (above, name) = pointer.rsplit_once('/').unwrap();
    let members = document.pointer_mut(above).unwrap().as_object_mut().unwrap();
    let value = members.remove(name).unwrap();
    members.insert(text.to_owned(), value);
    document
}

fn attack() -> impl Strategy<Value = String> {
    const ATTACKS: [&str; 12] = [
        "' or '1'='1",
        "'; drop table metadata.design; --",
        "\"; select pg_sleep(9); --",
        "$1",
        "__proto__",
        "constructor",
        "\u{0}",
        "\u{7}\u{1b}[31m",
        "../../etc/passwd",
        "{SEQ:99}{{7*7}}",
        "9e999999",
        "a.b",
    ];
    (proptest::sample::select(&ATTACKS[..]).prop_map(str::to_owned), "[ -~]{0,6}", any::<bool>()).prop_map(
        |(attack, more, is_first)| {
            if is_first { format!("{MARK}{attack}{more}") } else { format!("{more}{attack}{MARK}") }
        },
    )
}

/// The statements with the mark that the connections of the pool have prepared.
async fn marked(app: &TestApp) -> Vec<String> {
    let context = app.db.context("demo");
    let (mut open, mut statements) = (Vec::new(), Vec::<String>::new());
    for _ in 0..8 {
        let mut tx = app.db.database.read_tx(&context).await.unwrap();
        let prepared =
            sqlx::query_scalar("select statement from pg_prepared_statements").fetch_all(tx.conn());
        statements.extend(prepared.await.unwrap());
        open.push(tx);
    }
    assert!(statements.iter().any(|statement| statement.contains("metadata.design")), "nothing is kept");
    statements.into_iter().filter(|statement| statement.contains(MARK)).collect()
}

#[tokio::test]
async fn hostile_texts_in_a_definition_are_named_or_are_texts() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let mut found = Vec::new();
    places(&whole("thing"), "", &mut found);
    let validate = "/v1/metadata/definitions/validate";
    let faultless = admin.post(validate, &json!({"definition": whole("thing")})).await.expect(200).json();
    assert_eq!(faultless["faults"], json!([]), "{faultless:#}");
    let mut kept = 0;
    for (at, place) in found.iter().enumerate() {
        let text = attack().new_tree(&mut runner).unwrap().current();
        let document = broken(&whole(&format!("thing{at}")), place, &text);
        let answer = admin.post(ENTITIES, &json!({"definition": document})).await;
        if text.contains('\0') {
            assert_eq!(answer.expect(422).code(), "metadata.unkeepable");
            continue;
        }
        // A draft is kept whatever its faults, and comes in force only without them.
        let made = answer.expect(201).json();
        let published =
            admin.post(&format!("{ENTITIES}/{}/publish", made["id"].as_str().unwrap()), &json!({})).await;
        if made["faults"] == json!([]) {
            kept += 1;
            published.expect(200);
        } else {
            assert!([409, 422].contains(&published.status), "{place:?} {text:?}: {}", published.status);
        }
    }
    assert!(kept > 5 && kept < found.len() / 2, "{kept} of {} came in force", found.len());
    assert_eq!(marked(&app).await, Vec::<String>::new());
    for text in (0..40).map(|_| attack().new_tree(&mut runner).unwrap().current()) {
        let encoded = text.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02X}"));
        for path in [
            format!("{ENTITIES}/{encoded}"),
            format!("{ENTITIES}?cursor={encoded}"),
            format!("{ENTITIES}?limit={encoded}"),
            format!("/v1/metadata/templates/{encoded}"),
            format!("/v1/metadata/bundles/export?keys={encoded}"),
        ] {
            let answer = admin.get(&path).await;
            assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
        }
        for body in [
            json!({"template": text}),
            json!({"definition": text}),
            json!({text.clone(): 1}),
            json!({"bundle": {"format": text, "entities": []}}),
        ] {
            for path in [ENTITIES, "/v1/metadata/bundles/plan", "/v1/metadata/bundles/apply", validate] {
                let answer = admin.post(path, &body).await;
                let is_looked_at = answer.status == 200 && path == validate;
                assert!(
                    (400..500).contains(&answer.status) || is_looked_at,
                    "{path} {body}: {}",
                    answer.status
                );
            }
        }
    }
    assert_eq!(marked(&app).await, Vec::<String>::new());
}

/// Expressions that are made to be slow, deep or large, over the fields `n`, `text` and `data`.
fn slow_expressions() -> Vec<String> {
    let nested =
        |open: &str, close: &str, count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
    let mut all = vec![
        format!("{} == 1", nested("(", ")", 1_500)),
        format!("{} == []", nested("[", "]", 60)),
        "!".repeat(4_000) + "true",
        "n == 1 || ".repeat(350) + "true",
        format!("n in [{}1]", "1,".repeat(1_900)),
        format!("{}n > 0", "n * ".repeat(60)),
        "data.all(x, data.all(y, data.all(z, x == y || y == z)))".to_owned(),
        "data.map(x, data).map(x, x + x + x + x).map(x, x + x + x + x).size() > 0".to_owned(),
        "data.filter(x, text.contains('b') || text.endsWith('c')).size() > 0".to_owned(),
        "text.matches('(a{1,100}){1,100}{1,100}')".to_owned(),
    ];
    let patterns = ["(a*)*b", "(a|a?)+b", "(x+x+)+y", "a{0,60}a{0,60}a{0,60}b", "(.*)(.*)(.*)(.*)[^a]"];
    all.extend(patterns.iter().map(|pattern| format!("text.matches('{pattern}')")));
    all
}

#[tokio::test]
async fn slow_expressions_are_refused_or_cut_off_as_filters_and_as_rules() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let fields = json!([
        field("n", &json!("integer"), &json!({})),
        field("text", &json!({"longText": {"maxLength": 60_000}}), &json!({})),
        field("data", &json!("json"), &json!({}))
    ]);
    let large = json!({"n": 3, "text": "a".repeat(60_000), "data": (0..1_000).collect::<Vec<_>>()});
    Thing::publish_new(&admin, &definition("thing", &fields)).await;
    for _ in 0..20 {
        record(&admin, "thing", &large).await;
    }
    let (mut slowest, mut at) = (std::time::Duration::ZERO, String::new());
    let mut note = |started: std::time::Instant, what: String| {
        if started.elapsed() > slowest {
            (slowest, at) = (started.elapsed(), what);
        }
    };
    for (number, source) in slow_expressions().iter().enumerate() {
        let encoded = source.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02X}"));
        for path in [
            format!("/v1/records/thing?filter={encoded}"),
            format!("/v1/records/thing/count?filter={encoded}"),
        ] {
            let started = std::time::Instant::now();
            let answer = admin.get(&path).await;
            assert!(
                answer.status == 200 || (400..500).contains(&answer.status),
                "{}: {source}",
                answer.status
            );
            note(started, format!("filter {source}"));
        }
        // As a rule it is refused when it is published, or cut off when a record is written.
        let rules = json!([{"must": source, "message": "no"}]);
        let mut ruled = definition(&format!("ruled{number}"), &fields);
        ruled["rules"] = rules;
        let thing = Thing::begin(&admin, &ruled).await;
        let published = thing.publish(&json!({})).await;
        if published.status == 422 {
            continue;
        }
        published.expect(200);
        let started = std::time::Instant::now();
        let answer = admin.post(&format!("/v1/records/ruled{number}"), &large).await;
        assert!([201, 422].contains(&answer.status), "{}: {source}", answer.status);
        note(started, format!("rule {source}"));
    }
    println!("the slowest took {slowest:?}: {}", at.chars().take(80).collect::<String>());
}
