//! Types that change: values are converted, and what cannot be is said before.

use serde_json::{Value, json};

use crate::support::{Thing, app, changes, definition, field, found, read, record};

#[tokio::test]
async fn values_are_converted_and_come_back_as_they_are_today() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let with = |kind: &Value| definition("thing", &json!([field("size", kind, &json!({"indexed": true}))]));
    let thing = Thing::publish_new(&admin, &with(&json!("text"))).await;
    let nine = record(&admin, "thing", &json!({"size": "9"})).await;
    let ten = record(&admin, "thing", &json!({"size": "10"})).await;
    thing.draft(&with(&json!("integer")), &json!({})).await.expect(200);
    let plan = thing.plan().await;
    assert_eq!((&plan["class"], &plan["confirm"]), (&json!("needs_backfill"), &Value::Null), "{plan:#}");
    thing.publish(&json!({})).await.expect(200);
    assert_eq!(read(&admin, "thing", &nine).await["size"], 9);
    assert_eq!(found(&admin, "thing?sort=size").await, [nine.clone(), ten.clone()]);
    assert_eq!(found(&admin, "thing?filter=size%20%3D%3D%2010").await, std::slice::from_ref(&ten));
    admin
        .with("if-match", "*")
        .patch(&format!("/v1/records/thing/{ten}"), &json!({"size": 11}))
        .await
        .expect(200);
    // Back to text: the values of today, in the order of texts.
    admin
        .with("if-match", "*")
        .post(&format!("{}/rollback", thing.path()), &json!({"version": 1}))
        .await
        .expect(200);
    thing.publish(&json!({})).await.expect(200);
    assert_eq!(read(&admin, "thing", &ten).await["size"], "11");
    assert_eq!(found(&admin, "thing?sort=size").await, [ten, nine]);
}

#[tokio::test]
async fn what_cannot_be_converted_is_counted_and_kept_out_of_sight() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let with = |kind: &Value| definition("thing", &json!([field("size", kind, &json!({}))]));
    let thing = Thing::publish_new(&admin, &with(&json!("text"))).await;
    let good = record(&admin, "thing", &json!({"size": "2026-01-31"})).await;
    let bad = record(&admin, "thing", &json!({"size": "soon"})).await;
    thing.draft(&with(&json!("date")), &json!({})).await.expect(200);
    let plan = thing.plan().await;
    assert_eq!(changes(&plan), [("type_changed".to_owned(), "destructive".to_owned(), 1)]);
    assert_eq!(plan["changes"][0]["samples"], json!([bad]));
    thing.publish(&json!({})).await.expect(409);
    thing.publish_confirmed().await.expect(200);
    assert_eq!(read(&admin, "thing", &good).await["size"], "2026-01-31");
    assert_eq!(read(&admin, "thing", &bad).await["size"], Value::Null);
}

#[tokio::test]
async fn a_rule_that_values_come_once_is_held_against_what_they_become() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let with =
        |kind: &str| definition("thing", &json!([field("code", &json!(kind), &json!({"unique": true}))]));
    let thing = Thing::publish_new(&admin, &with("text")).await;
    record(&admin, "thing", &json!({"code": "1"})).await;
    record(&admin, "thing", &json!({"code": "1.0"})).await;
    thing.draft(&with("decimal"), &json!({})).await.expect(200);
    let plan = thing.plan().await;
    assert_eq!(plan["isBlocked"], true, "{plan:#}");
    assert_eq!(thing.publish_confirmed().await.expect(409).code(), "metadata.blocked_by_records");
}
