//! Reversals: the mirror, its date, and that there is one.

use serde_json::json;

use crate::support::{
    CASH, FEES, add_account, add_period, app_with_accounts, balances, draft, events, fee, field, fields, post,
};

#[tokio::test]
async fn a_reversal_mirrors_the_journal_and_leaves_it_as_it_is() {
    let (app, accountant) = app_with_accounts().await;
    let journal = json!({"date": "2025-01-10", "payee": "Bank", "reference": "V-1", "lines": [
        {"account": FEES, "debit": "4.00", "memo": "fee"}, {"account": CASH, "credit": "4.00"},
    ]});
    let original = post(&accountant, &journal).await.expect(200);
    let path = format!("/v1/finance/journals/{}", original.text("/id"));
    accountant.with("if-match", "\"1\"").post(&format!("{path}/reverse"), &json!({})).await.expect(412);
    let reversal = accountant.post(&format!("{path}/reverse"), &json!({})).await.expect(201);
    let json = reversal.json();
    assert_eq!(json["number"], "JE-2025-000002");
    assert_eq!((&json["state"], &json["date"]), (&json!("posted"), &json!("2025-01-10")));
    assert_eq!(json["reverses"], original.json()["id"]);
    assert_eq!(json["narration"], "Reversal of JE-2025-000001");
    assert_eq!((&json["payee"], &json["reference"]), (&json!("Bank"), &json!("V-1")));
    assert_eq!(
        json["lines"],
        json!([
            {"lineNo": 1, "account": FEES, "credit": "4.00", "currency": "USD", "baseCredit": "4.00",
                "rate": "1", "memo": "fee"},
            {"lineNo": 2, "account": CASH, "debit": "4.00", "currency": "USD", "baseDebit": "4.00", "rate": "1"},
        ])
    );
    assert_eq!(accountant.get(&reversal.header("location")).await.json(), json);
    let now = accountant.get(&path).await.json();
    assert_eq!((&now["state"], &now["reversedBy"]), (&json!("reversed"), &json["id"]));
    assert_eq!(now["lines"], original.json()["lines"]);
    assert_eq!(balances(&accountant, "2025-01-31").await, []);
    let again = accountant.post(&format!("{path}/reverse"), &json!({})).await.expect(409);
    assert_eq!(again.code(), "finance.journal_already_reversed");
    let written = events(&app, "finance.reverse_journal").await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].2["reversalNumber"], "JE-2025-000002");
    // A reversal is a journal like any other, and can be reversed itself, once.
    let back = format!("{}/reverse", reversal.header("location"));
    accountant.post(&back, &json!({"narration": "it was right"})).await.expect(201);
    accountant.post(&back, &json!({})).await.expect(409);
    assert_eq!(balances(&accountant, "2025-01-31").await, [field(CASH, "-4.00"), field(FEES, "4.00")]);
}

#[tokio::test]
async fn a_draft_cannot_be_reversed() {
    let (_app, accountant) = app_with_accounts().await;
    let id = draft(&accountant, &fee("2025-01-10", "4.00")).await;
    let answer = accountant.post(&format!("/v1/finance/journals/{id}/reverse"), &json!({})).await.expect(409);
    assert_eq!(answer.code(), "finance.journal_not_posted");
}

#[tokio::test]
async fn a_reversal_goes_to_the_first_open_period() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    let mut periods = Vec::new();
    for (name, starts_on, ends_on) in [
        ("Jan", "2025-01-01", "2025-01-31"),
        ("Feb", "2025-02-01", "2025-02-28"),
        ("Mar", "2025-03-01", "2025-03-31"),
    ] {
        periods.push(add_period(&accountant, name, starts_on, ends_on).await);
    }
    let mut paths = Vec::new();
    for _ in 0..3 {
        let id = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200).text("/id");
        paths.push(format!("/v1/finance/journals/{id}/reverse"));
    }
    for (id, command) in [(&periods[0], "close"), (&periods[1], "soft-close")] {
        admin.post_empty(&format!("/v1/finance/periods/{id}/{command}")).await.expect(200);
    }
    let reversal = accountant.post(&paths[0], &json!({})).await.expect(201);
    assert_eq!(reversal.text("/date"), "2025-03-01");
    for (body, status, code) in [
        (json!({"date": "2025-01-09"}), 422, "finance.reversal_before_journal"),
        (json!({"date": "2025-01-20"}), 409, "finance.period_closed"),
        (json!({"date": "2025-02-20"}), 403, "finance.period_soft_closed"),
    ] {
        let answer = accountant.post(&paths[1], &body).await.expect(status);
        assert_eq!(answer.code(), code);
        assert_eq!(fields(&answer)[0].0, "/date");
    }
    let chosen = admin.post(&paths[1], &json!({"date": "2025-02-20"})).await.expect(201);
    assert_eq!(chosen.text("/date"), "2025-02-20");
    admin.post_empty(&format!("/v1/finance/periods/{}/close", periods[2])).await.expect(200);
    let next = accountant.post(&paths[2], &json!({})).await.expect(201);
    assert_eq!(next.text("/date"), "2025-04-01", "a month that nobody declared is open");
}

#[tokio::test]
async fn what_was_posted_to_a_blocked_account_can_be_reversed() {
    let (_app, accountant) = app_with_accounts().await;
    let bank = add_account(&accountant, "Assets:Bank", "asset").await;
    let journal = json!({"date": "2025-01-10", "lines": [
        {"account": FEES, "debit": "4.00"}, {"account": "Assets:Bank", "credit": "4.00"},
    ]});
    let id = post(&accountant, &journal).await.expect(200).text("/id");
    let path = format!("/v1/finance/accounts/{bank}");
    accountant.with("if-match", "*").patch(&path, &json!({"state": "blocked"})).await.expect(200);
    accountant.post(&format!("/v1/finance/journals/{id}/reverse"), &json!({})).await.expect(201);
    assert_eq!(balances(&accountant, "2025-01-31").await, []);
}

#[tokio::test]
async fn two_who_reverse_at_once_reverse_once() {
    let (app, accountant) = app_with_accounts().await;
    let id = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200).text("/id");
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (accountant, path) =
            (app.user("demo", "accountant"), format!("/v1/finance/journals/{id}/reverse"));
        all.spawn(async move { accountant.post(&path, &json!({})).await.status });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    assert_eq!(balances(&accountant, "2025-01-31").await, []);
}
