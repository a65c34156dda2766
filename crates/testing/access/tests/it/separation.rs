//! Duties that are kept apart.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{
    add, admin, any, app, bind, bind_group, group, nest, person, person_with, role, tenant,
};

const RULES: &str = "/v1/governance/separation-rules";

/// A rule between two permissions, and roles that have one of them each.
async fn rule(app: &athyper_test_kit::TestApp) -> (String, String, String) {
    let admin = admin(app);
    let left = role(&admin, "maker", &["iam.create_role"]).await;
    let right = role(&admin, "giver", &["iam.create_role_binding"]).await;
    let body = json!({ "name": "Make and give", "left": { "permission": "iam.create_role" },
        "right": { "role": right } });
    (admin.post(RULES, &body).await.expect(201).text("/id"), left, right)
}

#[tokio::test]
async fn nobody_gets_both_by_whatever_way() {
    let app = app().await;
    let admin = any(&admin(&app));
    let (_, left, right) = rule(&app).await;
    let refused = |answer: athyper_test_kit::Answer| {
        assert_eq!(answer.expect(409).code(), "iam.duties_not_separate");
    };
    // By a second binding.
    let ann = person_with(&app, "ann", &left, tenant()).await;
    refused(bind(&admin, &ann.id, &right, tenant()).await);
    // By a group, and by a group in a group.
    let (team, child) = (group(&admin, "team").await, group(&admin, "child").await);
    bind_group(&admin, &team, &right, tenant()).await.expect(201);
    refused(add(&admin, &team, &ann.id).await);
    add(&admin, &child, &ann.id).await.expect(200);
    refused(nest(&admin, &team, &child).await);
    // By a binding of a group that one is in.
    refused(bind_group(&admin, &child, &right, tenant()).await);
    // By a role that gains the other duty.
    let third = role(&admin, "third", &["iam.list_roles"]).await;
    let bob = person_with(&app, "bob", &right, tenant()).await;
    bind(&admin, &bob.id, &third, tenant()).await.expect(201);
    let body = json!({ "name": "third", "permissions": ["iam.create_role"] });
    refused(admin.put(&format!("/v1/iam/roles/{third}"), &body).await);
    // What has nothing to do with it goes on.
    bind(&admin, &ann.id, "viewer", tenant()).await.expect(201);
}

#[tokio::test]
async fn an_exception_has_a_reason_and_an_end_and_is_never_for_oneself() {
    let app = app().await;
    let admin = any(&admin(&app));
    let (rule, left, right) = rule(&app).await;
    let ann = person_with(&app, "ann", &left, tenant()).await;
    let boss = person_with(&app, "boss", "tenant_admin", tenant()).await;
    let exceptions = format!("{RULES}/{rule}/exceptions");
    let body =
        |principal: &str, end: &str| json!({ "principal": principal, "reason": "August", "expiresAt": end });
    let soon = "2025-01-20T00:00:00Z";
    assert_eq!(
        boss.client.post(&exceptions, &body(&boss.id, soon)).await.expect(403).code(),
        "governance.own_case"
    );
    admin.post(&exceptions, &body(&ann.id, "2027-01-01T00:00:00Z")).await.expect(422);
    let made = boss.client.post(&exceptions, &body(&ann.id, soon)).await.expect(201);
    bind(&admin, &ann.id, &right, tenant()).await.expect(201);
    // Who has both by an exception is not stopped from getting what is neither.
    app.db.clock.advance(TimeDelta::days(10));
    bind(&admin, &ann.id, "viewer", tenant()).await.expect(201);
    let bob = person_with(&app, "bob", &left, tenant()).await;
    bind(&admin, &bob.id, &right, tenant()).await.expect(409);
    let path = format!("{exceptions}/{}", made.text("/id"));
    admin.delete(&path).await.expect(200);
    admin.delete(&path).await.expect(404);
    admin.delete(&format!("{RULES}/{rule}")).await.expect(200);
    bind(&admin, &bob.id, &right, tenant()).await.expect(201);
}

#[tokio::test]
async fn a_rule_names_what_there_is_in_its_tenant() {
    let app = app().await;
    let admin = admin(&app);
    let own = role(&app.user("globex", "admin"), "theirs", &[]).await;
    for (left, status) in [
        (json!({ "permission": "iam.fly" }), 422),
        (json!({ "role": "emperor" }), 422),
        (json!({ "role": own }), 422),
        (json!({ "permission": "iam.get_me", "role": "viewer" }), 422),
        (json!({ "role": "viewer" }), 201),
    ] {
        let body = json!({ "name": format!("{left}"), "left": left, "right": { "role": "agent" } });
        admin.post(RULES, &body).await.expect(status);
    }
    let rule = admin.get(RULES).await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let stranger = any(&app.user("globex", "admin"));
    stranger.get(&format!("{RULES}/{rule}")).await.expect(404);
    stranger.delete(&format!("{RULES}/{rule}")).await.expect(404);
    stranger.get(&format!("{RULES}/{rule}/exceptions")).await.expect(404);
    let ann = person(&app, "ann").await;
    let body = json!({ "principal": ann.id, "reason": "x", "expiresAt": "2025-02-01T00:00:00Z" });
    stranger.post(&format!("{RULES}/{rule}/exceptions"), &body).await.expect(404);
}
