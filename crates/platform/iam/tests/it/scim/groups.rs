//! Groups and their members.

use axum::http::Method;
use serde_json::{Value, json};

use super::{BASE, Directory, GROUP, check_error, ids};
use crate::support::{add, admin, events, group, person, person_with, tenant};

fn members(group: &Value) -> Vec<&str> {
    let mut all: Vec<_> =
        group["members"].as_array().into_iter().flatten().map(|one| one["value"].as_str().unwrap()).collect();
    all.sort_unstable();
    all
}

fn sorted<'a>(ids: &[&'a str]) -> Vec<&'a str> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn a_group_is_made_with_its_members_and_changed() {
    let directory = Directory::new().await;
    let ada = directory.user(json!({"userName": "ada"})).await["id"].as_str().unwrap().to_owned();
    let bob = directory.user(json!({"userName": "bob"})).await["id"].as_str().unwrap().to_owned();
    let inner = directory.group("Inner", &[]).await["id"].as_str().unwrap().to_owned();
    let made = directory.group("Guides", &[&ada, &inner]).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let mut shown = made["members"].as_array().unwrap().clone();
    shown.sort_by_key(|one| std::cmp::Reverse(one["type"].to_string()));
    assert_eq!(
        shown,
        [
            json!({"value": ada, "$ref": format!("{BASE}/Users/{ada}"), "type": "User"}),
            json!({"value": inner, "$ref": format!("{BASE}/Groups/{inner}"), "type": "Group"})
        ]
    );
    let path = format!("/Groups/{id}");
    let added = directory.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": bob}]}]));
    let added = added.await.expect(200);
    assert_eq!(members(&added.json()), sorted(&[&ada, &bob, &inner]));
    assert_eq!(added.header("etag"), "\"2\"");
    let filter = format!("members[value eq \"{ada}\"]");
    let fewer = directory.patch(&path, json!([{"op": "remove", "path": filter}])).await.expect(200).json();
    assert_eq!(members(&fewer), sorted(&[&bob, &inner]));
    let body = json!({"schemas": [GROUP], "displayName": "Guides 2", "members": [{"value": ada}]});
    let replaced = directory.send(Method::PUT, &path, body).await.expect(200).json();
    assert_eq!((members(&replaced), &replaced["displayName"]), (vec![ada.as_str()], &json!("Guides 2")));
    let shown = directory.get(&format!("/Users/{ada}?attributes=groups")).await.expect(200).json();
    assert_eq!(
        shown["groups"],
        json!([{"value": id, "$ref": format!("{BASE}/Groups/{id}"), "display": "Guides 2"}])
    );
    let event = &events(&directory.app, "iam.scim_replace_group").await[0].1;
    assert_eq!((&event["added"], event["removed"].as_array().unwrap().len()), (&json!([ada]), 2));
    let gone =
        directory.client.send(Method::DELETE, &format!("{BASE}{path}"), None, bytes::Bytes::new()).await;
    assert_eq!(gone.status, 204);
    check_error(&directory.get(&path).await, 404, None);
}

#[tokio::test]
async fn who_is_nobody_is_no_member() {
    let directory = Directory::new().await;
    let outer = directory.group("Outer", &[]).await["id"].as_str().unwrap().to_owned();
    let inner = directory.group("Inner", &[&outer]).await["id"].as_str().unwrap().to_owned();
    for id in ["nobody", "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", &directory.id, &inner, &outer] {
        let add = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        check_error(&directory.patch(&format!("/Groups/{outer}"), add).await, 400, Some("invalidValue"));
    }
    let again = json!({"schemas": [GROUP], "displayName": "OUTER"});
    check_error(&directory.send(Method::POST, "/Groups", again).await, 409, Some("uniqueness"));
}

#[tokio::test]
async fn services_that_are_in_a_group_stay_there() {
    let directory = Directory::new().await;
    let id = directory.group("Guides", &[]).await["id"].as_str().unwrap().to_owned();
    let admin = admin(&directory.app);
    add(&admin, &id, &directory.id).await.expect(200);
    let path = format!("/Groups/{id}");
    assert_eq!(directory.get(&path).await.expect(200).json().get("members"), None);
    let body = json!({"schemas": [GROUP], "displayName": "Guides"});
    directory.send(Method::PUT, &path, body).await.expect(200);
    let list = admin.get(&format!("/v1/iam/groups/{id}/members")).await.expect(200).json();
    assert_eq!(list["items"][0]["id"], json!(directory.id));
}

/// Membership is access: what is given to a group counts for its members at once.
#[tokio::test]
async fn members_have_what_is_bound_to_the_group_from_then_on() {
    let directory = Directory::new().await;
    let admin = admin(&directory.app);
    person_with(&directory.app, "root", "tenant_admin", tenant()).await;
    let ada = person(&directory.app, "ada").await;
    let id = directory.group("Readers", &[]).await["id"].as_str().unwrap().to_owned();
    let own = crate::support::role(&admin, "Lists users", &["iam.scim_list_users"]).await;
    crate::support::bind_group(&admin, &id, &own, tenant()).await.expect(201);
    let list = format!("{BASE}/Users");
    ada.client.get(&list).await.expect(403);
    let path = format!("/Groups/{id}");
    let add = json!([{"op": "add", "path": "members", "value": [{"value": ada.id}]}]);
    directory.patch(&path, add).await.expect(200);
    ada.client.get(&list).await.expect(200);
    directory.patch(&path, json!([{"op": "remove", "path": "members"}])).await.expect(200);
    ada.client.get(&list).await.expect(403);
}

#[tokio::test]
async fn groups_are_found_by_their_members() {
    let directory = Directory::new().await;
    let ada = directory.user(json!({"userName": "ada"})).await["id"].as_str().unwrap().to_owned();
    let with = directory.group("Guides", &[&ada]).await["id"].as_str().unwrap().to_owned();
    directory.group("Others", &[]).await;
    group(&admin(&directory.app), "Local").await;
    for filter in
        [format!("members.value eq \"{ada}\""), format!("members[value eq \"{ada}\" and type eq \"user\"]")]
    {
        assert_eq!(directory.found("Groups", &[("filter", &filter)]).await.join(" "), with, "{filter}");
    }
    let query = [("filter", "displayName pr"), ("excludedAttributes", "members"), ("sortBy", "displayName")];
    let page = directory.get(&format!("/Groups?{}", super::url(&query))).await.expect(200).json();
    assert_eq!((ids(&page).len(), page["totalResults"].as_i64()), (3, Some(3)));
    assert!(page["Resources"].as_array().unwrap().iter().all(|one| one.get("members").is_none()));
}
