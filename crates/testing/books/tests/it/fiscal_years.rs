//! The close of a fiscal year: the result goes to retained earnings, and the balance sheet stays.

use serde_json::json;

use crate::support::{add_account, add_rule, balances, books, pair, post};

const PATH: &str = "/v1/closing/fiscal-years";

#[tokio::test]
async fn the_next_year_opens_with_no_result_and_the_same_balance_sheet() {
    let (app, accountant, admin) = books().await;
    for (code, kind, usage) in [
        ("Bank", "asset", "bank"),
        ("Sales", "income", "other"),
        ("Rent", "expense", "other"),
        ("Retained earnings", "equity", "other"),
    ] {
        add_account(&accountant, code, kind, usage).await;
    }
    let move_ = |date: &str, debit: &str, credit: &str, amount: &str, currency: &str| {
        json!({"date": date, "rates": if currency == "EUR" { json!({}) } else { json!({"USD": "0.9"}) }, "lines": [
            {"account": debit, "debit": amount, "currency": currency},
            {"account": credit, "credit": amount, "currency": currency},
        ]})
    };
    post(&accountant, &move_("2025-02-01", "Bank", "Sales", "1000.00", "EUR")).await;
    post(&accountant, &move_("2025-03-01", "Bank", "Sales", "100.00", "USD")).await;
    post(&accountant, &move_("2025-04-01", "Rent", "Bank", "300.00", "EUR")).await;
    post(&accountant, &move_("2026-01-05", "Rent", "Bank", "25.00", "EUR")).await;
    let close = json!({"lastDay": "2025-12-31"});
    let nobody = admin.post(PATH, &close).await.expect(422);
    assert_eq!(nobody.code(), "finance.accounts_not_usable");
    add_rule(&accountant, "retained_earnings", "Retained earnings").await;
    accountant.post(PATH, &close).await.expect(403);
    let wrong = admin.post(PATH, &json!({"lastDay": "2025-11-30"})).await.expect(422);
    assert_eq!(wrong.code(), "closing.not_last_day");
    let closed = admin.post(PATH, &close).await.expect(201);
    assert_eq!((closed.text("/result"), closed.text("/state")), ("790.00".into(), "closed".into()));
    let after = [pair("Bank", "790.00"), pair("Retained earnings", "-790.00")];
    assert_eq!(balances(&accountant, "2025-12-31").await, after);
    let next = [pair("Bank", "765.00"), pair("Rent", "25.00"), pair("Retained earnings", "-790.00")];
    assert_eq!(balances(&accountant, "2026-01-31").await, next);
    assert_eq!(admin.post(PATH, &close).await.expect(409).code(), "closing.year_closed");

    let reopen = format!("{PATH}/{}/reopen", closed.text("/id"));
    let reopened = admin.post(&reopen, &json!({"reason": "An invoice came late"})).await.expect(200);
    assert_eq!(reopened.text("/state"), "reopened");
    let before = [pair("Bank", "790.00"), pair("Rent", "300.00"), pair("Sales", "-1090.00")];
    assert_eq!(balances(&accountant, "2025-12-31").await, before);
    assert_eq!(
        admin.post(&reopen, &json!({"reason": "again"})).await.expect(409).code(),
        "closing.year_not_closed"
    );
    post(&accountant, &move_("2025-12-30", "Rent", "Bank", "10.00", "EUR")).await;
    let again = admin.post(PATH, &close).await.expect(201);
    assert_eq!(again.text("/result"), "780.00");
    let elsewhere = app.user("globex", "admin").post(&reopen, &json!({"reason": "x"})).await.expect(404);
    assert_eq!(elsewhere.code(), "closing.year_not_found");
}
