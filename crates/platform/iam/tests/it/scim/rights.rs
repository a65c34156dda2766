//! Who may provision, and what they cannot give.

use axum::http::Method;
use serde_json::json;

use super::{BASE, Directory, GROUP, USER, check_error, send};
use crate::support::{admin, bind, bind_group, group, person_with, tenant};

/// Every route, as its method and path.
fn routes(user: &str, group: &str) -> Vec<(Method, String)> {
    let fixed =
        ["/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas", "/Users", "/Groups"];
    let mut all: Vec<_> = fixed.iter().map(|path| (Method::GET, (*path).to_owned())).collect();
    all.push((Method::GET, format!("/Schemas/{USER}")));
    for path in ["/.search", "/Users/.search", "/Groups/.search", "/Users", "/Groups"] {
        all.push((Method::POST, path.to_owned()));
    }
    for path in [format!("/Users/{user}"), format!("/Groups/{group}")] {
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            all.push((method, path.clone()));
        }
    }
    assert_eq!(all.len(), 20);
    all
}

#[tokio::test]
async fn nobody_provisions_without_the_permission_or_in_another_tenant() {
    let directory = Directory::new().await;
    let user = directory.user(json!({"userName": "ada"})).await["id"].as_str().unwrap().to_owned();
    let group = directory.group("Guides", &[]).await["id"].as_str().unwrap().to_owned();
    for (method, path) in routes(&user, &group) {
        let body = json!({});
        let anonymous = send(&directory.app.anonymous(), method.clone(), &path, body.clone()).await;
        check_error(&anonymous, 401, None);
        assert!(anonymous.headers.contains_key("www-authenticate"));
        let viewer = directory.app.user("demo", "viewer");
        check_error(&send(&viewer, method.clone(), &path, body.clone()).await, 403, None);
        // The tenant is the key's: no path opens another one, whether or not there is one.
        let body = match path.as_str() {
            _ if method == Method::PATCH => super::patch(json!([{"op": "remove", "path": "externalId"}])),
            path if path.ends_with(".search") => {
                json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]})
            }
            path if path.starts_with("/Users") => json!({"schemas": [USER], "userName": "eve"}),
            _ => json!({"schemas": [GROUP], "displayName": "Eve"}),
        };
        let body = if method == Method::DELETE { String::new() } else { body.to_string() };
        for tenant in ["globex", "nowhere", "DEMO"] {
            let there = format!("/scim/v2/{tenant}{path}");
            let answer = directory
                .client
                .send(method.clone(), &there, Some("application/json"), body.clone().into())
                .await;
            check_error(&answer, 404, None);
        }
        // Another tenant's records are not there for its own administrator either.
        if path.contains(&user) || path.contains(&group) {
            let other = directory.app.user("globex", "admin");
            let there = format!("/scim/v2/globex{path}");
            let answer = other.send(method.clone(), &there, Some("application/json"), body.into()).await;
            check_error(&answer, 404, None);
        }
    }
    directory.get(&format!("/Users/{user}")).await.expect(200);
    directory.get(&format!("/Groups/{group}")).await.expect(200);
}

/// A group that gives more than the account holds takes no members from it, through no verb and by no detour.
#[tokio::test]
async fn nobody_is_given_what_the_account_does_not_hold() {
    let directory = Directory::new().await;
    let admin = admin(&directory.app);
    let ada = directory.user(json!({"userName": "ada"})).await["id"].as_str().unwrap().to_owned();
    let powers = directory.group("Powers", &[]).await["id"].as_str().unwrap().to_owned();
    let inner = directory.group("Inner", &[]).await["id"].as_str().unwrap().to_owned();
    bind_group(&admin, &powers, "viewer", tenant()).await.expect(201);
    let path = format!("/Groups/{powers}");
    for id in [&ada, &inner] {
        let add = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        check_error(&directory.patch(&path, add).await, 403, None);
        let body = json!({"schemas": [GROUP], "displayName": "Powers", "members": [{"value": id}]});
        check_error(&directory.send(Method::PUT, &path, body).await, 403, None);
    }
    // Once the account holds it as well, it may; and what is in the group gives it on.
    bind(&admin, &directory.id, "viewer", tenant()).await.expect(201);
    let add = json!([{"op": "add", "path": "members", "value": [{"value": inner}]}]);
    directory.patch(&path, add).await.expect(200);
    let add = json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]);
    directory.patch(&format!("/Groups/{inner}"), add).await.expect(200);
    assert!(!crate::support::permissions(&admin, &ada).await.is_empty());
}

/// Who could change the mail of somebody powerful could sign in as them.
#[tokio::test]
async fn who_holds_more_is_not_renamed_or_let_in_again() {
    let directory = Directory::new().await;
    let admin = admin(&directory.app);
    person_with(&directory.app, "root", "tenant_admin", tenant()).await;
    let ada = directory.user(json!({"userName": "ada"})).await["id"].as_str().unwrap().to_owned();
    bind(&admin, &ada, "viewer", tenant()).await.expect(201);
    let path = format!("/Users/{ada}");
    for operation in [
        json!({"op": "replace", "path": "userName", "value": "eve"}),
        json!({"op": "replace", "path": "emails", "value": [{"value": "eve@example.com"}]}),
    ] {
        check_error(&directory.patch(&path, json!([operation])).await, 403, None);
    }
    directory.patch(&path, json!([{"op": "add", "path": "title", "value": "Analyst"}])).await.expect(200);
    directory.patch(&path, json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
    let on = json!([{"op": "replace", "path": "active", "value": true}]);
    check_error(&directory.patch(&path, on).await, 403, None);
}

/// What the tenant's administrators made is theirs; what a sign-in made is taken over.
#[tokio::test]
async fn the_authority_of_a_record_decides_who_changes_it() {
    let directory = Directory::new().await;
    let admin = admin(&directory.app);
    let made = admin.post("/v1/iam/principals", &json!({"userName": "ada"})).await.expect(201);
    let (ada, local) = (made.text("/id"), group(&admin, "Local").await);
    let put = |name: &str| json!({"schemas": [USER], "userName": name, "title": "Analyst"});
    for path in [format!("/Users/{ada}"), format!("/Groups/{local}")] {
        directory.get(&path).await.expect(200);
        let add = json!([{"op": "add", "path": "externalId", "value": "x"}]);
        check_error(&directory.patch(&path, add).await, 403, None);
        let gone =
            directory.client.send(Method::DELETE, &format!("{BASE}{path}"), None, bytes::Bytes::new()).await;
        check_error(&gone, 403, None);
    }
    check_error(&directory.send(Method::PUT, &format!("/Users/{ada}"), put("ada")).await, 403, None);
    let group = json!({"schemas": [GROUP], "displayName": "Local"});
    check_error(&directory.send(Method::PUT, &format!("/Groups/{local}"), group).await, 403, None);
    for table in ["iam.principal", "iam.principal_group"] {
        let statement = format!("update {table} set authority = 'jit' where id::text in ($1, $2)");
        let jit = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(&ada).bind(&local);
        jit.execute(&mut directory.app.db.superuser().await).await.unwrap();
    }
    check_error(&directory.send(Method::POST, "/Users", put("ada")).await, 409, Some("uniqueness"));
    directory.send(Method::PUT, &format!("/Users/{ada}"), put("ada")).await.expect(200);
    let add = json!([{"op": "add", "path": "externalId", "value": "x"}]);
    directory.patch(&format!("/Groups/{local}"), add).await.expect(200);
    for path in [format!("/v1/iam/principals/{ada}"), format!("/v1/iam/groups/{local}")] {
        assert_eq!(admin.get(&path).await.expect(200).json()["authority"], "scim");
    }
}

/// Services are no users, the account itself included.
#[tokio::test]
async fn a_service_is_no_user() {
    let directory = Directory::new().await;
    check_error(&directory.get(&format!("/Users/{}", directory.id)).await, 404, None);
    assert!(directory.found("Users", &[]).await.is_empty());
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    check_error(&directory.patch(&format!("/Users/{}", directory.id), off).await, 404, None);
}
