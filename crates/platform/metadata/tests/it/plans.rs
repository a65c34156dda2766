//! Plans: each change by its class, with the records that it concerns.

use serde_json::json;

use crate::support::{Thing, app, change, changes, definition, field, record};

#[tokio::test]
async fn changes_have_their_class_and_count_what_they_concern() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let options = |keys: &[&str]| json!({"enum": {"options": keys.iter().map(|key| json!({"key": key, "label": key})).collect::<Vec<_>>()}});
    let def = definition(
        "thing",
        &json!([
            field("name", &json!({"text": {"maxLength": 10}}), &json!({})),
            field("size", &json!("integer"), &json!({})),
            field("colour", &options(&["red", "green"]), &json!({})),
            field("note", &json!("longText"), &json!({})),
            field("code", &json!("text"), &json!({})),
        ]),
    );
    let thing = Thing::publish_new(&admin, &def).await;
    record(&admin, "thing", &json!({"name": "abc", "size": 5, "colour": "red", "note": "x", "code": "1"}))
        .await;
    let long = record(&admin, "thing", &json!({"name": "abcdefgh", "colour": "green", "code": "x"})).await;
    let gone = record(&admin, "thing", &json!({"name": "abcdefgh", "size": 7})).await;
    admin.with("if-match", "*").delete(&format!("/v1/records/thing/{gone}")).await.expect(204);

    let after = definition(
        "thing",
        &json!([
            field("name", &json!({"text": {"maxLength": 5}}), &json!({"searchable": true})),
            field("size", &json!({"integer": {}}), &json!({"required": true})),
            field("colour", &options(&["red"]), &json!({"indexed": true})),
            field("code", &json!("integer"), &json!({})),
            field("extra", &json!("date"), &json!({})),
            field("level", &json!("integer"), &json!({"required": true, "default": "3"})),
        ]),
    );
    thing.draft(&after, &json!({})).await.expect(200);
    let plan = thing.plan().await;
    let mut found = changes(&plan);
    found.sort();
    let mut expected = [
        change("field_added", "additive", 0),
        change("field_added", "needs_backfill", 2),
        change("field_removed", "destructive", 1),
        change("index_added", "needs_backfill", 2),
        change("required_added", "destructive", 1),
        change("search_changed", "needs_backfill", 2),
        change("type_changed", "destructive", 1),
        change("type_narrowed", "destructive", 1),
        change("type_narrowed", "destructive", 1),
    ];
    expected.sort();
    assert_eq!(found, expected, "{plan:#}");
    let narrowed =
        plan["changes"].as_array().unwrap().iter().find(|change| change["field"] == "name").unwrap();
    assert_eq!(narrowed["samples"], json!([long]));
    assert_eq!((&plan["class"], &plan["isBlocked"]), (&json!("destructive"), &json!(false)));

    // It is published by whoever has read the plan of this draft, and by nobody else.
    let refused = thing.publish(&json!({})).await.expect(409);
    assert_eq!(refused.code(), "metadata.confirmation_required");
    assert_eq!(refused.json()["errors"].as_array().unwrap().len(), 5);
    thing.publish(&json!({"confirm": "x"})).await.expect(409);
    let old = plan["confirm"].clone();
    thing.draft(&after, &json!({})).await.expect(200);
    thing.publish(&json!({"confirm": old})).await.expect(409);
    thing.publish_confirmed().await.expect(200);
    assert_eq!(thing.publish(&json!({})).await.expect(409).code(), "metadata.nothing_to_publish");
}

#[tokio::test]
async fn values_that_come_twice_are_in_the_way_of_a_rule_that_they_come_once() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let fields = |unique: bool| {
        json!([
            field("code", &json!("text"), &json!({"unique": unique})),
            field("site", &json!("text"), &json!({})),
        ])
    };
    let thing = Thing::publish_new(&admin, &definition("thing", &fields(false))).await;
    let mut twice = [
        record(&admin, "thing", &json!({"code": "a"})).await,
        record(&admin, "thing", &json!({"code": "a"})).await,
    ];
    // Of one moment: which comes first is by chance.
    twice.sort();
    record(&admin, "thing", &json!({"code": "b"})).await;
    record(&admin, "thing", &json!({"site": "x"})).await;
    record(&admin, "thing", &json!({"site": "x"})).await;
    thing.draft(&definition("thing", &fields(true)), &json!({})).await.expect(200);
    let plan = thing.plan().await;
    let rule =
        plan["changes"].as_array().unwrap().iter().find(|change| change["code"] == "unique_added").unwrap();
    assert_eq!(
        (&rule["affected"], &rule["isBlocked"], &rule["class"]),
        (&json!(2), &json!(true), &json!("destructive"))
    );
    assert_eq!(rule["samples"], json!(twice));
    let refused = thing.publish_confirmed().await.expect(409);
    assert_eq!(refused.code(), "metadata.blocked_by_records");
    let path = format!("/v1/records/thing/{}", twice[1]);
    admin.with("if-match", "*").patch(&path, &json!({"code": "c"})).await.expect(200);
    assert_eq!(thing.plan().await["class"], "needs_backfill");
    thing.publish(&json!({})).await.expect(200);
    // The rule holds for what was there before.
    let taken = admin.post("/v1/records/thing", &json!({"code": "a"})).await.expect(409);
    assert_eq!(taken.code(), "records.value_taken");
}

#[tokio::test]
async fn states_and_numbers_are_planned_too() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let machine = |states: &[&str]| {
        let ways: Vec<_> = states[1..]
            .iter()
            .map(|to| json!({"key": format!("to_{to}"), "label": to, "from": [states[0]], "to": to}))
            .collect();
        let states: Vec<_> = states.iter().map(|key| json!({"key": key, "label": key})).collect();
        json!({"initial": states[0]["key"], "states": states, "transitions": ways})
    };
    let fields = json!([field("name", &json!("text"), &json!({}))]);
    let mut def = definition("thing", &fields);
    let thing = Thing::publish_new(&admin, &def).await;
    let id = record(&admin, "thing", &json!({"name": "a"})).await;
    def["states"] = machine(&["open", "done"]);
    thing.draft(&def, &json!({})).await.expect(200);
    assert_eq!(changes(&thing.plan().await), [change("states_added", "needs_backfill", 1)]);
    thing.publish(&json!({})).await.expect(200);
    let path = format!("/v1/records/thing/{id}");
    assert_eq!(admin.get(&path).await.text("/state"), "open");
    let way = json!({"transition": "to_done"});
    admin.with("if-match", "*").post(&format!("{path}/transition"), &way).await.expect(200);
    // A state in which a record is cannot go.
    def["states"] = machine(&["open", "dropped"]);
    thing.draft(&def, &json!({})).await.expect(200);
    let plan = thing.plan().await;
    assert!(changes(&plan).contains(&change("state_removed", "destructive", 1)), "{plan:#}");
    assert_eq!(thing.publish_confirmed().await.expect(409).code(), "metadata.blocked_by_records");
    def["states"] = serde_json::Value::Null;
    thing.draft(&def, &json!({})).await.expect(200);
    assert_eq!(changes(&thing.plan().await), [change("states_removed", "destructive", 1)]);
    // One record only cannot be where two are.
    record(&admin, "thing", &json!({})).await;
    let mut single = definition("thing", &fields);
    single["kind"] = json!("single");
    single["states"] = machine(&["open", "done"]);
    thing.draft(&single, &json!({})).await.expect(200);
    assert_eq!(changes(&thing.plan().await), [change("kind_changed", "destructive", 2)]);
    assert_eq!(thing.publish_confirmed().await.expect(409).code(), "metadata.blocked_by_records");
}
