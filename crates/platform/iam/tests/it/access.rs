//! Who is let in: bindings, tokens, scopes, and who is shut out.

use std::sync::Arc;

use athyper_iam::IamAuthorizer;
use athyper_kernel_db::follow_changes;
use athyper_kernel_http::{Catalogue, Identity, Judge, NoPolicies, OperationKind, Permission, Question};
use athyper_kernel_policy::Circumstances;
use athyper_kernel_tenant_context::Actor;
use serde_json::{Map, json};

use crate::support::{
    Person, admin, any, app, bind, events, in_unit, module, no_duties, person, person_with, tenant, unit,
};

const PRINCIPALS: &str = "/v1/iam/principals";

/// In the original every signed-in user could make roles and bindings.
#[tokio::test]
async fn nobody_does_anything_without_a_role() {
    let app = app().await;
    let ann = person(&app, "ann").await;
    for path in ["principals", "groups", "org-units", "roles", "role-bindings", "permissions", "profile"] {
        ann.client.get(&format!("/v1/iam/{path}")).await.expect(403);
    }
    let role = json!({ "name": "mine", "permissions": ["iam.create_role"] });
    ann.client.post("/v1/iam/roles", &role).await.expect(403);
    bind(&ann.client, &ann.id, "tenant_admin", tenant()).await.expect(403);
    app.user("demo", "viewer").post("/v1/iam/roles", &role).await.expect(403);
    app.anonymous().get(PRINCIPALS).await.expect(401);
}

#[tokio::test]
async fn everybody_of_the_tenant_may_know_who_they_are() {
    let app = app().await;
    let ann = person(&app, "ann").await;
    let me = ann.client.get("/v1/iam/me").await.expect(200).json();
    assert_eq!(
        (&me["principal"]["id"], &me["tenant"], &me["roles"]),
        (&json!(ann.id), &json!("demo"), &json!([]))
    );
    let viewer = app.user("demo", "viewer").get("/v1/iam/me").await.expect(200).json();
    assert_eq!((&viewer["roles"], &viewer["principal"]), (&json!(["viewer"]), &json!(null)));
    // A token whose roles are none and whose subject is nobody here belongs to nobody.
    app.user("demo", "stranger").get("/v1/iam/me").await.expect(403);
}

#[tokio::test]
async fn a_binding_lets_in_and_its_end_shuts_out() {
    let app = app().await;
    let admin = admin(&app);
    let ann = person(&app, "ann").await;
    let body = json!({ "subject": { "principal": ann.id }, "role": "tenant_admin",
        "expiresAt": "2025-01-15T10:00:00Z", "reason": "for the audit" });
    admin.post("/v1/iam/role-bindings", &body).await.expect(201);
    ann.client.get(PRINCIPALS).await.expect(200);
    app.db.clock.advance(chrono::TimeDelta::hours(1));
    ann.client.get(PRINCIPALS).await.expect(403);
    let binding = bind(&admin, &ann.id, "tenant_admin", tenant()).await.expect(201).header("location");
    assert_eq!(bind(&admin, &ann.id, "admin", tenant()).await.expect(409).code(), "iam.already_bound");
    ann.client.get(PRINCIPALS).await.expect(200);
    person_with(&app, "bob", "tenant_admin", tenant()).await;
    admin.post_empty(&format!("{binding}/end")).await.expect(200);
    ann.client.get(PRINCIPALS).await.expect(403);
    assert_eq!(admin.post_empty(&format!("{binding}/end")).await.expect(409).code(), "iam.binding_ended");
}

#[tokio::test]
async fn who_is_suspended_is_out_whatever_the_token_says() {
    let app = app().await;
    let admin = admin(&app);
    // The token of this subject names the role viewer, and counts.
    let id = admin.post(PRINCIPALS, &json!({ "userName": "vic" })).await.expect(201).text("/id");
    admin.post(&format!("{PRINCIPALS}/{id}/links"), &json!({ "subject": "viewer@demo" })).await.expect(201);
    let viewer = app.user("demo", "viewer");
    viewer.get("/v1/operations").await.expect(200);
    admin.post_empty(&format!("{PRINCIPALS}/{id}/suspend")).await.expect(200);
    let refused = viewer.get("/v1/operations").await.expect(403);
    assert_eq!(refused.code(), "iam.principal_shut_out");
    let events = events(&app, "platform.access_denied").await;
    assert!(events.iter().any(|(_, facts)| facts["reason"] == "the principal is shut out"));
    admin.post_empty(&format!("{PRINCIPALS}/{id}/activate")).await.expect(200);
    viewer.get("/v1/operations").await.expect(200);
    // The same subject in another tenant is somebody else.
    app.user("globex", "viewer").get("/v1/operations").await.expect(200);
}

#[tokio::test]
async fn a_tenant_may_stop_trusting_tokens_once_somebody_administers_it() {
    let app = app().await;
    let admin = any(&admin(&app));
    let off = json!({ "trustTokenRoles": false });
    let profile = "/v1/iam/profile";
    assert_eq!(admin.put(profile, &off).await.expect(409).code(), "iam.last_administrator");
    let ann = person_with(&app, "ann", "tenant_admin", tenant()).await;
    admin.put(profile, &off).await.expect(200);
    admin.get(PRINCIPALS).await.expect(403);
    app.user("demo", "viewer").get("/v1/operations").await.expect(403);
    app.user("globex", "admin").get(PRINCIPALS).await.expect(200);
    let on = json!({ "trustTokenRoles": true });
    ann.client.put(profile, &on).await.expect(428);
    any(&ann.client).put(profile, &on).await.expect(200);
    admin.get(PRINCIPALS).await.expect(200);
}

#[tokio::test]
async fn a_role_in_a_module_opens_that_module() {
    let app = app().await;
    let ann = person_with(&app, "ann", "module_admin", module("platform")).await;
    ann.client.get("/v1/jobs").await.expect(200);
    ann.client.get(PRINCIPALS).await.expect(403);
    let bob = person_with(&app, "bob", "tenant_admin", module("iam")).await;
    bob.client.get(PRINCIPALS).await.expect(200);
    bob.client.get("/v1/jobs").await.expect(403);
    // Without a module, the persona of modules is nothing.
    let eve = person_with(&app, "eve", "module_admin", tenant()).await;
    eve.client.get(PRINCIPALS).await.expect(403);
}

/// The ids of all principals that somebody is shown, one a page.
async fn listed(person: &Person, filter: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            person.client.get(&format!("{PRINCIPALS}?limit=1{filter}{cursor}")).await.expect(200).json();
        ids.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["nextCursor"].as_str() else { return ids };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn a_role_in_a_unit_opens_its_records_and_not_the_tenant() {
    let app = app().await;
    let admin = admin(&app);
    let eu = unit(&admin, "EU", None).await;
    let de = unit(&admin, "DE", Some(&eu)).await;
    let us = unit(&admin, "US", None).await;
    let ann = person_with(&app, "ann", "tenant_admin", in_unit(&eu)).await;
    let enter = |name: &str, unit: &str| {
        let (admin, body) = (admin.clone(), json!({ "userName": name, "orgUnit": unit }));
        async move { admin.post(PRINCIPALS, &body).await.expect(201).text("/id") }
    };
    let (inside, outside) = (enter("inside", &de).await, enter("outside", &us).await);
    ann.client.get(&format!("{PRINCIPALS}/{inside}")).await.expect(200);
    ann.client.get(&format!("{PRINCIPALS}/{outside}")).await.expect(403);
    // The list has exactly what a single check allows, page by page and whatever the filter.
    assert_eq!(listed(&ann, "").await, std::slice::from_ref(&inside));
    assert_eq!(listed(&ann, &format!("&orgUnit={us}")).await, [""; 0]);
    assert_eq!(listed(&ann, "&userName=outside").await, [""; 0]);
    let second = enter("inside2", &eu).await;
    assert_eq!(listed(&ann, "").await, [inside.clone(), second]);
    ann.client.get("/v1/jobs").await.expect(403);
    ann.client.post_empty(&format!("{PRINCIPALS}/{inside}/suspend")).await.expect(200);
    ann.client.post_empty(&format!("{PRINCIPALS}/{outside}/suspend")).await.expect(403);
    // Refused by the record's place, which leaves the same trace as a refusal at the edge.
    let refused = events(&app, "platform.access_denied").await;
    let about_outside: Vec<_> =
        refused.iter().filter(|(subject, _)| subject.as_deref() == Some(outside.as_str())).collect();
    assert_eq!(about_outside.len(), 2);
    let mut operations: Vec<_> = about_outside.iter().map(|(_, facts)| facts["operation"].as_str()).collect();
    operations.sort_unstable();
    assert_eq!(operations, [Some("iam.get_principal"), Some("iam.suspend_principal")]);
    assert_eq!(about_outside[0].1["reason"], json!("no role or policy allows it on this record"));
    bind(&ann.client, &outside, "viewer", in_unit(&de)).await.expect(201);
    bind(&ann.client, &inside, "viewer", in_unit(&us)).await.expect(403);
    bind(&ann.client, &inside, "viewer", tenant()).await.expect(403);
    // A unit that moves out takes its records along.
    any(&admin).post(&format!("/v1/iam/org-units/{de}/move"), &json!({ "parent": us })).await.expect(200);
    ann.client.get(&format!("{PRINCIPALS}/{inside}")).await.expect(403);
}

#[tokio::test]
async fn a_role_on_a_record_opens_that_record() {
    let app = app().await;
    let bob = person(&app, "bob").await;
    let record = json!({ "kind": "record", "type": "iam.principal", "id": bob.id });
    let ann = person_with(&app, "ann", "tenant_admin", record).await;
    ann.client.get(&format!("{PRINCIPALS}/{}", bob.id)).await.expect(200);
    ann.client.get(&format!("{PRINCIPALS}/{}", ann.id)).await.expect(403);
    assert_eq!(listed(&ann, "").await, std::slice::from_ref(&bob.id));
}

#[tokio::test]
async fn a_scope_names_something_that_there_is() {
    let app = app().await;
    let admin = admin(&app);
    let ann = person(&app, "ann").await;
    let nowhere = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";
    for (scope, code) in [
        (module("magic"), "iam.unknown_module"),
        (in_unit(nowhere), "iam.unknown_reference"),
        (json!({ "kind": "record", "type": "magic.wand", "id": nowhere }), "iam.unknown_module"),
        (json!({ "kind": "galaxy" }), "request.invalid_body"),
    ] {
        assert_eq!(bind(&admin, &ann.id, "viewer", scope.clone()).await.expect(422).code(), code, "{scope}");
    }
    for role in ["emperor", nowhere] {
        let answer = bind(&admin, &ann.id, role, tenant()).await.expect(422);
        assert_eq!(answer.text("/errors/0/pointer"), "/role");
    }
}

/// Rights are kept in memory until somebody announces a change, and no longer.
#[tokio::test]
async fn kept_rights_go_with_the_first_change() {
    let app = app().await;
    let database = app.db.database.clone();
    let mut following = tokio::task::JoinSet::new();
    following.spawn(follow_changes(database.clone()));
    let catalogue = Catalogue::new([Permission::new("iam.list_principals", OperationKind::Administer, &[])]);
    let authorizer = IamAuthorizer::new(database, catalogue, no_duties());
    let judge = Judge::new(Arc::new(authorizer), Arc::new(NoPolicies::default()));
    let ann = person_with(&app, "ann", "tenant_admin", tenant()).await;
    // The actor of the contexts that tests make.
    let links = format!("{PRINCIPALS}/{}/links", ann.id);
    admin(&app).post(&links, &json!({ "subject": "test" })).await.expect(201);
    let identity = Identity {
        realm_key: "athyper".to_owned(),
        actor: Actor::user("test"),
        roles: Arc::new([]),
        claims: Map::new(),
        principal: None,
    };
    let may = async || {
        let context = app.db.context("demo");
        let rights = judge.rights(context, &identity, Circumstances::default()).await.unwrap();
        rights.decide(&Question { operation: "iam.list_principals", resource: None }).allowed
    };
    assert!(may().await);
    // Taken behind everybody's back, it is still remembered as soon as changes are heard.
    let mut superuser = app.db.superuser().await;
    let mut is_kept = false;
    for _ in 0..2_000 {
        may().await;
        let take = "update iam.role_binding set ended_at = now(), ended_by = 'x' where ended_at is null";
        sqlx::raw_sql(take).execute(&mut superuser).await.unwrap();
        is_kept = may().await;
        let back = "update iam.role_binding set ended_at = null, ended_by = null";
        sqlx::raw_sql(back).execute(&mut superuser).await.unwrap();
        if is_kept {
            break;
        }
    }
    assert!(is_kept, "nothing is kept");
    // The command announces: the process that made the change forgets at once.
    person_with(&app, "bob", "tenant_admin", tenant()).await;
    let bindings = admin(&app).get(&format!("/v1/iam/role-bindings?principal={}", ann.id)).await.json();
    let binding = bindings["items"][0]["id"].as_str().unwrap().to_owned();
    admin(&app).post_empty(&format!("/v1/iam/role-bindings/{binding}/end")).await.expect(200);
    assert!(!may().await);
}

/// Nobody is let in while it cannot be found out whether they may.
#[tokio::test]
async fn without_the_database_nobody_is_let_in() {
    let app = app().await;
    app.db.database.close().await;
    let answer = app.user("demo", "admin").get("/v1/iam/me").await;
    assert_eq!(answer.status, 503, "{answer:?}");
}
