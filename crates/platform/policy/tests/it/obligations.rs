//! What policies ask for beside a yes, at the edge: not too often, a strong sign-in, somebody's agreement, a word in the trail.

use serde_json::json;

use crate::support::{app, put_in_force, with_orders};

/// A rule that allows an operation to everyone and asks for something.
fn asking(operation: &str, obligation: serde_json::Value) -> serde_json::Value {
    json!({"rules": [{"key": "asks", "effect": "allow", "subjects": {"everyone": true},
        "operations": [operation], "obligations": [obligation]}]})
}

/// A test that it allows it to somebody without a role.
fn allowed(operation: &str) -> serde_json::Value {
    json!({"name": "it allows", "test": {"question": {"subject": {"id": "x"}, "operation": operation},
        "expect": {"allowed": true}}})
}

#[tokio::test]
async fn a_policy_lets_in_who_has_no_role_and_limits_how_often() {
    let app = app().await;
    let stranger = app.user("demo", "stranger");
    stranger.get("/v1/policy/policies").await.expect(403);
    let operation = "policy.list_policies";
    let rule = asking(operation, json!({"rateLimit": {"perMinute": 3}}));
    put_in_force(&app, "often", &rule, &allowed(operation)).await;
    for _ in 0..3 {
        stranger.get("/v1/policy/policies").await.expect(200);
    }
    let refused = stranger.get("/v1/policy/policies").await.expect(429);
    assert!(refused.text("/detail").contains("a policy limits how often you call"), "{:?}", refused.body);
    // Each caller is counted for themselves.
    app.user("demo", "other").get("/v1/policy/policies").await.expect(200);
}

#[tokio::test]
async fn what_nobody_has_done_is_a_refusal() {
    let app = app().await;
    let cases = [
        ("sign-in", json!({"requireSignIn": {"strength": 2}}), 401, "policy.sign_in_required"),
        ("approval", json!({"requireApproval": {"role": "boss"}}), 403, "policy.approval_required"),
    ];
    let operation = "policy.list_policies";
    for (key, obligation, status, code) in cases {
        let path = put_in_force(&app, key, &asking(operation, obligation), &allowed(operation)).await;
        // It binds also whom a role allows it.
        for role in ["stranger", "policy_author"] {
            let answer = app.user("demo", role).get("/v1/policy/policies").await.expect(status);
            assert_eq!(answer.code(), code);
        }
        app.user("demo", "policy_reviewer").post_empty(&format!("{path}/archive")).await.expect(200);
        app.user("demo", "policy_author").get("/v1/policy/policies").await.expect(200);
    }
}

#[tokio::test]
async fn a_word_stands_in_the_audit_trail() {
    let app = app().await;
    with_orders(&app).await;
    let operation = "records.create_record";
    let rule = asking(operation, json!({"tagAudit": {"tag": "watched"}}));
    put_in_force(&app, "watched", &rule, &allowed(operation)).await;
    let stranger = app.user("demo", "stranger");
    stranger.post("/v1/records/order", &json!({"amount": 5})).await.expect(201);
    let mut superuser = app.db.superuser().await;
    let facts: Vec<(serde_json::Value,)> =
        sqlx::query_as("select meta from audit.event where type = 'records.create_record'")
            .fetch_all(&mut superuser)
            .await
            .unwrap();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].0["policyTags"], json!(["watched"]));
}

/// A denial wins over every role, at once and for every operation of its kind; nothing else changes.
#[tokio::test]
async fn a_denial_binds_whoever_may_do_everything() {
    let app = app().await;
    with_orders(&app).await;
    let admin = app.user("demo", "admin");
    admin.get("/v1/records/order").await.expect(200);
    let rule = json!({"rules": [{"key": "closed", "effect": "deny", "subjects": {"everyone": true},
        "operations": ["kind:read"], "resource": {"module": "records"}}]});
    let test = json!({"name": "closed", "test": {
        "question": {"subject": {"id": "x", "roles": ["tenant_admin"]}, "operation": "records.list_records"},
        "expect": {"allowed": false}}});
    put_in_force(&app, "closed", &rule, &test).await;
    let refused = admin.get("/v1/records/order").await.expect(403);
    assert_eq!(refused.code(), "request.forbidden");
    admin.get("/v1/policy/policies").await.expect(200);
    app.user("globex", "admin").get("/v1/policy/policies").await.expect(200);
}
