//! Delegated administration: every way by which somebody could come by more than the giver has.

use serde_json::{Value, json};

use athyper_test_kit::{Answer, Client, TestApp};

use crate::support::{
    Person, add, admin, any, app, bind, bind_group, group, in_unit, module, nest, person, person_with, role,
    tenant, unit,
};

const PRINCIPALS: &str = "/v1/iam/principals";

/// Somebody who may do all that is of this module, and nothing of another.
async fn helper(app: &TestApp) -> Person {
    person_with(app, "helper", "tenant_admin", module("iam")).await
}

#[track_caller]
fn refused(answer: Answer) {
    assert_eq!(answer.expect(403).code(), "iam.cannot_grant");
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_hold() {
    let app = app().await;
    let helper = helper(&app).await;
    let ann = person(&app, "ann").await;
    for id in [&ann.id, &helper.id] {
        refused(bind(&helper.client, id, "tenant_admin", tenant()).await);
        refused(bind(&helper.client, id, "viewer", tenant()).await);
        refused(bind(&helper.client, id, "module_admin", module("platform")).await);
    }
    bind(&helper.client, &ann.id, "tenant_admin", module("iam")).await.expect(201);
    // What was given can be given on, and no more.
    refused(bind(&ann.client, &ann.id, "tenant_admin", tenant()).await);
}

#[tokio::test]
async fn nobody_gives_for_longer_than_they_hold() {
    let app = app().await;
    let ann = person(&app, "ann").await;
    let temp = person(&app, "temp").await;
    let until = |id: &str, end: Option<&str>| json!({ "subject": { "principal": id }, "role": "tenant_admin", "expiresAt": end });
    let bindings = "/v1/iam/role-bindings";
    admin(&app).post(bindings, &until(&temp.id, Some("2025-02-01T00:00:00Z"))).await.expect(201);
    refused(temp.client.post(bindings, &until(&ann.id, None)).await);
    refused(temp.client.post(bindings, &until(&ann.id, Some("2025-02-01T00:00:01Z"))).await);
    temp.client.post(bindings, &until(&ann.id, Some("2025-02-01T00:00:00Z"))).await.expect(201);
}

#[tokio::test]
async fn groups_give_no_more_than_bindings_do() {
    let app = app().await;
    let admin = admin(&app);
    let helper = helper(&app).await;
    let (strong, above) = (group(&admin, "strong").await, group(&admin, "above").await);
    bind_group(&admin, &above, "tenant_admin", tenant()).await.expect(201);
    nest(&admin, &above, &strong).await.expect(200);
    refused(add(&helper.client, &above, &helper.id).await);
    refused(add(&helper.client, &strong, &helper.id).await);
    let own = group(&helper.client, "own").await;
    add(&helper.client, &own, &helper.id).await.expect(200);
    refused(nest(&helper.client, &strong, &own).await);
    refused(bind_group(&helper.client, &own, "tenant_admin", tenant()).await);
}

#[tokio::test]
async fn a_role_gains_only_what_its_editor_holds_wherever_it_is_bound() {
    let app = app().await;
    let admin = admin(&app);
    let helper = helper(&app).await;
    let bound = role(&admin, "bound", &["iam.list_roles"]).await;
    bind(&admin, &helper.id, &bound, tenant()).await.expect(201);
    let path = format!("/v1/iam/roles/{bound}");
    let with = |names: &[&str]| json!({ "name": "bound", "permissions": names });
    refused(any(&helper.client).put(&path, &with(&["iam.list_roles", "platform.list_jobs"])).await);
    any(&helper.client).put(&path, &with(&["iam.list_roles", "iam.list_groups"])).await.expect(200);
    // An unbound role may say anything; it cannot be bound by who does not hold it.
    let free = role(&helper.client, "free", &["platform.list_jobs"]).await;
    refused(bind(&helper.client, &helper.id, &free, tenant()).await);
    bind(&admin, &helper.id, &free, module("iam")).await.expect(201);
}

#[tokio::test]
async fn nobody_becomes_somebody_who_may_do_more() {
    let app = app().await;
    let admin = admin(&app);
    let helper = helper(&app).await;
    let boss = person_with(&app, "boss", "tenant_admin", tenant()).await;
    let robot = admin.post(PRINCIPALS, &json!({ "kind": "service", "userName": "robot" })).await.text("/id");
    bind(&admin, &robot, "tenant_admin", tenant()).await.expect(201);
    let client = any(&helper.client);
    refused(client.post(&format!("{PRINCIPALS}/{robot}/keys"), &json!({})).await);
    refused(client.post(&format!("{PRINCIPALS}/{}/links", boss.id), &json!({ "subject": "evil" })).await);
    // Whoever reads the mail of the boss resets the password of the boss.
    let mail = json!({ "userName": "boss", "profile": { "emails": [{ "value": "evil@example.com" }] } });
    refused(client.put(&format!("{PRINCIPALS}/{}", boss.id), &mail).await);
    refused(client.put(&format!("{PRINCIPALS}/{}", boss.id), &json!({ "userName": "x" })).await);
    let title = json!({ "userName": "boss", "profile": { "title": "Boss" } });
    client.put(&format!("{PRINCIPALS}/{}", boss.id), &title).await.expect(200);
    person_with(&app, "second", "tenant_admin", tenant()).await;
    admin.post_empty(&format!("{PRINCIPALS}/{}/suspend", boss.id)).await.expect(200);
    refused(client.post_empty(&format!("{PRINCIPALS}/{}/activate", boss.id)).await);
    // To trust the roles of tokens is to give all of them.
    refused(client.put("/v1/iam/profile", &json!({ "trustTokenRoles": false })).await);
}

#[tokio::test]
async fn borders_are_moved_by_who_holds_both_sides() {
    let app = app().await;
    let admin = admin(&app);
    let (eu, us) = (unit(&admin, "EU", None).await, unit(&admin, "US", None).await);
    let mover =
        role(&admin, "mover", &["iam.move_org_unit", "iam.update_principal", "iam.get_principal"]).await;
    let moves = person_with(&app, "moves", &mover, tenant()).await;
    person_with(&app, "chief", "tenant_admin", in_unit(&eu)).await;
    let client = any(&moves.client);
    refused(client.post(&format!("/v1/iam/org-units/{us}/move"), &json!({ "parent": eu })).await);
    let ann = admin.post(PRINCIPALS, &json!({ "userName": "ann", "orgUnit": us })).await.text("/id");
    let to_eu = json!({ "userName": "ann", "orgUnit": eu });
    refused(client.put(&format!("{PRINCIPALS}/{ann}"), &to_eu).await);
    any(&admin).post(&format!("/v1/iam/org-units/{us}/move"), &json!({ "parent": eu })).await.expect(200);
}

#[tokio::test]
async fn the_last_administrator_cannot_be_removed() {
    let app = app().await;
    let admin = any(&admin(&app));
    let boss = person(&app, "boss").await;
    let team = group(&admin, "team").await;
    add(&admin, &team, &boss.id).await.expect(200);
    let binding = bind_group(&admin, &team, "tenant_admin", tenant()).await.expect(201).header("location");
    let last = |answer: Answer| assert_eq!(answer.expect(409).code(), "iam.last_administrator");
    let person_path = format!("{PRINCIPALS}/{}", boss.id);
    let tries = async |client: &Client| -> Vec<Answer> {
        vec![
            client.post_empty(&format!("{binding}/end")).await,
            client.post_empty(&format!("{person_path}/suspend")).await,
            client.post_empty(&format!("{person_path}/deprovision")).await,
            client.delete(&format!("/v1/iam/groups/{team}/members/{}", boss.id)).await,
            client.delete(&format!("/v1/iam/groups/{team}")).await,
        ]
    };
    for answer in tries(&admin).await.into_iter().chain(tries(&any(&boss.client)).await) {
        last(answer);
    }
    // One whose time runs out is no administrator for good.
    let temp = person(&app, "temp").await;
    let body: Value = json!({ "subject": { "principal": temp.id }, "role": "tenant_admin",
        "expiresAt": "2025-02-01T00:00:00Z" });
    admin.post("/v1/iam/role-bindings", &body).await.expect(201);
    last(admin.post_empty(&format!("{binding}/end")).await);
    person_with(&app, "second", "tenant_admin", tenant()).await;
    admin.post_empty(&format!("{binding}/end")).await.expect(200);
}
