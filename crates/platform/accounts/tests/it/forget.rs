//! What has ended is forgotten, and what has not is kept.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{NewJob, enqueue};
use chrono::TimeDelta;
use serde_json::json;

use crate::support::{OTHER, PASSWORD, Stage};

#[tokio::test]
async fn what_has_ended_is_forgotten() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    stage.totp("zoe").await;
    stage.sign_in("zoe", PASSWORD).await.expect(200);
    stage.sign_in("zoe", OTHER).await.expect(401);
    stage.guest("forgot-password", json!({"login": "zoe"})).await.expect(202);
    let counts = "select (select count(*) from accounts.link), (select count(*) from accounts.challenge), \
                  (select count(*) from accounts.address), (select count(*) from accounts.proof)";
    let rows = async || -> (i64, i64, i64, i64) {
        let mut admin = stage.app.db.superuser().await;
        sqlx::query_as(counts).fetch_one(&mut admin).await.unwrap()
    };
    let run = async || {
        let mut admin = stage.app.db.superuser().await;
        sqlx::query("update jobs.job set state = 'succeeded'").execute(&mut admin).await.unwrap();
        let mut tx = stage.app.db.database.tenant_tx(&stage.app.db.context("demo")).await.unwrap();
        enqueue(&mut tx, NewJob::of_type("accounts.forget", "default", 5, json!({}))).await.unwrap();
        tx.commit(AuditEvent::info("test.enqueued")).await.unwrap();
        stage.app.run_job().await.unwrap();
    };
    assert_eq!(rows().await, (1, 1, 1, 1));
    run().await;
    assert_eq!(rows().await, (1, 1, 1, 1));
    stage.pass(TimeDelta::hours(25));
    run().await;
    assert_eq!(rows().await, (0, 0, 0, 0));
    assert!(stage.events("accounts.forget").await.contains(&json!({"rows": 4})));
}
