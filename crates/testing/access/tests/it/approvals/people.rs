//! Who asks, who decides, and what becomes of an approval when that changes.

use axum::http::Method;
use serde_json::json;

use super::support::{
    ACCOUNTS, REQUESTS, app, approved, ask_for, cash, checker, decide, guarded_app, maker, state, waits,
};
use crate::support::{admin, any, bind, person, person_with, tenant};

#[tokio::test]
async fn an_approval_of_somebody_who_has_lost_the_role_is_none() {
    let app = guarded_app().await;
    let boss = person_with(&app, "boss", "tenant_admin", tenant()).await;
    person_with(&app, "last", "tenant_admin", tenant()).await;
    let maker = maker(&app);
    let id = waits(&maker.post(ACCOUNTS, &cash()).await);
    decide(&boss.client, &id, "approve").await.expect(200);
    let bindings = admin(&app).get(&format!("/v1/iam/role-bindings?principal={}", boss.id)).await.expect(200);
    let binding = bindings.text("/items/0/id");
    any(&admin(&app)).post_empty(&format!("/v1/iam/role-bindings/{binding}/end")).await.expect(200);
    let second = waits(&maker.post(ACCOUNTS, &cash()).await);
    assert_ne!(second, id);
    assert_eq!(state(&app, &id).await, "expired");
    // Somebody who was shut out as well, however they had the role.
    let ben = person(&app, "ben").await;
    let by_token = app.user("demo", "ben+tenant_admin");
    decide(&by_token, &second, "approve").await.expect(200);
    any(&admin(&app)).post_empty(&format!("/v1/iam/principals/{}/suspend", ben.id)).await.expect(200);
    assert_ne!(waits(&maker.post(ACCOUNTS, &cash()).await), second);
    // And as long as nothing of that happened it holds.
    bind(&admin(&app), &boss.id, "tenant_admin", tenant()).await.expect(201);
    let third = waits(&maker.post(ACCOUNTS, &cash()).await);
    decide(&boss.client, &third, "approve").await.expect(200);
    maker.post(ACCOUNTS, &cash()).await.expect(201);
}

#[tokio::test]
async fn a_policy_that_asks_for_another_role_needs_another_approval() {
    let app = app().await;
    let policy = ask_for(&app, "accounts", &["finance.create_account"], "tenant_admin").await;
    let maker = maker(&app);
    let first = approved(&app, &cash()).await;
    app.user("demo", "policy_reviewer").post_empty(&format!("{policy}/archive")).await.expect(200);
    ask_for(&app, "other", &["finance.create_account"], "policy_auditor").await;
    let second = waits(&maker.post(ACCOUNTS, &cash()).await);
    assert_ne!(second, first);
    checker(&app).get(&format!("{REQUESTS}/{second}")).await.expect(404);
    decide(&app.user("demo", "seer+policy_auditor"), &second, "approve").await.expect(200);
    maker.post(ACCOUNTS, &cash()).await.expect(201);
    // What was not asked for any more was not used.
    assert_eq!(state(&app, &first).await, "approved");
}

#[tokio::test]
async fn two_rules_of_which_each_asks_for_a_role_need_both() {
    let app = guarded_app().await;
    ask_for(&app, "other", &["finance.create_account"], "policy_auditor").await;
    let maker = maker(&app);
    let refused = maker.post(ACCOUNTS, &cash()).await.expect(403);
    let ids: Vec<String> = ["/approvals/0/id", "/approvals/1/id"].map(|at| refused.text(at)).to_vec();
    let roles = ["/approvals/0/role", "/approvals/1/role"].map(|at| refused.text(at));
    assert_eq!(roles, ["policy_auditor", "tenant_admin"]);
    decide(&checker(&app), &ids[1], "approve").await.expect(200);
    assert_eq!(waits(&maker.post(ACCOUNTS, &cash()).await), ids[0]);
    decide(&app.user("demo", "seer+policy_auditor"), &ids[0], "approve").await.expect(200);
    maker.post(ACCOUNTS, &cash()).await.expect(201);
    for id in &ids {
        assert_eq!(state(&app, id).await, "used");
    }
}

#[tokio::test]
async fn an_approval_gives_no_right() {
    let app = guarded_app().await;
    let id = approved(&app, &cash()).await;
    let refused = app.user("demo", "maker+viewer").post(ACCOUNTS, &cash()).await.expect(403);
    assert_eq!(refused.code(), "request.forbidden");
    assert_eq!(state(&app, &id).await, "approved");
}

/// A person by another name, or with the key of a service, is the same person.
#[tokio::test]
async fn a_person_is_the_same_by_every_name_and_key() {
    let app = guarded_app().await;
    let admin = admin(&app);
    let ada = person_with(&app, "ada", "accountant", tenant()).await;
    bind(&admin, &ada.id, "tenant_admin", tenant()).await.expect(201);
    let link = json!({ "subject": "ada2@demo" });
    admin.post(&format!("/v1/iam/principals/{}/links", ada.id), &link).await.expect(201);
    let id = waits(&ada.client.post(ACCOUNTS, &cash()).await);
    let other = app.user("demo", "ada2");
    assert_eq!(decide(&other, &id, "approve").await.expect(403).code(), "approvals.own_request");

    // A service asks: whoever made its key does not agree.
    let robot = json!({"userName": "robot", "kind": "service"});
    let robot = admin.post("/v1/iam/principals", &robot).await.expect(201).text("/id");
    bind(&admin, &robot, "accountant", tenant()).await.expect(201);
    let made = ada.client.post(&format!("/v1/iam/principals/{robot}/keys"), &json!({})).await.expect(201);
    let robot = athyper_test_kit::Client::new(app.router.clone(), &made.text("/secret"));
    let bank = json!({"code": "Assets:Bank", "type": "asset"});
    let asked = waits(&robot.post(ACCOUNTS, &bank).await);
    for client in [&ada.client, &other] {
        assert_eq!(decide(client, &asked, "approve").await.expect(403).code(), "approvals.own_request");
    }
    decide(&checker(&app), &asked, "approve").await.expect(200);
    robot.post(ACCOUNTS, &bank).await.expect(201);
}

#[tokio::test]
async fn services_decide_nothing() {
    let app = guarded_app().await;
    let admin = admin(&app);
    let id = waits(&maker(&app).post(ACCOUNTS, &cash()).await);
    let robot = json!({"userName": "robot", "kind": "service"});
    let robot = admin.post("/v1/iam/principals", &robot).await.expect(201).text("/id");
    bind(&admin, &robot, "tenant_admin", tenant()).await.expect(201);
    let made = admin.post(&format!("/v1/iam/principals/{robot}/keys"), &json!({})).await.expect(201);
    let robot = athyper_test_kit::Client::new(app.router.clone(), &made.text("/secret"));
    assert_eq!(decide(&robot, &id, "approve").await.expect(403).code(), "approvals.service");
    assert_eq!(robot.send(Method::GET, REQUESTS, None, bytes::Bytes::new()).await.status, 200);
}
