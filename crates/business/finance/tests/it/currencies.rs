//! Journals in other currencies than that of the books.

use serde_json::json;

use crate::support::{add_trading_accounts, app_with_accounts, balances, field, fields, post, record_rate};

#[tokio::test]
async fn a_line_is_worth_its_amount_at_the_rate_of_the_day() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    add_trading_accounts(&accountant).await;
    let sale = json!({"date": "2025-01-10", "lines": [
        {"account": "Bank", "debit": "100.00", "currency": "EUR"}, {"account": "Sales", "credit": "100.00", "currency": "EUR"},
    ]});
    let missing = post(&accountant, &sale).await.expect(422);
    assert_eq!(
        fields(&missing),
        [field("/lines/0/currency", "rate_missing"), field("/lines/1/currency", "rate_missing")]
    );
    record_rate(&admin, "EUR", "2025-01-01", "1.03").await;
    record_rate(&admin, "EUR", "2025-01-09", "1.0305").await;
    record_rate(&admin, "EUR", "2025-01-11", "1.2").await;
    let posted = post(&accountant, &sale).await.expect(200);
    let line = &posted.json()["lines"][0];
    assert_eq!((&line["baseDebit"], &line["rate"]), (&json!("103.05"), &json!("1.0305")));
    // What was posted keeps its rate, whatever is recorded later; a stated rate goes before a recorded one.
    let mut stated = sale.clone();
    stated["rates"] = json!({"EUR": "1.1"});
    let posted = post(&accountant, &stated).await.expect(200);
    assert_eq!(posted.json()["lines"][1]["baseCredit"], "110.00");
    assert_eq!(
        balances(&accountant, "2025-01-31").await,
        [field("Bank", "213.05"), field("Sales", "-213.05")]
    );
}

#[tokio::test]
async fn what_rounding_leaves_goes_to_its_account_and_never_more() {
    let (_app, accountant) = app_with_accounts().await;
    add_trading_accounts(&accountant).await;
    let third = |account: &str| json!({"account": account, "credit": "0.33", "currency": "EUR"});
    let journal = json!({"date": "2025-01-10", "rates": {"EUR": "0.95"}, "lines": [
        {"account": "Bank", "debit": "0.66", "currency": "EUR"}, third("Sales"), third("Sales"),
    ]});
    let posted = post(&accountant, &journal).await.expect(200).json();
    let lines = posted["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[3],
        json!({"lineNo": 4, "account": "Rounding", "credit": "0.00", "currency": "EUR", "baseCredit": "0.01", "rate": "1",
            "automatic": true})
    );
    let stated = json!({"date": "2025-01-10", "rates": {"EUR": "1"}, "lines": [
        {"account": "Bank", "debit": "100.00", "currency": "EUR", "baseAmount": "101.01"},
        {"account": "Sales", "credit": "100.00", "currency": "EUR"},
    ]});
    assert_eq!(post(&accountant, &stated).await.expect(422).code(), "finance.base_unbalanced");
}

#[tokio::test]
async fn an_account_may_be_of_one_currency() {
    let (_app, accountant) = app_with_accounts().await;
    let account = json!({"code": "Euros", "type": "asset", "use": "bank", "currency": "EUR"});
    accountant.post("/v1/finance/accounts", &account).await.expect(201);
    let journal = json!({"date": "2025-01-10", "lines": [
        {"account": "Euros", "debit": "1.00"}, {"account": "Assets:Cash", "credit": "1.00"},
    ]});
    assert_eq!(
        fields(&post(&accountant, &journal).await.expect(422)),
        [field("/lines/0/currency", "other_currency")]
    );
}
