//! Dimensions: what lines are about, what accounts ask for, and books that balance for each value.

use athyper_test_kit::Client;
use serde_json::{Value, json};

use crate::support::{app_with_accounts, field, fields, post};

pub(crate) async fn add_dimension(client: &Client, key: &str, balancing: bool, values: &[&str]) {
    let dimension = json!({"key": key, "name": key, "balancing": balancing});
    let id = client.post("/v1/records/finance.dimension", &dimension).await.expect(201).text("/id");
    for code in values {
        let value = json!({"dimension": id, "code": code, "name": code});
        client.post("/v1/records/finance.dimension_value", &value).await.expect(201);
    }
}

fn fee_of(debit: &Value, credit: &Value) -> Value {
    json!({"date": "2025-01-10", "lines": [
        {"account": "Expenses:Fees", "debit": "4.00", "dimensions": debit},
        {"account": "Assets:Cash", "credit": "4.00", "dimensions": credit},
    ]})
}

#[tokio::test]
async fn an_account_asks_for_a_value_and_reports_are_of_one() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    add_dimension(&admin, "costCentre", false, &["CC-1", "CC-2"]).await;
    let fees = json!({"code": "Travel", "type": "expense", "requiredDimensions": ["costCentre"]});
    accountant.post("/v1/finance/accounts", &fees).await.expect(201);
    let journal = |value: Value| {
        let mut journal = fee_of(&value, &json!({}));
        journal["lines"][0]["account"] = json!("Travel");
        journal
    };
    let nothing = post(&accountant, &journal(json!({}))).await.expect(422);
    assert_eq!(fields(&nothing), [field("/lines/0/dimensions", "required")]);
    let unknown = post(&accountant, &journal(json!({"costCentre": "CC-9"}))).await.expect(422);
    assert_eq!(fields(&unknown), [field("/lines/0/dimensions", "unknown_value")]);
    for code in ["CC-1", "CC-2", "CC-2"] {
        post(&accountant, &journal(json!({"costCentre": code}))).await.expect(200);
    }
    for (as_of, expected) in [("2025-01-31", "8.00"), ("2025-03-01", "8.00"), ("2025-01-09", "0.00")] {
        let path = format!("/v1/finance/reports/trial-balance?asOf={as_of}&dimension=costCentre:CC-2");
        let report = accountant.get(&path).await.expect(200);
        assert_eq!(report.text("/totals/debit"), expected, "{as_of}");
    }
    let list = admin.get("/v1/records/finance.dimension_value?filter=code%20%3D%3D%20%22CC-2%22").await;
    let id = list.expect(200).text("/items/0/id");
    let path = format!("/v1/records/finance.dimension_value/{id}");
    admin.with("if-match", "*").patch(&path, &json!({"code": "CC-7"})).await.expect(422);
}

#[tokio::test]
async fn books_balance_for_each_value_of_a_dimension_that_asks_for_it() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    add_dimension(&admin, "branch", true, &["north", "south"]).await;
    let (north, south) = (json!({"branch": "north"}), json!({"branch": "south"}));
    let across = post(&accountant, &fee_of(&north, &south)).await.expect(422);
    assert_eq!(across.code(), "finance.dimension_unbalanced");
    assert_eq!(
        post(&accountant, &fee_of(&north, &json!({}))).await.expect(422).code(),
        "finance.dimension_unbalanced"
    );
    post(&accountant, &fee_of(&north, &north)).await.expect(200);
    post(&accountant, &fee_of(&json!({}), &json!({}))).await.expect(200);
}
