//! Roles that a tenant makes.

use serde_json::json;

use crate::support::{admin, any, app, bind, permissions, person, role, tenant};

#[tokio::test]
async fn a_role_is_a_set_of_permissions_that_there_are() {
    let app = app().await;
    let admin = admin(&app);
    let id =
        role(&admin, "Helpdesk", &["iam.get_principal", "iam.list_principals", "iam.list_principals"]).await;
    let read = admin.get(&format!("/v1/iam/roles/{id}")).await.expect(200).json();
    assert_eq!(read["permissions"], json!(["iam.get_principal", "iam.list_principals"]));
    let unknown = json!({ "name": "x", "permissions": ["iam.list_groups", "iam.fly"] });
    let answer = admin.post("/v1/iam/roles", &unknown).await.expect(422);
    assert_eq!(answer.text("/errors/0/pointer"), "/permissions/1");
    let taken = admin.post("/v1/iam/roles", &json!({ "name": "HELPDESK", "permissions": [] })).await;
    assert_eq!(taken.expect(409).text("/errors/0/pointer"), "/name");
    let ann = person(&app, "ann").await;
    bind(&admin, &ann.id, &id, tenant()).await.expect(201);
    ann.client.get("/v1/iam/principals").await.expect(200);
    ann.client.get("/v1/iam/groups").await.expect(403);
    assert_eq!(permissions(&admin, &ann.id).await, ["iam.get_principal", "iam.list_principals"]);
    assert_eq!(
        any(&admin).delete(&format!("/v1/iam/roles/{id}")).await.expect(409).code(),
        "iam.role_in_use"
    );
}

#[tokio::test]
async fn a_changed_role_changes_what_its_holders_may() {
    let app = app().await;
    let admin = any(&admin(&app));
    let id = role(&admin, "Helpdesk", &["iam.list_principals"]).await;
    let ann = person(&app, "ann").await;
    bind(&admin, &ann.id, &id, tenant()).await.expect(201);
    let body = json!({ "name": "Helpdesk", "permissions": ["iam.list_groups"] });
    let path = format!("/v1/iam/roles/{id}");
    admin.put(&path, &body).await.expect(200);
    ann.client.get("/v1/iam/principals").await.expect(403);
    ann.client.get("/v1/iam/groups").await.expect(200);
    let stranger = any(&app.user("globex", "admin"));
    stranger.get(&path).await.expect(404);
    stranger.put(&path, &body).await.expect(404);
    stranger.delete(&path).await.expect(404);
    bind(&stranger, &ann.id, &id, tenant()).await.expect(422);
}

#[tokio::test]
async fn built_in_roles_stay_as_they_are() {
    let app = app().await;
    let admin = any(&admin(&app));
    let shown = admin.get("/v1/iam/permissions").await.json();
    let id = shown["builtInRoles"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/iam/roles/{id}");
    let body = json!({ "name": "x", "permissions": [] });
    assert_eq!(admin.put(&path, &body).await.expect(409).code(), "iam.built_in_role");
    assert_eq!(admin.delete(&path).await.expect(409).code(), "iam.built_in_role");
}
