//! What the tests have in common: an application with the module, and shorthands.

use athyper_decisions::MODULE;
use athyper_test_kit::{Client, TestApp};
use serde_json::{Value, json};

pub(crate) const MODELS: &str = "/v1/decisions/models";

pub(crate) async fn app() -> TestApp {
    TestApp::new(&[MODULE]).await
}

/// A definition that gives a rate for an amount.
pub(crate) fn discount(high: &str) -> Value {
    json!({
        "label": "Discount", "inputs": [{"key": "amount", "type": "number"}],
        "decisions": [{"key": "rate", "requires": ["amount"], "table": {
            "hitPolicy": "unique", "inputs": [{"expression": "amount", "type": "number"}],
            "outputs": [{"key": "rate", "type": "number"}],
            "rules": [{"when": ["< 100"], "then": ["0"]}, {"when": [">= 100"], "then": [high]}]
        }}]
    })
}

pub(crate) fn case(amount: &str, expected: &str) -> Value {
    json!({"name": format!("{amount} gets {expected}"), "inputs": {"amount": amount}, "expected": expected})
}

pub(crate) async fn create(client: &Client, key: &str, definition: &Value, tests: &Value) -> Value {
    let body = json!({"key": key, "definition": definition, "tests": tests});
    client.post(MODELS, &body).await.expect(201).json()
}

pub(crate) async fn update(client: &Client, key: &str, body: &Value) -> Value {
    client.with("if-match", "*").patch(&format!("{MODELS}/{key}"), body).await.expect(200).json()
}

pub(crate) async fn publish(client: &Client, key: &str) -> Value {
    client.post(&format!("{MODELS}/{key}/publish"), &json!({})).await.expect(200).json()
}

/// The result for an amount, and the version that gave it.
pub(crate) async fn rate(client: &Client, key: &str, amount: &str) -> (Value, i64) {
    let path = format!("/v1/decisions/{key}/evaluate");
    let said = client.post(&path, &json!({"inputs": {"amount": amount}})).await.expect(200).json();
    (said["result"].clone(), said["version"].as_i64().unwrap())
}
