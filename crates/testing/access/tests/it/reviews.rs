//! Access reviews: who decides, and what becomes of it.

use athyper_test_kit::TestApp;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Person, admin, any, app, bind, events, person, person_with, tenant};

const REVIEWS: &str = "/v1/governance/access-reviews";

async fn review(app: &TestApp, reviewer: &Person, undecided: &str) -> String {
    let body = json!({ "name": "Spring", "reviewer": reviewer.id, "dueAt": "2025-02-01T00:00:00Z",
        "undecided": undecided });
    let made = admin(app).post(REVIEWS, &body).await.expect(201);
    format!("{REVIEWS}/{}", made.text("/id"))
}

async fn items(app: &TestApp, review: &str) -> Vec<Value> {
    let page = admin(app).get(&format!("{review}/items?limit=200")).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

fn of<'a>(items: &'a [Value], person: &Person) -> &'a Value {
    items.iter().find(|item| item["subject"]["principal"] == person.id).unwrap()
}

fn decide(review: &str, item: &Value) -> String {
    format!("{review}/items/{}/decide", item["binding"].as_str().unwrap())
}

#[tokio::test]
async fn decisions_are_carried_out_when_the_review_is_closed() {
    let app = app().await;
    let (ann, bob) = (
        person_with(&app, "ann", "viewer", tenant()).await,
        person_with(&app, "bob", "viewer", tenant()).await,
    );
    let rita = person_with(&app, "rita", "access_reviewer", tenant()).await;
    let review = review(&app, &rita, "keep").await;
    let all = items(&app, &review).await;
    assert_eq!(all.len(), 3);
    let revoke = json!({ "decision": "revoke", "note": "moved" });
    rita.client.post(&decide(&review, of(&all, &ann)), &revoke).await.expect(200);
    // Nobody decides about themselves, nor who is not asked.
    let own = rita.client.post(&decide(&review, of(&all, &rita)), &json!({ "decision": "keep" })).await;
    assert_eq!(own.expect(403).code(), "governance.own_case");
    ann.client.post(&decide(&review, of(&all, &bob)), &revoke).await.expect(403);
    let other = person_with(&app, "olga", "access_reviewer", tenant()).await;
    let refused = other.client.post(&decide(&review, of(&all, &bob)), &revoke).await.expect(403);
    assert_eq!(refused.code(), "governance.not_reviewer");
    // Until it is closed, nothing has happened.
    ann.client.get("/v1/operations").await.expect(200);
    let closed = admin(&app).post_empty(&format!("{review}/close")).await.expect(200);
    assert_eq!(closed.text("/status"), "closed");
    ann.client.get("/v1/operations").await.expect(403);
    bob.client.get("/v1/operations").await.expect(200);
    let after = items(&app, &review).await;
    assert_eq!(of(&after, &ann)["outcome"], json!("revoked"));
    assert_eq!(of(&after, &ann)["note"], json!("moved"));
    assert_eq!(of(&after, &bob)["outcome"], json!("kept"));
    let late = rita.client.post(&decide(&review, of(&all, &bob)), &revoke).await.expect(409);
    assert_eq!(late.code(), "governance.review_closed");
    admin(&app).post_empty(&format!("{review}/close")).await.expect(409);
}

#[tokio::test]
async fn what_is_due_closes_by_itself_and_revokes_what_nobody_kept() {
    let app = app().await;
    let (ann, bob) = (
        person_with(&app, "ann", "viewer", tenant()).await,
        person_with(&app, "bob", "viewer", tenant()).await,
    );
    let boss = person_with(&app, "boss", "tenant_admin", tenant()).await;
    let rita = person(&app, "rita").await;
    let review = review(&app, &rita, "revoke").await;
    let all = items(&app, &review).await;
    let keep = json!({ "decision": "keep" });
    boss.client.post(&decide(&review, of(&all, &bob)), &keep).await.expect(200);
    let run = || async {
        enqueue(&app).await;
        app.run_job().await.expect("the job ends well");
    };
    run().await;
    ann.client.get("/v1/operations").await.expect(200);
    app.db.clock.advance(TimeDelta::days(30));
    run().await;
    ann.client.get("/v1/operations").await.expect(403);
    bob.client.get("/v1/operations").await.expect(200);
    let after = items(&app, &review).await;
    assert_eq!(of(&after, &ann)["outcome"], json!("revoked"));
    assert_eq!(of(&after, &boss)["outcome"], json!("last_administrator"));
    boss.client.get("/v1/iam/principals").await.expect(200);
    assert_eq!(events(&app, "governance.close_access_review").await[0].1["due"], json!(true));
}

/// Enters the job of the schedule, as the scheduler does.
async fn enqueue(app: &TestApp) {
    use athyper_kernel_jobs::{JobPayload, NewJob, enqueue};
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Close {}
    impl JobPayload for Close {
        const NAME: &'static str = "governance.close_due_reviews";
    }
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    enqueue(&mut tx, NewJob::new(&Close {}).unwrap()).await.unwrap();
    tx.commit(athyper_kernel_audit::AuditEvent::info("test.enqueue")).await.unwrap();
}

#[tokio::test]
async fn a_review_is_about_something_and_of_one_tenant() {
    let app = app().await;
    let admin = admin(&app);
    let rita = person(&app, "rita").await;
    let body = |due: &str| json!({ "name": "x", "reviewer": rita.id, "dueAt": due, "undecided": "keep" });
    let empty = admin.post(REVIEWS, &body("2025-02-01T00:00:00Z")).await.expect(422);
    assert_eq!(empty.code(), "governance.nothing_to_review");
    let binding = bind(&admin, &rita.id, "viewer", tenant()).await.expect(201).text("/id");
    admin.post(REVIEWS, &body("2025-01-01T00:00:00Z")).await.expect(422);
    let made = admin.post(REVIEWS, &body("2025-02-01T00:00:00Z")).await.expect(201);
    let path = format!("{REVIEWS}/{}", made.text("/id"));
    let stranger = any(&app.user("globex", "admin"));
    stranger.get(&path).await.expect(404);
    stranger.get(&format!("{path}/items")).await.expect(404);
    stranger.post_empty(&format!("{path}/close")).await.expect(404);
    let keep = json!({ "decision": "keep" });
    stranger.post(&format!("{path}/items/{binding}/decide"), &keep).await.expect(404);
    let nowhere = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";
    admin.post(&format!("{path}/items/{nowhere}/decide"), &keep).await.expect(404);
}
