//! Retention and legal holds: what goes, what stays, and that the chain verifies over it.

use athyper_audit::SealerSettings;
use athyper_kernel_audit::{AuditEvent, Class};
use athyper_kernel_jobs::{JobPayload, NewJob, enqueue};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::{Trail, run, signing_each};

#[derive(Serialize, Deserialize)]
struct ApplyRetention {}

impl JobPayload for ApplyRetention {
    const NAME: &'static str = "audit.apply_retention";
}

impl Trail {
    /// Runs the job of retention, as its schedule does.
    async fn apply_retention(&self) {
        let mut tx = self.app.db.database.tenant_tx(&self.context()).await.unwrap();
        enqueue(&mut tx, NewJob::new(&ApplyRetention {}).unwrap()).await.unwrap();
        tx.commit(AuditEvent::info("test.asked_for_retention")).await.unwrap();
        self.app.run_job().await.unwrap();
        let mut superuser = self.app.db.superuser().await;
        run(&mut superuser, "delete from jobs.job").await;
    }

    async fn count(&self, kind: &str) -> i64 {
        let mut superuser = self.app.db.superuser().await;
        sqlx::query_scalar("select count(*) from audit.event where tenant_id = $1 and type = $2")
            .bind(self.tenant())
            .bind(kind)
            .fetch_one(&mut superuser)
            .await
            .unwrap()
    }

    /// Old reads among old changes: by twos, with an address each.
    async fn write_old(&self) {
        for number in 0..12 {
            let event =
                AuditEvent::access("test.read").about("test.thing", number).from_address("203.0.113.7");
            self.write(event).await;
            if number % 2 == 1 {
                self.write(AuditEvent::info("test.change")).await;
            }
        }
    }

    async fn policy(&self, class: &str, days: i32) -> Value {
        let policy = json!({"name": "policy", "class": class, "keepDays": days});
        self.app.user("demo", "admin").post("/v1/audit/retention-policies", &policy).await.expect(201).json()
    }
}

#[tokio::test]
async fn what_is_old_goes_and_the_chain_verifies_over_the_gaps() {
    let trail = Trail::new().await;
    trail.write_old().await;
    trail.seal(signing_each(5)).await;
    trail.app.db.clock.advance(TimeDelta::days(100));
    trail.write(AuditEvent::access("test.read")).await;
    trail.policy("dataAccess", 90).await;

    trail.apply_retention().await;
    assert_eq!((trail.count("test.read").await, trail.count("test.change").await), (1, 6));
    let mut superuser = trail.app.db.superuser().await;
    let values: i64 =
        sqlx::query_scalar("select count(*) from audit.personal_value where field = 'clientAddress'")
            .fetch_one(&mut superuser)
            .await
            .unwrap();
    assert_eq!(values, 0, "what they said about people went with them");
    trail.seal(signing_each(5)).await;
    let report = trail.verify().await;
    assert!(report.intact, "{report:#?}");
    assert_eq!(report.removed, 12);
    assert!(trail.verify_from_store().await.intact);
    let told =
        trail.app.user("demo", "admin").get("/v1/audit/events?type=audit.apply_retention").await.json();
    assert_eq!(told["items"][0]["meta"]["removed"], json!(12));
    assert_eq!(told["items"][0]["class"], json!("systemEvent"));

    // Again, with the rest: everything that was there goes, the first and the last event too.
    trail.policy("adminActivity", 30).await;
    trail.policy("systemEvent", 30).await;
    trail.app.db.clock.advance(TimeDelta::days(200));
    trail.apply_retention().await;
    trail.seal(signing_each(5)).await;
    assert_eq!(trail.count("test.change").await, 0);
    let report = trail.verify().await;
    assert!(report.intact && report.removed > 18, "{report:#?}");
    assert!(trail.verify_from_store().await.intact);

    // A removal that was not signed by us hides nothing.
    let mut attacker = trail.attacker().await;
    run(&mut attacker, "update audit.removal set signature = sha256(signature) where first_seq = 1").await;
    let finding = trail.verify().await.finding.unwrap();
    assert_eq!((finding.wrong, finding.seq), (athyper_audit::Wrong::BadSignature, 1));
}

#[tokio::test]
async fn nothing_goes_that_object_storage_does_not_know() {
    let trail = Trail::new().await;
    trail.write_old().await;
    trail.policy("dataAccess", 90).await;
    trail.app.db.clock.advance(TimeDelta::days(100));
    trail.apply_retention().await;
    assert_eq!(trail.count("test.read").await, 12, "nothing is sealed");
    let unsigned = SealerSettings { checkpoint_every: TimeDelta::days(1000), ..SealerSettings::default() };
    trail.seal(unsigned).await;
    trail.apply_retention().await;
    assert_eq!(trail.count("test.read").await, 12, "nothing is signed");
    trail.seal(signing_each(100)).await;
    let mut attacker = trail.attacker().await;
    run(&mut attacker, "update audit.checkpoint set stored_at = null").await;
    trail.apply_retention().await;
    assert_eq!(trail.count("test.read").await, 12, "nothing is stored");
    trail.seal(signing_each(100)).await;
    trail.apply_retention().await;
    assert_eq!(trail.count("test.read").await, 0);
    assert!(trail.verify().await.intact);
}

#[tokio::test]
async fn a_hold_wins_until_it_is_released() {
    let trail = Trail::new().await;
    let admin = trail.app.user("demo", "admin");
    trail.write_old().await;
    trail.write(AuditEvent::info("test.read").class(Class::DataAccess).about("test.thing", "x")).await;
    trail.policy("dataAccess", 90).await;
    trail.app.db.clock.advance(TimeDelta::days(100));
    let hold = json!({"name": "Case 1", "reason": "Litigation", "class": "dataAccess", "subjectType": "test.thing",
        "subjectId": "3"});
    let hold = admin.post("/v1/audit/legal-holds", &hold).await.expect(201).json();
    trail.seal(signing_each(5)).await;
    trail.apply_retention().await;
    assert_eq!(trail.count("test.read").await, 1);
    let place = format!("/v1/audit/legal-holds/{}", hold["id"].as_str().unwrap());
    let released = admin.post_empty(&format!("{place}/release")).await.expect(200).json();
    assert!(released["releasedAt"].is_string());
    assert_eq!(
        admin.post_empty(&format!("{place}/release")).await.expect(409).code(),
        "audit.legal_hold_released"
    );
    trail.apply_retention().await;
    assert_eq!(trail.count("test.read").await, 0);
    trail.seal(signing_each(5)).await;
    assert!(trail.verify().await.intact);
}

#[tokio::test]
async fn the_longest_policy_counts_and_a_short_one_is_refused() {
    let trail = Trail::new().await;
    let admin = trail.app.user("demo", "admin");
    trail.write_old().await;
    trail.policy("dataAccess", 30).await;
    let long = trail.policy("dataAccess", 365).await;
    trail.app.db.clock.advance(TimeDelta::days(100));
    trail.seal(signing_each(5)).await;
    trail.apply_retention().await;
    assert_eq!(trail.count("test.read").await, 12);
    let place = format!("/v1/audit/retention-policies/{}", long["id"].as_str().unwrap());
    let short = json!({"keepDays": 29});
    let client = admin.with("if-match", "\"1\"");
    let refused = client.patch(&place, &short).await.expect(422);
    assert_eq!(refused.text("/errors/0/pointer"), "/keepDays");
    assert_eq!(admin.patch(&place, &json!({"keepDays": 60})).await.status, 428);
    let changed = client.patch(&place, &json!({"keepDays": 60})).await.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(admin.with("if-match", "\"1\"").delete(&place).await.status, 412);
    trail.apply_retention().await;
    assert_eq!(trail.count("test.read").await, 0);
    admin.with("if-match", "\"2\"").delete(&place).await.expect(200);
    admin.get(&place).await.expect(404);
}
