//! Definitions that are put in force again, and such that cannot be.

use serde_json::json;

use crate::support::{admin, app, change, entity, field, make, put, put_again};

#[tokio::test]
async fn a_field_keeps_its_values_when_it_is_renamed_or_taken_away_and_brought_back() {
    let app = app().await;
    let fields = |keys: &[&str]| keys.iter().map(|key| field(key, json!("text"))).collect::<Vec<_>>();
    let before = put(&app, "demo", entity("item", json!(fields(&["name", "size"])))).await.unwrap();
    let client = admin(&app);
    let path =
        format!("/v1/records/item/{}", make(&client, "item", json!({"name": "a", "size": "big"})).await);
    let without = put_again(&app, "demo", &before, entity("item", json!(fields(&["name"])))).await;
    assert!(client.get(&path).await.json().get("size").is_none());
    change(&client, &path, json!({"name": "b"})).await.expect(200);
    put_again(&app, "demo", &without, entity("item", json!(fields(&["size", "name"])))).await;
    let record = client.get(&path).await.json();
    assert_eq!((&record["name"], &record["size"]), (&json!("b"), &json!("big")));
}

#[tokio::test]
async fn an_expression_that_cannot_be_is_named_and_nothing_comes_into_force() {
    let app = app().await;
    let mut name = field("name", json!("text"));
    name["default"] = json!("1 + 'a'");
    name["rules"] = json!([{"must": "value.length() > 3", "message": "longer"}]);
    let total = field("total", json!({"computed": {"expression": "missing + 1", "result": "integer"}}));
    let error = put(&app, "demo", entity("item", json!([name, total]))).await.unwrap_err();
    let athyper_kernel_records::Error::Definition(errors) = error else { panic!("{error:?}") };
    let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/fields/0/default", "/fields/0/rules/0/must", "/fields/1/type/computed/expression"]
    );
    admin(&app).get("/v1/records/item").await.expect(404);
}
