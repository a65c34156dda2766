//! Drafts: kept with their faults, all of which are named.

use serde_json::{Value, json};

use crate::support::{ENTITIES, Thing, app, definition, field};

fn pointers(faults: &Value) -> Vec<String> {
    let all = faults.as_array().unwrap().iter();
    all.map(|fault| fault["pointer"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_faulty_draft_is_kept_and_all_its_faults_are_named() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let faulty = definition(
        "thing",
        &json!([
            field("name", &json!("text"), &json!({"rules": [{"must": "value +", "message": "x"}]})),
            field("name", &json!("text"), &json!({"default": "1 + 1"})),
            field("id", &json!("date"), &json!({"searchable": true})),
            field("owner", &json!({"reference": {"entity": "nobody"}}), &json!({})),
        ]),
    );
    let thing = Thing::begin(&admin, &faulty).await;
    let read = thing.read().await;
    assert_eq!(read["definition"], faulty);
    assert_eq!(read["state"], "draft");
    let mut found = pointers(&read["faults"]);
    found.sort();
    let expected = [
        "/fields/0/rules/0/must",
        "/fields/1/default",
        "/fields/1/key",
        "/fields/2/key",
        "/fields/2/searchable",
        "/fields/3/type/reference/entity",
    ];
    assert_eq!(found, expected, "{read:#}");
    let refused = thing.publish(&json!({})).await.expect(422);
    assert_eq!(refused.code(), "metadata.faulty_definition");
    assert_eq!(refused.json()["errors"].as_array().unwrap().len(), expected.len());
    // The same without keeping anything.
    let path = "/v1/metadata/definitions/validate";
    let seen = admin.post(path, &json!({"definition": faulty})).await.expect(200).json();
    assert_eq!((&seen["valid"], &seen["faults"]), (&json!(false), &read["faults"]));
    // What has not the form of a definition at all is kept too.
    let formless = json!({"key": 3, "fields": [{"key": "a"}, 7]});
    thing.draft(&formless, &json!({})).await.expect(200);
    let faults = pointers(&thing.read().await["faults"]);
    assert!(faults.len() >= 5, "{faults:?}");
}

#[tokio::test]
async fn a_draft_is_changed_on_the_version_that_was_read_and_thrown_away() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let def = definition("thing", &json!([field("name", &json!("text"), &json!({}))]));
    let made = admin.post(ENTITIES, &json!({"definition": def})).await.expect(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let path = made.header("location");
    let body = json!({"definition": def});
    admin.patch(&path, &body).await.expect(428);
    admin.with("if-match", "\"7\"").patch(&path, &body).await.expect(412);
    admin.with("if-match", "\"1\"").patch(&path, &body).await.expect(200);
    let renames = json!({"definition": def, "renames": {"nobody": "name", "name": "else"}});
    let refused = admin.with("if-match", "*").patch(&path, &renames).await.expect(422);
    assert_eq!(refused.json()["errors"].as_array().unwrap().len(), 2);
    admin.delete(&path).await.expect(428);
    admin.with("if-match", "\"2\"").delete(&path).await.expect(204);
    admin.get(&path).await.expect(404);
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_by_its_place() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    for (definition, pointer) in [
        (json!([]), "/definition"),
        (json!({"key": "a\u{0}b"}), "/definition/key"),
        (json!({"fields": [{"a\u{0}": 1}]}), "/definition/fields/0"),
        (json!({"key": "x".repeat(1_100_000)}), "/definition"),
    ] {
        let answer = admin.post(ENTITIES, &json!({"definition": definition})).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer);
    }
    for body in [json!({}), json!({"template": "nothing"}), json!({"definition": {}, "template": "ticket"})] {
        admin.post(ENTITIES, &body).await.expect(422);
    }
    // Names of JavaScript's own are names like others, and no keys.
    let odd = json!({"definition": {"__proto__": {"x": 1}, "key": "__proto__", "constructor": 1}});
    let made = admin.post(ENTITIES, &odd).await.expect(201).json();
    assert!(pointers(&made["faults"]).contains(&"/__proto__".to_owned()));
}

#[tokio::test]
async fn every_template_is_a_working_entity() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let page = admin.get("/v1/metadata/templates?limit=2").await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    for (key, values) in [
        ("asset", json!({"name": "Lathe", "category": "machine"})),
        ("contact", json!({"name": "Ann"})),
        (
            "inspection",
            json!({"subject": "Lathe", "inspectedOn": "2026-01-31", "points": [{"point": "Oil", "result": "passed"}]}),
        ),
        ("project_task", json!({"name": "Build"})),
        ("ticket", json!({"subject": "Help"})),
    ] {
        admin.get(&format!("/v1/metadata/templates/{key}")).await.expect(200);
        let made = admin.post(ENTITIES, &json!({"template": key})).await.expect(201);
        assert_eq!(made.json()["faults"], json!([]), "{key}");
        let path = format!("{}/publish", made.header("location"));
        admin.post(&path, &json!({})).await.expect(200);
        admin.post(&format!("/v1/records/{key}"), &values).await.expect(201);
    }
    admin.get("/v1/metadata/templates/nothing").await.expect(404);
}
