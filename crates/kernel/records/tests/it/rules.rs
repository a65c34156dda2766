//! What the expressions of a definition say of a record.

use serde_json::json;

use super::app_with;
use crate::support::{admin, change, entity, faults, field, make};

#[tokio::test]
async fn defaults_rules_and_computed_values_hold() {
    let mut quantity = field("quantity", json!("integer"));
    quantity["default"] = json!("1");
    quantity["rules"] = json!([{"must": "value > 0", "message": "order at least one"}]);
    let mut due = field("due", json!("date"));
    due["default"] = json!("today + duration('72h')");
    let mut reason = field("reason", json!("text"));
    reason["requiredWhen"] = json!("quantity > 10");
    let mut price = field("price", json!("decimal"));
    price["readOnlyWhen"] = json!("old != null && quantity > 5");
    let total = field("total", json!({"computed": {"expression": "price * quantity", "result": "decimal"}}));
    let mut definition = entity("order", json!([quantity, due, reason, price, total]));
    definition["rules"] = json!([
        {"must": "old == null || quantity >= old.quantity", "message": "an order only grows", "field": "quantity"}
    ]);
    let app = app_with(&[definition]).await;
    let client = admin(&app);

    let made = client.post("/v1/records/order", &json!({"price": "2.50"})).await.expect(201).json();
    assert_eq!((&made["quantity"], &made["total"]), (&json!(1), &json!("2.5")));
    assert!(made["due"].is_string());
    let made = client.post("/v1/records/order", &json!({})).await.expect(201).json();
    assert_eq!(made["total"], json!(null));

    for (values, pointer, code) in
        [(json!({"quantity": 0}), "/quantity", "rule"), (json!({"quantity": 11}), "/reason", "required")]
    {
        let answer = client.post("/v1/records/order", &values).await.expect(422);
        assert_eq!(faults(&answer), [(pointer.to_owned(), code.to_owned())]);
    }
    let path =
        format!("/v1/records/order/{}", make(&client, "order", json!({"quantity": 6, "price": "1"})).await);
    assert_eq!(
        faults(&change(&client, &path, json!({"price": "2"})).await.expect(422)),
        [("/price".to_owned(), "read_only".to_owned())]
    );
    assert_eq!(
        faults(&change(&client, &path, json!({"quantity": 5})).await.expect(422)),
        [("/quantity".to_owned(), "rule".to_owned())]
    );
    let grown = change(&client, &path, json!({"quantity": 7})).await.expect(200).json();
    assert_eq!(grown["total"], "7");
}

#[tokio::test]
async fn numbers_have_no_gaps() {
    let mut definition =
        entity("inspection", json!([field("number", json!("text")), field("size", json!("integer"))]));
    definition["numbering"] = json!({"field": "number", "pattern": "INS-{SEQ:3}"});
    let app = app_with(&[definition]).await;
    let client = admin(&app);
    let first = client.post("/v1/records/inspection", &json!({})).await.expect(201).json();
    client.post("/v1/records/inspection", &json!({"size": "x"})).await.expect(422);
    let second = client.post("/v1/records/inspection", &json!({"size": 2})).await.expect(201).json();
    assert_eq!((&first["number"], &second["number"]), (&json!("INS-001"), &json!("INS-002")));
    let own = client.post("/v1/records/inspection", &json!({"number": "INS-009"})).await.expect(422);
    assert_eq!(faults(&own), [("/number".to_owned(), "read_only".to_owned())]);
}

#[tokio::test]
async fn of_a_single_there_is_one() {
    let mut definition = entity("preferences", json!([field("name", json!("text"))]));
    definition["kind"] = json!("single");
    let app = app_with(&[definition]).await;
    let client = admin(&app);
    make(&client, "preferences", json!({})).await;
    assert_eq!(
        client.post("/v1/records/preferences", &json!({})).await.expect(409).code(),
        "records.single_taken"
    );
}
