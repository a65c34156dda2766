//! Rules that find duplicates, published for records that are there.

use athyper_test_kit::TestApp;
use serde_json::{Value, json};

use crate::support::{Thing, app, change, changes, definition, field, many, record, run_operation};

fn with(kind: &str, rules: &Value) -> Value {
    let mut definition = definition("thing", &json!([field("name", &json!(kind), &json!({}))]));
    definition["duplicates"] = rules.clone();
    definition
}

fn rule(key: &str, method: &str) -> Value {
    json!({"key": key, "label": key, "fields": [{"field": "name", "method": method}]})
}

/// How many records are found by how many keys, and how many keys several have.
async fn counts(app: &TestApp) -> (i64, i64, i64) {
    let mut admin = app.db.superuser().await;
    sqlx::query_as(
        "select (select count(*) from records.match_key), (select count(*) from records.match_count), \
         (select count(*) from records.match_count where records > 1)",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_rule_finds_the_records_that_are_there() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let thing = Thing::publish_new(&admin, &with("text", &json!([]))).await;
    for name in ["Ann", "ANN", "Bo"] {
        record(&admin, "thing", &json!({"name": name})).await;
    }
    assert_eq!(counts(&app).await, (0, 0, 0));
    thing.draft(&with("text", &json!([rule("one", "normalised")])), &json!({})).await.expect(200);
    let plan = thing.plan().await;
    assert_eq!(changes(&plan), [change("duplicates_added", "needs_backfill", 3)]);
    thing.publish(&json!({})).await.expect(200);
    assert_eq!(counts(&app).await, (3, 2, 1));
    // Another word for it, and another answer to a write, change no record.
    let mut renamed = rule("two", "normalised");
    renamed["onWrite"] = json!("refuse");
    thing.draft(&with("text", &json!([renamed])), &json!({})).await.expect(200);
    assert_eq!(changes(&thing.plan().await), [change("duplicates_changed", "additive", 0)]);
    thing.publish(&json!({})).await.expect(200);
    let refused = admin.post("/v1/records/thing", &json!({"name": "bo"})).await.expect(409);
    assert_eq!(refused.code(), "records.duplicate");
    // A field of another type has other values.
    thing.become_now(&with("longText", &json!([rule("two", "words")])), &json!({})).await.expect(200);
    assert_eq!(counts(&app).await, (3, 2, 1));
    thing.become_now(&with("longText", &json!([])), &json!({})).await.expect(200);
    assert_eq!(counts(&app).await, (0, 0, 0));
}

#[tokio::test]
async fn a_job_finds_those_of_many_records() {
    const COUNT: i64 = 650;
    let app = app().await;
    let admin = app.user("demo", "admin");
    let thing = Thing::publish_new(&admin, &with("text", &json!([rule("before", "exact")]))).await;
    many(&app, &thing, COUNT, 1).await;
    let accepted =
        thing.become_now(&with("text", &json!([rule("one", "prefix:1")])), &json!({})).await.expect(202);
    // Written by the rule in force, and found by the next one.
    record(&admin, "thing", &json!({"name": "x"})).await;
    let twin = admin.post("/v1/records/thing", &json!({"name": "x"})).await.expect(201).json();
    assert_eq!(twin["duplicates"].as_array().unwrap().len(), 1);
    let ended = run_operation(&app, &admin, accepted).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    // The digits from 1 to 9, and x.
    assert_eq!(counts(&app).await, (COUNT + 2, 10, 10));
}

#[tokio::test]
async fn all_that_is_wrong_with_rules_is_named_at_once() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let rules = json!([
        {"key": "one", "label": "x", "fields": []},
        {"key": "one", "label": "x", "fields": [{"field": "nothing"}], "within": ["nowhere"]},
        {"key": "two", "label": "x", "fields": [{"field": "name", "method": "email"}, {"field": "name"}, {"field": "size"}]},
        {"key": "three", "label": "x", "fields": [{"field": "name"}], "within": ["name"]},
        {"key": "four", "label": "x", "fields": [{"field": "size", "method": "exact"}]},
        {"key": "five", "label": "x", "fields": [{"field": "size", "method": "exact"}]}
    ]);
    let fields =
        json!([field("name", &json!("longText"), &json!({})), field("size", &json!("integer"), &json!({}))]);
    let mut wrong = definition("thing", &fields);
    wrong["duplicates"] = rules;
    let found = |definition: Value| {
        let admin = admin.clone();
        async move {
            let answer =
                admin.post("/v1/metadata/definitions/validate", &json!({"definition": definition})).await;
            let faults = answer.expect(200).json()["faults"].as_array().unwrap().clone();
            let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
            faults.iter().map(|fault| (text(fault, "pointer"), text(fault, "code"))).collect::<Vec<_>>()
        }
    };
    let expected = [
        ("/duplicates/0/fields", "length"),
        ("/duplicates/1/key", "repeated"),
        ("/duplicates/1/fields/0/field", "unknown_field"),
        ("/duplicates/1/within/0", "unknown_field"),
        ("/duplicates/2/fields/0/method", "wrong_type"),
        ("/duplicates/2/fields/1/field", "repeated"),
        ("/duplicates/2/fields/2/method", "wrong_type"),
        ("/duplicates/3/fields/0/field", "repeated"),
        ("/duplicates/3/within/0", "wrong_type"),
        ("/duplicates/5/fields", "repeated"),
    ];
    let found_once = found(wrong.clone()).await;
    assert_eq!(found_once, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    wrong["duplicates"] =
        json!([{"key": "a", "label": "x", "fields": [{"field": "name", "method": "soundex"}]}, {"key": "b"}]);
    let found: Vec<String> = found(wrong).await.into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(found, ["/duplicates/0/fields/0/method", "/duplicates/1"]);
}
