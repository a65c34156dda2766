//! Bundles: definitions that are taken from one tenant to another.

use serde_json::json;

use crate::support::{Thing, app, definition, field, read, record};

#[tokio::test]
async fn a_bundle_is_exported_planned_and_applied_elsewhere() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let elsewhere = app.user("globex", "admin");
    // Two entities that refer to each other.
    let to =
        |key: &str| field("to", &json!({"reference": {"entity": key, "onDelete": "set_null"}}), &json!({}));
    let name = field("name", &json!("text"), &json!({}));
    let left = Thing::publish_new(&admin, &definition("left", &json!([name]))).await;
    Thing::publish_new(&admin, &definition("right", &json!([name, to("left")]))).await;
    left.become_now(&definition("left", &json!([name, to("right")])), &json!({})).await.expect(200);
    let bundle = admin.get("/v1/metadata/bundles/export?keys=left,right").await.expect(200).json();
    admin.get("/v1/metadata/bundles/export?keys=left,nothing").await.expect(400);
    assert_eq!(bundle["entities"][0]["version"], 2);

    let (plan, apply) = ("/v1/metadata/bundles/plan", "/v1/metadata/bundles/apply");
    let planned = elsewhere.post(plan, &json!({"bundle": bundle})).await.expect(200).json();
    let drifts: Vec<_> =
        planned["entities"].as_array().unwrap().iter().map(|entity| &entity["drift"]).collect();
    assert_eq!(drifts, ["new", "new"], "{planned:#}");
    let applied = elsewhere.post(apply, &json!({"bundle": bundle})).await.expect(200).json();
    assert_eq!(applied["entities"][1]["version"], 1);
    let id = record(&elsewhere, "left", &json!({"name": "a"})).await;
    record(&elsewhere, "right", &json!({"to": id})).await;
    // Once more, and nothing happens.
    let again = elsewhere.post(apply, &json!({"bundle": bundle})).await.expect(200).json();
    assert_eq!(
        (&again["entities"][0]["changed"], &again["entities"][1]["changed"]),
        (&json!(false), &json!(false))
    );

    // It goes on where it comes from: the other tenant sees what has drifted, and what taking it would destroy.
    left.become_now(
        &definition("left", &json!([to("right"), field("size", &json!("integer"), &json!({}))])),
        &json!({}),
    )
    .await
    .expect(200);
    let bundle = admin.get("/v1/metadata/bundles/export?keys=left").await.expect(200).json();
    let planned = elsewhere.post(plan, &json!({"bundle": bundle})).await.expect(200).json();
    let entry = &planned["entities"][0];
    assert_eq!((&entry["drift"], &entry["plan"]["class"]), (&json!("changed"), &json!("destructive")));
    let refused = elsewhere.post(apply, &json!({"bundle": bundle})).await.expect(409);
    assert_eq!(refused.code(), "metadata.confirmation_required");
    let confirm = json!({"left": entry["plan"]["confirm"]});
    elsewhere.post(apply, &json!({"bundle": bundle, "confirm": confirm})).await.expect(200);
    assert_eq!(read(&elsewhere, "left", &id).await.get("name"), None);
}

#[tokio::test]
async fn a_bundle_is_applied_whole_or_not_at_all_and_loses_no_draft() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let name = field("name", &json!("text"), &json!({}));
    let bundle = |definitions: &[serde_json::Value]| {
        let entities: Vec<_> =
            definitions.iter().map(|definition| json!({"definition": definition})).collect();
        json!({"bundle": {"format": "athyper.entities/1", "entities": entities}})
    };
    let apply = "/v1/metadata/bundles/apply";
    let wrong =
        definition("wrong", &json!([field("to", &json!({"reference": {"entity": "nobody"}}), &json!({}))]));
    let both = bundle(&[definition("good", &json!([name])), wrong]);
    let refused = admin.post(apply, &both).await.expect(422);
    assert_eq!(
        refused.json()["errors"][0]["pointer"],
        "/bundle/entities/1/definition/fields/0/type/reference/entity"
    );
    admin.get("/v1/records/entities/good").await.expect(404);
    let planned = admin.post("/v1/metadata/bundles/plan", &both).await.expect(200).json();
    assert_eq!(planned["entities"][1]["drift"], "faulty");
    let draft = Thing::begin(&admin, &definition("good", &json!([]))).await;
    let good = bundle(&[definition("good", &json!([name]))]);
    admin.post(apply, &good).await.expect(409);
    let mut replacing = good.clone();
    replacing["replaceDrafts"] = json!(true);
    let applied = admin.post(apply, &replacing).await.expect(200);
    assert_eq!(applied.text("/entities/0/id"), draft.id);
    for (bundle, pointer) in [
        (json!({"format": "x", "entities": [{"definition": {"key": "a"}}]}), "/bundle/format"),
        (json!({"format": "athyper.entities/1", "entities": []}), "/bundle/entities"),
        (
            json!({"format": "athyper.entities/1", "entities": [{"definition": {"key": "A"}}]}),
            "/bundle/entities/0/definition/key",
        ),
    ] {
        let answer = admin.post(apply, &json!({"bundle": bundle})).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer);
    }
}
