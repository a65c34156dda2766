//! Revaluations: what is in other currencies at the rates of a day.

use athyper_test_kit::Client;
use serde_json::json;

use crate::support::{PARTY, add_account, add_rule, balances, books, pair, post, record_rate};

const PATH: &str = "/v1/closing/revaluations";

/// Dollars in the bank and a receivable in yen, with the rates of the end of March.
async fn trade(accountant: &Client, admin: &Client) {
    for (code, kind, usage) in [
        ("Bank USD", "asset", "bank"),
        ("Receivables", "asset", "receivable"),
        ("Sales", "income", "other"),
        ("Unrealised", "expense", "other"),
    ] {
        add_account(accountant, code, kind, usage).await;
    }
    add_rule(accountant, "exchange_unrealised", "Unrealised").await;
    let dollars = json!({"date": "2025-03-03", "rates": {"USD": "0.95"}, "lines": [
        {"account": "Bank USD", "debit": "1000.00", "currency": "USD"},
        {"account": "Sales", "credit": "1000.00", "currency": "USD"},
    ]});
    post(accountant, &dollars).await;
    let yen = json!({"date": "2025-03-10", "rates": {"JPY": "0.0062"}, "reference": "SI-7", "lines": [
        {"account": "Receivables", "debit": "100000", "currency": "JPY", "party": PARTY},
        {"account": "Sales", "credit": "100000", "currency": "JPY"},
    ]});
    post(accountant, &yen).await;
    record_rate(admin, "USD", "2025-03-31", "0.9246").await;
    record_rate(admin, "JPY", "2025-03-30", "0.00617").await;
}

#[tokio::test]
async fn money_and_items_are_brought_to_the_rate_and_back_on_the_next_day() {
    let (_app, accountant, admin) = books().await;
    trade(&accountant, &admin).await;
    let made = accountant.post(PATH, &json!({"date": "2025-03-31"})).await.expect(201).json();
    assert_eq!((&made["difference"], &made["reversesOn"]), (&json!("-28.40"), &json!("2025-04-01")));
    assert_eq!(
        made["lines"],
        json!([
            {"account": "Bank USD", "currency": "USD", "amount": "1000.00", "rate": "0.9246", "carried": "950.00",
                "worth": "924.60"},
            {"account": "Receivables", "party": PARTY, "item": made["lines"][1]["item"], "reference": "SI-7",
                "currency": "JPY", "amount": "100000", "rate": "0.00617", "carried": "620.00", "worth": "617.00"},
        ])
    );
    let before = [pair("Bank USD", "950.00"), pair("Receivables", "620.00"), pair("Sales", "-1570.00")];
    let revalued = [
        pair("Bank USD", "924.60"),
        pair("Receivables", "617.00"),
        pair("Sales", "-1570.00"),
        pair("Unrealised", "28.40"),
    ];
    assert_eq!(balances(&accountant, "2025-03-30").await, before);
    assert_eq!(balances(&accountant, "2025-03-31").await, revalued);
    assert_eq!(balances(&accountant, "2025-04-01").await, before);
    // In its own currency nothing moved.
    let dollars = accountant.get("/v1/finance/reports/trial-balance?asOf=2025-03-31&currency=USD").await;
    assert_eq!(dollars.expect(200).text("/totals/debit"), "1000.00");
    let listed = accountant.get(PATH).await.expect(200).json();
    assert_eq!(
        (&listed["items"][0]["difference"], &listed["items"][0].get("lines")),
        (&json!("-28.4"), &None)
    );
}

#[tokio::test]
async fn a_day_is_revalued_once_and_only_with_rates_that_are_recorded() {
    let (app, accountant, admin) = books().await;
    trade(&accountant, &admin).await;
    let early = accountant.post(PATH, &json!({"date": "2025-03-30"})).await.expect(422);
    assert_eq!(early.code(), "finance.rate_missing");
    accountant.post(PATH, &json!({"date": "2025-03-31"})).await.expect(201);
    let twice = accountant.post(PATH, &json!({"date": "2025-03-31"})).await.expect(409);
    assert_eq!(twice.code(), "closing.revalued_already");
    // The second one left nothing behind.
    assert_eq!(balances(&accountant, "2025-03-31").await[3], pair("Unrealised", "28.40"));
    app.user("demo", "viewer").post(PATH, &json!({"date": "2025-04-30"})).await.expect(403);
    let none = app.user("globex", "accountant").post(PATH, &json!({"date": "2025-03-31"})).await.expect(404);
    assert_eq!(none.code(), "finance.entity_not_found");
}
