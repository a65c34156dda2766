//! Users: entered, read, replaced, changed, shut out and taken out.

use axum::http::Method;
use serde_json::json;

use super::{BASE, Directory, ENTERPRISE, USER, check_error};
use crate::support::{admin, events};

#[tokio::test]
async fn a_user_is_entered_and_read() {
    let directory = Directory::new().await;
    let boss = directory.user(json!({ "userName": "boss" })).await;
    let boss = boss["id"].as_str().unwrap();
    let made = directory
        .send(
            Method::POST,
            "/Users",
            json!({
                "schemas": [USER, ENTERPRISE], "userName": "ada", "externalId": "701984", "ignored": 1,
                "name": {"givenName": "Ada", "familyName": "Byron", "formatted": "Ada Byron"},
                "emails": [{"value": "ada@example.com", "type": "work", "primary": true}],
                ENTERPRISE: {"employeeNumber": "1", "department": "Engines", "manager": {"value": boss}}
            }),
        )
        .await
        .expect(201);
    let user = made.json();
    let id = user["id"].as_str().unwrap();
    let location = format!("{BASE}/Users/{id}");
    assert_eq!((made.header("location"), &user["meta"]["location"]), (location.clone(), &json!(location)));
    assert_eq!((made.header("etag"), &user["meta"]["version"]), ("\"1\"".to_owned(), &json!("\"1\"")));
    assert_eq!(user["schemas"], json!([USER, ENTERPRISE]));
    assert_eq!((&user["active"], &user["externalId"]), (&json!(true), &json!("701984")));
    let manager = json!({"value": boss, "$ref": format!("{BASE}/Users/{boss}")});
    assert_eq!(user[ENTERPRISE], json!({"employeeNumber": "1", "department": "Engines", "manager": manager}));
    let read = directory.get(&format!("/Users/{id}")).await.expect(200);
    assert_eq!(read.json(), user);
    assert_eq!(read.header("content-type"), "application/scim+json");
    let same = directory.client.with("if-none-match", "\"1\"").get(&format!("{BASE}/Users/{id}")).await;
    assert_eq!(same.status, 304);
    let own = admin(&directory.app).get(&format!("/v1/iam/principals/{id}")).await.expect(200).json();
    assert_eq!(own["authority"], "scim");
}

#[tokio::test]
async fn names_are_unique_and_values_are_checked() {
    let directory = Directory::new().await;
    directory.user(json!({ "userName": "ada", "externalId": "x" })).await;
    for (body, status, keyword) in [
        (json!({"schemas": [USER], "userName": "ADA"}), 409, "uniqueness"),
        (json!({"schemas": [USER], "userName": "bob", "externalId": "x"}), 409, "uniqueness"),
        (json!({"schemas": [USER]}), 400, "invalidValue"),
        (json!({"userName": "bob"}), 400, "invalidSyntax"),
        (json!({"schemas": [USER], "userName": "bob", "locale": "no locale"}), 400, "invalidValue"),
        (json!({"schemas": [USER], "userName": "bob", "emails": [{"value": "nobody"}]}), 400, "invalidValue"),
        (json!({"schemas": [USER], "userName": "bob", "emails": [{"type": "work"}]}), 400, "invalidValue"),
        (
            json!({"schemas": [USER], "userName": "bob", ENTERPRISE: {"manager": {"value": "nobody"}}}),
            400,
            "invalidValue",
        ),
        (
            json!({"schemas": [USER], "userName": "bob",
                ENTERPRISE: {"manager": {"value": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"}}}),
            400,
            "invalidValue",
        ),
    ] {
        check_error(&directory.send(Method::POST, "/Users", body).await, status, Some(keyword));
    }
}

#[tokio::test]
async fn a_replacement_forgets_what_it_leaves_out() {
    let directory = Directory::new().await;
    let user = directory.user(json!({"userName": "ada", "title": "Analyst", "active": false})).await;
    assert_eq!(user["active"], false);
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    let body = json!({"schemas": [USER], "userName": "ada", "nickName": "A", "id": "made up"});
    let changed = directory.send(Method::PUT, &path, body.clone()).await.expect(200);
    let now = changed.json();
    assert_eq!((now.get("title"), &now["nickName"]), (None, &json!("A")));
    assert_eq!((&now["active"], &now["id"]), (&json!(false), &user["id"]), "what is not said stays");
    let tag = changed.header("etag");
    let again = directory.send(Method::PUT, &path, body).await.expect(200);
    assert_eq!(again.header("etag"), tag, "nothing changed");
}

#[tokio::test]
async fn changes_hold_the_version_that_they_name() {
    let directory = Directory::new().await;
    let user = directory.user(json!({"userName": "ada"})).await;
    let path = format!("{BASE}/Users/{}", user["id"].as_str().unwrap());
    let body = super::patch(json!([{"op": "add", "path": "title", "value": "Analyst"}]));
    let send = async |tag: &str, method: Method| {
        let client = directory.client.with("if-match", tag);
        client.send(method, &path, Some("application/json"), body.to_string().into()).await
    };
    check_error(&send("\"7\"", Method::PATCH).await, 412, None);
    assert_eq!(send("\"1\"", Method::PATCH).await.expect(200).header("etag"), "\"2\"");
    check_error(&send("\"1\"", Method::PATCH).await, 412, None);
    let gone = directory.client.with("if-match", "\"1\"");
    check_error(&gone.send(Method::DELETE, &path, None, bytes::Bytes::new()).await, 412, None);
}

#[tokio::test]
async fn a_user_is_shut_out_and_let_in_again() {
    let directory = Directory::new().await;
    let user = directory.user(json!({"userName": "ada"})).await;
    let id = user["id"].as_str().unwrap();
    let link = json!({ "subject": "ada@demo" });
    admin(&directory.app).post(&format!("/v1/iam/principals/{id}/links"), &link).await.expect(201);
    let ada = directory.app.user("demo", "ada");
    ada.get("/v1/iam/me").await.expect(200);
    let path = format!("/Users/{id}");
    let off =
        directory.patch(&path, json!([{"op": "Replace", "value": {"active": "False"}}])).await.expect(200);
    assert_eq!(off.json()["active"], false);
    ada.get("/v1/iam/me").await.expect(403);
    directory.patch(&path, json!([{"op": "replace", "path": "active", "value": true}])).await.expect(200);
    ada.get("/v1/iam/me").await.expect(200);
    let written = events(&directory.app, "iam.scim_patch_user").await;
    assert_eq!(written.len(), 2);
    let mut after: Vec<_> =
        written.iter().map(|event| event.1["changes"]["status"]["after"].clone()).collect();
    after.sort_by_key(serde_json::Value::to_string);
    assert_eq!(after, ["active", "suspended"]);
}

#[tokio::test]
async fn who_is_deleted_is_not_there_and_the_record_stays() {
    let directory = Directory::new().await;
    let user = directory.user(json!({"userName": "ada", "externalId": "x"})).await;
    let id = user["id"].as_str().unwrap();
    let group = directory.group("Guides", &[id]).await;
    let path = format!("/Users/{id}");
    let gone =
        directory.client.send(Method::DELETE, &format!("{BASE}{path}"), None, bytes::Bytes::new()).await;
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    check_error(&directory.get(&path).await, 404, None);
    let body = json!({"schemas": [USER], "userName": "ada"});
    check_error(&directory.send(Method::PUT, &path, body).await, 404, None);
    check_error(&directory.patch(&path, json!([{"op": "remove", "path": "title"}])).await, 404, None);
    assert!(directory.found("Users", &[]).await.is_empty());
    let members = directory.get(&format!("/Groups/{}", group["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(members.json().get("members"), None);
    let kept = admin(&directory.app).get(&format!("/v1/iam/principals/{id}")).await.expect(200).json();
    assert_eq!(kept["status"], "deprovisioned");
    // The names are free again.
    directory.user(json!({"userName": "ada", "externalId": "x"})).await;
    assert_eq!(events(&directory.app, "iam.scim_delete_user").await.len(), 1);
}

#[tokio::test]
async fn every_change_is_one_event() {
    let directory = Directory::new().await;
    let count = async || -> i64 {
        let count = sqlx::query_scalar("select count(*) from audit.event where actor_id = $1");
        count.bind(&directory.id).fetch_one(&mut directory.app.db.superuser().await).await.unwrap()
    };
    let before = count().await;
    let user = directory.user(json!({"userName": "ada"})).await;
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    let both = json!([{"op": "add", "path": "title", "value": "A"}, {"op": "replace", "path": "active", "value": false}]);
    directory.patch(&path, both).await.expect(200);
    directory.patch(&path, json!([{"op": "add", "path": "title", "value": 1}])).await.expect(400);
    assert_eq!(count().await - before, 2);
}
