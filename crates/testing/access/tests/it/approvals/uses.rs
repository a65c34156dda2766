//! An approval is used once, with its effect, and given back where there is none.

use axum::http::Method;
use serde_json::{Value, json};

use super::support::{ACCOUNTS, app, ask_for, cash, checker, decide, guarded_app, maker, state, waits};
use crate::support::events;

const JOURNALS: &str = "/v1/finance/journals";

/// Two at once, of which both found the approval good: one goes through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_uses_at_once_one_has_an_effect() {
    let app = app().await;
    let maker = maker(&app);
    for (code, kind) in [("Assets:Cash", "asset"), ("Expenses:Fees", "expense")] {
        maker.post(ACCOUNTS, &json!({"code": code, "type": kind})).await.expect(201);
    }
    ask_for(&app, "journals", &["finance.create_journal"], "tenant_admin").await;
    let journal = json!({"date": "2025-01-31", "lines": [
        {"account": "Expenses:Fees", "debit": "4.00"}, {"account": "Assets:Cash", "credit": "4.00"}]});
    let id = waits(&maker.post(JOURNALS, &journal).await);
    decide(&checker(&app), &id, "approve").await.expect(200);
    // Somebody holds the approval: both have done all else by then.
    let mut holder = app.db.superuser().await;
    sqlx::raw_sql("begin; select 1 from approvals.request for update").execute(&mut holder).await.unwrap();
    let mut uses = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let (maker, journal) = (maker.clone(), journal.clone());
        uses.spawn(async move { maker.post(JOURNALS, &journal).await });
    }
    app.wait_for_waiters(2).await;
    sqlx::raw_sql("commit").execute(&mut holder).await.unwrap();
    let mut answers = uses.join_all().await;
    answers.sort_by_key(|answer| answer.status);
    answers[0].clone().expect(201);
    assert_eq!(answers[1].clone().expect(409).code(), "policy.approval_gone");
    let page = maker.get(JOURNALS).await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(events(&app, "finance.create_journal").await.len(), 1);
}

#[tokio::test]
async fn a_request_that_fails_uses_nothing_up() {
    let app = app().await;
    ask_for(&app, "journals", &["finance.create_journal"], "tenant_admin").await;
    let maker = maker(&app);
    let journal = json!({"date": "2025-01-31", "lines": [
        {"account": "Expenses:Fees", "debit": "4.00"}, {"account": "Assets:Cash", "credit": "4.00"}]});
    let id = waits(&maker.post(JOURNALS, &journal).await);
    decide(&checker(&app), &id, "approve").await.expect(200);
    // There are no such accounts yet.
    maker.post(JOURNALS, &journal).await.expect(422);
    assert_eq!(state(&app, &id).await, "approved");
    for (code, kind) in [("Assets:Cash", "asset"), ("Expenses:Fees", "expense")] {
        maker.post(ACCOUNTS, &json!({"code": code, "type": kind})).await.expect(201);
    }
    maker.post(JOURNALS, &journal).await.expect(201);
    assert_eq!(state(&app, &id).await, "used");
}

#[tokio::test]
async fn a_request_that_was_answered_is_answered_so_again_by_its_key() {
    let app = guarded_app().await;
    let plain = maker(&app);
    let maker = plain.with("idempotency-key", "cash");
    let id = waits(&maker.post(ACCOUNTS, &cash()).await);
    decide(&checker(&app), &id, "approve").await.expect(200);
    let first = maker.post(ACCOUNTS, &cash()).await.expect(201);
    let second = maker.post(ACCOUNTS, &cash()).await.expect(201);
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(first.text("/id"), second.text("/id"));
    // The key stands for that request and no other.
    waits(&maker.post(ACCOUNTS, &json!({"code": "Assets:Bank", "type": "asset"})).await);
    // Nor for one that was refused.
    waits(&plain.with("idempotency-key", "bank").post(ACCOUNTS, &cash()).await);
}

/// What is only looked at is looked at once.
#[tokio::test]
async fn a_read_uses_its_approval_up() {
    let app = app().await;
    ask_for(&app, "balances", &["finance.get_trial_balance"], "tenant_admin").await;
    let (maker, path) = (maker(&app), "/v1/finance/reports/trial-balance?asOf=2025-01-31");
    let id = waits(&maker.get(path).await);
    let snapshot = checker(&app).get(&format!("/v1/approvals/requests/{id}")).await.expect(200).json();
    assert_eq!(snapshot["snapshot"]["query"], "asOf=2025-01-31");
    decide(&checker(&app), &id, "approve").await.expect(200);
    waits(&maker.get("/v1/finance/reports/trial-balance?asOf=2025-02-28").await);
    let wrong = maker.get("/v1/finance/reports/trial-balance?asOf=2025-01-31&x=1").await;
    waits(&wrong);
    maker.get(path).await.expect(200);
    assert_eq!(state(&app, &id).await, "used");
    let used: Vec<(Option<String>, Value)> = events(&app, "approvals.use_request").await;
    assert_eq!(used[0].1["approvals"][0]["approvedBy"], "checker@demo");
    assert_ne!(waits(&maker.get(path).await), id);
    let head = maker.send(Method::HEAD, path, None, bytes::Bytes::new()).await;
    assert_eq!(head.status, 403);
}
