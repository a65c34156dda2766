//! Discovery, selections, searches, pages, and errors.

use axum::http::Method;
use serde_json::{Value, json};

use super::{BASE, Directory, ENTERPRISE, USER, check_error, ids, url};

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

#[tokio::test]
async fn a_client_finds_out_what_there_is() {
    let directory = Directory::new().await;
    let config = directory.get("/ServiceProviderConfig").await.expect(200).json();
    assert_eq!(
        (&config["patch"]["supported"], &config["etag"]["supported"], &config["bulk"]["supported"]),
        (&json!(true), &json!(true), &json!(false))
    );
    let types = directory.get("/ResourceTypes").await.expect(200).json();
    assert_eq!(ids(&types), ["User", "Group"]);
    for one in types["Resources"].as_array().unwrap() {
        let path = format!("/ResourceTypes/{}", one["id"].as_str().unwrap());
        assert_eq!(&directory.get(&path).await.expect(200).json(), one);
        directory.get(&format!("/Schemas/{}", one["schema"].as_str().unwrap())).await.expect(200);
    }
    let schemas = directory.get("/Schemas").await.expect(200).json();
    assert_eq!(schemas["totalResults"], 3);
    for path in ["/ResourceTypes/Robot", "/Schemas/urn:x"] {
        check_error(&directory.get(path).await, 404, None);
    }
    let answer = directory.send(Method::DELETE, "/Schemas", Value::Null).await;
    check_error(&answer, 405, None);
}

#[tokio::test]
async fn an_answer_has_the_attributes_that_were_asked_for() {
    let directory = Directory::new().await;
    let body = json!({"schemas": [USER], "userName": "ada", "title": "A", ENTERPRISE: {"department": "D"}});
    let made = directory.send(Method::POST, "/Users?attributes=title", body).await.expect(201).json();
    assert_eq!(made.as_object().unwrap().keys().collect::<Vec<_>>(), ["schemas", "id", "title"]);
    let path = format!("/Users/{}", made["id"].as_str().unwrap());
    let less = directory.get(&format!("{path}?excludedAttributes=title,meta")).await.expect(200).json();
    assert_eq!((less.get("title"), less.get("meta"), &less["userName"]), (None, None, &json!("ada")));
    let department = url(&[("attributes", &format!("{ENTERPRISE}:department"))]);
    let page = directory.get(&format!("/Users?{department}")).await.expect(200).json();
    assert_eq!(page["Resources"][0][ENTERPRISE], json!({"department": "D"}));
    assert_eq!(page["Resources"][0].get("userName"), None);
    let both = directory.get(&format!("{path}?attributes=a&excludedAttributes=b")).await;
    check_error(&both, 400, Some("invalidValue"));
}

#[tokio::test]
async fn pages_join_without_a_gap() {
    let directory = Directory::new().await;
    for at in 0..7 {
        directory
            .user(json!({"userName": format!("user{at}"), "title": if at % 2 == 0 { "B" } else { "a" }}))
            .await;
    }
    let whole = directory.found("Users", &[]).await;
    assert_eq!(whole.len(), 7);
    let mut joined = Vec::new();
    for start in ["1", "4", "7"] {
        let page = directory.get(&format!("/Users?startIndex={start}&count=3")).await.expect(200).json();
        assert_eq!(
            (&page["totalResults"], &page["startIndex"]),
            (&json!(7), &json!(start.parse::<i64>().unwrap()))
        );
        let found = ids(&page);
        assert_eq!(page["itemsPerPage"], found.len());
        joined.extend(found);
    }
    assert_eq!(joined, whole);
    assert!(directory.found("Users", &[("startIndex", "8")]).await.is_empty());
    let none = directory.get("/Users?count=0").await.expect(200).json();
    assert_eq!((&none["totalResults"], ids(&none).len()), (&json!(7), 0));
    let by = |by: &'static str, order: &'static str| [("sortBy", by), ("sortOrder", order)];
    let up = directory.found("Users", &by("userName", "ascending")).await;
    let down = directory.found("Users", &by("userName", "descending")).await;
    assert_eq!(down, up.iter().rev().cloned().collect::<Vec<_>>());
    let first = directory.get(&format!("/Users/{}", up[0])).await.expect(200).json();
    assert_eq!(first["userName"], "user0");
    let titles =
        directory.get(&format!("/Users?{}", url(&by("title", "ascending")))).await.expect(200).json();
    let titles: Vec<_> =
        titles["Resources"].as_array().unwrap().iter().map(|one| one["title"].clone()).collect();
    assert_eq!(titles, ["a", "a", "a", "B", "B", "B", "B"]);
    for query in ["sortBy=emails.value", "sortBy=nothing", "sortOrder=up", "count=x", "startIndex=x"] {
        assert_eq!(directory.get(&format!("/Users?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_search_by_body_is_the_same_as_a_list() {
    let directory = Directory::new().await;
    let user = directory.user(json!({"userName": "ada", "displayName": "Tour guide"})).await;
    let group = directory.group("Tour guides", &[]).await;
    let search = async |path: &str, more: Value| {
        let mut body = json!({ "schemas": [SEARCH] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        directory.send(Method::POST, path, body).await
    };
    let filter = json!({"filter": "displayName sw \"tour\""});
    let (user, group) = (user["id"].as_str().unwrap(), group["id"].as_str().unwrap());
    for (path, expected) in
        [("/.search", vec![user, group]), ("/Users/.search", vec![user]), ("/Groups/.search", vec![group])]
    {
        let page = search(path, filter.clone()).await.expect(200).json();
        assert_eq!(
            (ids(&page), page["totalResults"].as_u64()),
            (expected.iter().map(|id| (*id).to_owned()).collect(), Some(expected.len() as u64))
        );
    }
    let second = search("/.search", json!({"startIndex": 2, "count": 1})).await.expect(200).json();
    assert_eq!((ids(&second), &second["totalResults"]), (vec![group.to_owned()], &json!(2)));
    let first = search("/.search", json!({"count": 1, "attributes": ["userName"]})).await.expect(200).json();
    assert_eq!((ids(&first), &first["totalResults"]), (vec![user.to_owned()], &json!(2)));
    // Only users have a user name.
    let users = search("/.search", json!({"filter": "userName pr"})).await.expect(200).json();
    assert_eq!(users["totalResults"], 1);
    check_error(&search("/.search", json!({"filter": "nothing pr"})).await, 400, Some("invalidFilter"));
    check_error(&directory.send(Method::POST, "/.search", json!({})).await, 400, Some("invalidSyntax"));
}

#[tokio::test]
async fn mistakes_are_answered_in_the_form_of_the_protocol() {
    let directory = Directory::new().await;
    check_error(&directory.get("/Users/7").await, 404, None);
    check_error(&directory.get("/Users/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071").await, 404, None);
    for filter in
        ["userName", "userName eq 1", "x eq \"1\"", "meta.version eq \"1\"", "(", "userName eq \"a\" and"]
    {
        let query = url(&[("filter", filter)]);
        check_error(&directory.get(&format!("/Users?{query}")).await, 400, Some("invalidFilter"));
    }
    let users = format!("{BASE}/Users");
    let send = async |media_type: &str, body: &'static str| {
        directory.client.send(Method::POST, &users, Some(media_type), body.into()).await
    };
    check_error(&send("application/scim+json", "{").await, 400, Some("invalidSyntax"));
    check_error(&send("application/scim+json; charset=utf-8", "[]").await, 400, Some("invalidSyntax"));
    check_error(&send("text/plain", "{}").await, 415, None);
    let user = directory.user(json!({"userName": "ada"})).await;
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    for (operation, keyword) in [
        (json!({"op": "add", "path": "shoeSize", "value": 1}), "invalidPath"),
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "replace", "path": "id", "value": "1"}), "mutability"),
        (json!({"op": "jump"}), "invalidSyntax"),
        (json!({"op": "add", "path": "active", "value": "perhaps"}), "invalidValue"),
    ] {
        check_error(&directory.patch(&path, json!([operation])).await, 400, Some(keyword));
    }
}

/// The same request with the same key does its work once.
#[tokio::test]
async fn an_idempotency_key_is_honoured() {
    let directory = Directory::new().await;
    let body = json!({"schemas": [USER], "userName": "ada"});
    let once = directory.client.with("idempotency-key", "k1");
    let first = super::send(&once, Method::POST, "/Users", body.clone()).await.expect(201);
    let again = super::send(&once, Method::POST, "/Users", body).await.expect(201);
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
}
