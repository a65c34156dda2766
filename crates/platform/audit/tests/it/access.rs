//! Who may do what with the trail.

use serde_json::json;

use crate::support::{Trail, signing_each};

const ID: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

#[tokio::test]
async fn an_auditor_reads_and_changes_nothing() {
    let trail = Trail::new().await;
    trail.write_many(2).await;
    trail.seal(signing_each(10)).await;
    let auditor = trail.app.user("demo", "auditor");
    for path in
        ["events", "export", "checkpoints", "signing-keys", "retention-policies", "legal-holds", "erasures"]
    {
        auditor.get(&format!("/v1/audit/{path}")).await.expect(200);
    }
    auditor.post("/v1/audit/verify", &json!({})).await.expect(200);
    let policy = json!({"name": "p", "class": "dataAccess", "keepDays": 30});
    auditor.post("/v1/audit/retention-policies", &policy).await.expect(403);
    auditor.patch(&format!("/v1/audit/retention-policies/{ID}"), &json!({})).await.expect(403);
    auditor.delete(&format!("/v1/audit/retention-policies/{ID}")).await.expect(403);
    auditor.post("/v1/audit/legal-holds", &json!({"name": "h", "reason": "r"})).await.expect(403);
    auditor.post_empty(&format!("/v1/audit/legal-holds/{ID}/release")).await.expect(403);
    auditor.post("/v1/audit/erasures", &json!({"subject": "s", "reason": "r"})).await.expect(403);
    auditor.get("/v1/schedules").await.expect(403);
    auditor.get("/v1/jobs").await.expect(403);
}

#[tokio::test]
async fn nobody_else_reads_the_trail() {
    let trail = Trail::new().await;
    for role in ["viewer", "accountant"] {
        let user = trail.app.user("demo", role);
        for path in [
            "events",
            "export",
            "checkpoints",
            "signing-keys",
            "retention-policies",
            "legal-holds",
            "erasures",
        ] {
            user.get(&format!("/v1/audit/{path}")).await.expect(403);
        }
        user.get(&format!("/v1/audit/events/{ID}")).await.expect(403);
        user.get("/v1/audit/records/a/b/timeline").await.expect(403);
        user.post("/v1/audit/verify", &json!({})).await.expect(403);
    }
    let anonymous = trail.app.anonymous();
    anonymous.get("/v1/audit/events").await.expect(401);
    let refused =
        trail.app.user("demo", "auditor").get("/v1/audit/events?class=policyDenied&limit=200").await.json();
    assert!(refused["items"].as_array().unwrap().len() >= 20, "each refusal is an event");
}
