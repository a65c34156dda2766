//! Duties that are kept apart from what a token gives, which nobody knows when a role is bound.

use serde_json::json;

use crate::support::{admin, any, app, bind, person, role, tenant};

const RULES: &str = "/v1/governance/separation-rules";

/// A rule between the reading of roles and the reading of groups.
fn reads() -> serde_json::Value {
    json!({ "name": "Reads", "left": { "permission": "iam.list_roles" },
        "right": { "permission": "iam.list_groups" } })
}

#[tokio::test]
async fn what_is_bound_counts_and_what_the_token_adds_does_not() {
    let app = app().await;
    let admin = any(&admin(&app));
    // The token of this person names the role `viewer`'s big sister: all of the tenant.
    let ann = person(&app, "tenant_admin").await;
    let roles = role(&admin, "reads roles", &["iam.list_roles"]).await;
    bind(&admin, &ann.id, &roles, tenant()).await.expect(201);
    let both = ["/v1/iam/roles", "/v1/iam/groups"];
    for path in both {
        ann.client.get(path).await.expect(200);
    }
    let rule = admin.post(RULES, &reads()).await.expect(201).text("/id");
    ann.client.get("/v1/iam/roles").await.expect(200);
    ann.client.get("/v1/iam/groups").await.expect(403);
    // What has nothing to do with the rule goes on.
    ann.client.get("/v1/iam/principals").await.expect(200);
    // Whose token gives both has neither.
    for path in both {
        admin.get(path).await.expect(403);
    }
    // With an exception, both count again.
    let exception = json!({ "principal": ann.id, "reason": "August", "expiresAt": "2025-01-20T00:00:00Z" });
    admin.post(&format!("{RULES}/{rule}/exceptions"), &exception).await.expect(201);
    for path in both {
        ann.client.get(path).await.expect(200);
    }
    app.db.clock.advance(chrono::TimeDelta::days(10));
    ann.client.get("/v1/iam/groups").await.expect(403);
    // And without the rule.
    admin.delete(&format!("{RULES}/{rule}")).await.expect(200);
    for path in both {
        ann.client.get(path).await.expect(200);
        admin.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn a_role_of_the_token_goes_where_a_bound_one_is_kept_apart_from_it() {
    let app = app().await;
    let admin = admin(&app);
    let ann = person(&app, "viewer").await;
    ann.client.get("/v1/operations").await.expect(200);
    let body = json!({ "name": "See and review", "left": { "role": "viewer" }, "right": { "role": "access_reviewer" } });
    admin.post(RULES, &body).await.expect(201);
    ann.client.get("/v1/operations").await.expect(200);
    bind(&admin, &ann.id, "access_reviewer", tenant()).await.expect(201);
    ann.client.get("/v1/operations").await.expect(403);
    ann.client.get("/v1/governance/access-reviews").await.expect(200);
}

#[tokio::test]
async fn nobody_loses_the_right_to_take_a_rule_back_by_making_it() {
    let app = app().await;
    let admin = admin(&app);
    for (left, right) in [
        (json!({ "permission": "governance.delete_separation_rule" }), json!({ "role": "tenant_admin" })),
        (json!({ "role": "admin" }), json!({ "permission": "iam.list_roles" })),
    ] {
        let body = json!({ "name": "Own foot", "left": left, "right": right });
        assert_eq!(admin.post(RULES, &body).await.expect(409).code(), "governance.shuts_out");
    }
    let same = json!({ "name": "Same", "left": { "role": "admin" }, "right": { "role": "tenant_admin" } });
    assert_eq!(admin.post(RULES, &same).await.expect(422).code(), "governance.same_duty");
    admin.post(RULES, &reads()).await.expect(201);
}
