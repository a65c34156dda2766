//! How requests for approval end without an effect: decided against, taken back, run out.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobPayload, NewJob, enqueue};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::support::{
    ACCOUNTS, REQUESTS, approved, cash, checker, decide, guarded_app, maker, state, waits, withdraw,
};
use crate::support::events;

#[tokio::test]
async fn what_was_rejected_or_withdrawn_is_asked_for_anew() {
    let app = guarded_app().await;
    let (maker, checker) = (maker(&app), checker(&app));
    let first = waits(&maker.post(ACCOUNTS, &cash()).await);
    let rejected = decide(&checker, &first, "reject").await.expect(200);
    assert_eq!((rejected.text("/state"), rejected.text("/reason")), ("rejected".into(), "looked at".into()));
    let second = waits(&maker.post(ACCOUNTS, &cash()).await);
    assert_ne!(second, first);
    assert_eq!(withdraw(&maker, &second).await.expect(200).text("/state"), "withdrawn");
    assert_eq!(decide(&checker, &second, "approve").await.expect(409).code(), "approvals.not_pending");
    assert_eq!(withdraw(&maker, &second).await.expect(409).code(), "approvals.not_alive");
    // Also what was approved already.
    let third = approved(&app, &cash()).await;
    withdraw(&maker, &third).await.expect(200);
    assert_ne!(waits(&maker.post(ACCOUNTS, &cash()).await), third);
    for kind in ["approvals.reject_request", "approvals.withdraw_request"] {
        assert!(!events(&app, kind).await.is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn what_has_run_out_counts_for_nothing_whether_marked_or_not() {
    let app = guarded_app().await;
    let (maker, checker) = (maker(&app), checker(&app));
    let first = waits(&maker.post(ACCOUNTS, &cash()).await);
    // Nobody decides in time.
    app.db.clock.advance(TimeDelta::hours(72));
    assert_eq!(checker.get(&format!("{REQUESTS}/{first}")).await.expect(200).text("/state"), "expired");
    assert_eq!(decide(&checker, &first, "approve").await.expect(409).code(), "approvals.not_pending");
    let second = approved(&app, &cash()).await;
    assert_ne!(second, first);
    assert_eq!(state(&app, &first).await, "expired");
    // Nobody uses it in time.
    app.db.clock.advance(TimeDelta::hours(24));
    let third = waits(&maker.post(ACCOUNTS, &cash()).await);
    assert_ne!(third, second);
    assert!(events(&app, "finance.create_account").await.is_empty());
}

#[derive(Debug, Serialize, Deserialize)]
struct Expire {}

impl JobPayload for Expire {
    const NAME: &'static str = "approvals.expire_requests";
}

#[tokio::test]
async fn the_job_marks_what_has_run_out_and_forgets_what_ended_long_ago() {
    let app = guarded_app().await;
    let maker = maker(&app);
    let account = |code: &str| json!({"code": code, "type": "asset"});
    let (old, due) =
        (approved(&app, &account("Assets:Old")).await, approved(&app, &account("Assets:Due")).await);
    let alive = waits(&maker.post(ACCOUNTS, &cash()).await);
    withdraw(&maker, &old).await.expect(200);
    app.db.clock.advance(TimeDelta::hours(24));
    let mut admin = app.db.superuser().await;
    sqlx::query(
        "update approvals.request set updated_at = updated_at - interval '91 days' where id = $1::uuid",
    )
    .bind(&old)
    .execute(&mut admin)
    .await
    .unwrap();
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    enqueue(&mut tx, NewJob::new(&Expire {}).unwrap()).await.unwrap();
    tx.commit(AuditEvent::info("test.enqueue")).await.unwrap();
    app.run_job().await.unwrap();
    assert_eq!((state(&app, &due).await, state(&app, &alive).await), ("expired".into(), "pending".into()));
    checker(&app).get(&format!("{REQUESTS}/{old}")).await.expect(404);
    checker(&app).get(&format!("{REQUESTS}/{due}")).await.expect(200);
    assert!(events(&app, "approvals.expire_requests").await.iter().any(|(_, facts)| facts["expired"] == 1));
}
