//! Views: kept, shared, applied, and refused when they no longer fit.

use athyper_test_kit::{Client, TestApp};
use serde_json::{Value, json};

use crate::support::{admin, app, entity, faults, field, indexed, make, put, put_again};

const VIEWS: &str = "/v1/records/views";

fn machine() -> Value {
    let options = json!({"options": [{"key": "new", "label": "New"}, {"key": "used", "label": "Used"}]});
    let mut name = indexed("name", json!("text"));
    name["searchable"] = json!(true);
    entity(
        "machine",
        json!([name, indexed("axes", json!("integer")), field("condition", json!({"enum": options}))]),
    )
}

/// Four machines of 1 to 4 axes.
async fn machines(app: &TestApp, client: &Client) -> athyper_kernel_records::Entity {
    let entity = put(app, "demo", machine()).await.unwrap();
    for (name, axes) in [("lathe one", 1), ("lathe two", 2), ("mill", 3), ("press", 4)] {
        make(client, "machine", json!({"name": name, "axes": axes})).await;
    }
    entity
}

async fn keep(client: &Client, name: &str, is_shared: bool, settings: Value) -> String {
    let view = json!({"entity": "machine", "name": name, "isShared": is_shared, "settings": settings});
    client.post(VIEWS, &view).await.expect(201).text("/id")
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/v1/records/machine?{query}")).await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_view_shows_what_it_says_and_explicit_parameters_win() {
    let app = app().await;
    let client = admin(&app);
    machines(&app, &client).await;
    let settings = json!({
        "filter": "axes > 1", "sort": "-axes", "fields": "name",
        "columns": [{"field": "name", "width": 240}, {"field": "axes"}]
    });
    let made = client
        .post(VIEWS, &json!({"entity": "machine", "name": " Large ", "settings": settings}))
        .await
        .expect(201);
    let id = made.text("/id");
    assert_eq!((made.text("/name").as_str(), made.json()["isShared"].as_bool()), ("Large", Some(false)));
    assert_eq!(made.json()["settings"]["columns"], settings["columns"]);
    assert_eq!(client.get(&made.header("location")).await.expect(200).json(), made.json());

    assert_eq!(names(&client, &format!("view={id}")).await, ["press", "mill", "lathe two"]);
    assert_eq!(names(&client, &format!("view={id}&sort=axes")).await, ["lathe two", "mill", "press"]);
    assert_eq!(names(&client, &format!("view={id}&filter=axes%20%3C%202")).await, ["lathe one"]);
    assert_eq!(names(&client, &format!("view={id}&search=lathe")).await, ["lathe two"]);
    let item = client.get(&format!("/v1/records/machine?view={id}&limit=1")).await.expect(200).json();
    assert!(item["items"][0]["axes"].is_null() && item["items"][0]["condition"].is_null());
    // A walk through the pages of a view, and none of another list's cursor.
    let cursor = item["nextCursor"].as_str().unwrap();
    assert_eq!(names(&client, &format!("view={id}&cursor={cursor}")).await, ["mill", "lathe two"]);
    client.get(&format!("/v1/records/machine?cursor={cursor}")).await.expect(400);

    // It is a view of this entity and of no other.
    put(&app, "demo", entity("part", json!([field("name", json!("text"))]))).await.unwrap();
    let elsewhere = client.get(&format!("/v1/records/part?view={id}")).await.expect(404);
    assert_eq!(elsewhere.code(), "views.view_not_found");
    client.get("/v1/records/machine?view=7").await.expect(400);
}

#[tokio::test]
async fn all_that_is_wrong_is_named() {
    let app = app().await;
    let client = admin(&app);
    machines(&app, &client).await;
    for (settings, expected) in [
        (json!({"filter": "wheels > 1"}), vec![("/settings/filter", "invalid")]),
        (
            json!({"sort": "condition", "fields": "wheels"}),
            vec![("/settings/sort", "not_indexed"), ("/settings/fields", "unknown_field")],
        ),
        (
            json!({"expand": "name", "search": "--"}),
            vec![("/settings/search", "no_word"), ("/settings/expand", "wrong_field")],
        ),
        (json!({"form": "board"}), vec![("/settings/boardColumns", "wrong_field")]),
        (json!({"form": "board", "boardColumns": "axes"}), vec![("/settings/boardColumns", "wrong_field")]),
        (json!({"form": "aggregate", "groupBy": "wheels"}), vec![("/settings/groupBy", "unknown_field")]),
        (
            json!({"form": "aggregate", "groupBy": "condition", "measures": "sum:name"}),
            vec![("/settings/measures", "wrong_field")],
        ),
        (
            json!({"columns": [{"field": "name", "width": 5}, {"field": "wheels"}]}),
            vec![
                ("/settings/columns/0/width", "out_of_range"),
                ("/settings/columns/1/field", "unknown_field"),
            ],
        ),
        (json!({"filter": "x".repeat(8_001)}), vec![("/settings/filter", "too_long")]),
    ] {
        let view = json!({"entity": "machine", "name": "x", "settings": settings});
        let refused = client.post(VIEWS, &view).await.expect(422);
        let found = faults(&refused);
        let found: Vec<(&str, &str)> = found.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
        assert_eq!(found, expected, "{settings}");
    }
    let board = json!({"form": "board", "boardColumns": "condition"});
    let group = json!({"form": "aggregate", "groupBy": "condition", "measures": "count,sum:axes"});
    keep(&client, "board", false, board).await;
    keep(&client, "groups", false, group).await;
    for (view, pointer) in [
        (json!({"entity": "nothing", "name": "x"}), "/entity"),
        (json!({"entity": "machine", "name": " "}), "/name"),
        (json!({"entity": "machine", "name": "x", "settings": {"where": "axes > 1"}}), "/settings"),
    ] {
        let refused = client.post(VIEWS, &view).await.expect(422);
        assert!(faults(&refused)[0].0.starts_with(pointer), "{:?}", refused.json());
    }
}

#[tokio::test]
async fn a_view_that_no_longer_fits_says_so_and_shows_nothing() {
    let app = app().await;
    let client = admin(&app);
    let before = machines(&app, &client).await;
    let id = keep(&client, "Large", false, json!({"filter": "axes > 3"})).await;
    let other =
        entity("machine", json!([field("name", json!("text")), indexed("spindles", json!("integer"))]));
    put_again(&app, "demo", &before, other).await;
    let refused = client.get(&format!("/v1/records/machine?view={id}")).await.expect(409);
    assert_eq!(refused.code(), "views.view_broken");
    assert!(refused.text("/detail").contains("\"Large\""), "{:?}", refused.json());
    assert_eq!(faults(&refused), [("/settings/filter".to_owned(), "invalid".to_owned())]);
    // Whatever is said beside it: what the view says is not left out unasked.
    client.get(&format!("/v1/records/machine?view={id}&filter=spindles%20%3E%201")).await.expect(409);

    let path = format!("{VIEWS}/{id}");
    let etag = client.get(&path).await.expect(200).header("etag");
    let mended = json!({"name": "Large", "settings": {"filter": "spindles > 3"}});
    client.with("if-match", &etag).put(&path, &mended).await.expect(200);
    assert_eq!(names(&client, &format!("view={id}")).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_private_view_is_its_owners_and_a_shared_one_is_changed_by_few() {
    let app = app().await;
    let client = admin(&app);
    machines(&app, &client).await;
    let viewer = app.user("demo", "viewer");
    let own = keep(&viewer, "mine", false, json!({"filter": "axes > 3"})).await;
    let shared = keep(&viewer, "ours", true, json!({"filter": "axes > 2"})).await;
    let admins = keep(&client, "admin's", true, json!({})).await;
    client.get(&format!("{VIEWS}/{own}")).await.expect(404);
    client.get(&format!("/v1/records/machine?view={own}")).await.expect(404);
    assert_eq!(names(&client, &format!("view={shared}")).await.len(), 2);
    let seen = async |client: &Client| {
        let page = client.get(&format!("{VIEWS}?entity=machine")).await.expect(200).json();
        let views = page["items"].as_array().unwrap().clone();
        views
            .iter()
            .map(|view| (view["name"].as_str().unwrap().to_owned(), view["isOwn"] == true))
            .collect::<Vec<_>>()
    };
    let pairs = |pairs: &[(&str, bool)]| {
        pairs.iter().map(|(name, own)| ((*name).to_owned(), *own)).collect::<Vec<_>>()
    };
    assert_eq!(seen(&client).await, pairs(&[("admin's", true), ("ours", false)]));
    assert_eq!(seen(&viewer).await, pairs(&[("admin's", false), ("mine", true), ("ours", true)]));
    let none = client.get(&format!("{VIEWS}?entity=part")).await.expect(200).json();
    assert_eq!(none["items"], json!([]));
    let first = viewer.get(&format!("{VIEWS}?limit=2")).await.expect(200).json();
    let rest = viewer
        .get(&format!("{VIEWS}?limit=2&cursor={}", first["nextCursor"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(rest.json()["items"][0]["name"], "ours");

    // Somebody else's is changed by who administers views, and never taken away from everybody.
    let body = json!({"name": "theirs", "isShared": true});
    let theirs = viewer.with("if-match", "\"1\"").put(&format!("{VIEWS}/{admins}"), &body).await.expect(403);
    assert_eq!(theirs.code(), "views.not_owner");
    viewer.with("if-match", "\"1\"").delete(&format!("{VIEWS}/{admins}")).await.expect(403);
    let path = format!("{VIEWS}/{shared}");
    client.put(&path, &body).await.expect(428);
    client.with("if-match", "\"7\"").put(&path, &body).await.expect(412);
    client
        .with("if-match", "\"1\"")
        .put(&path, &json!({"name": "hidden", "isShared": false}))
        .await
        .expect(403);
    let changed = client.with("if-match", "\"1\"").put(&path, &body).await.expect(200);
    assert_eq!(
        (changed.header("etag").as_str(), changed.json()["settings"]["filter"].is_null()),
        ("\"2\"", true)
    );
    viewer.with("if-match", "\"2\"").delete(&path).await.expect(204);
    viewer.get(&path).await.expect(404);
    viewer.with("if-match", "\"1\"").delete(&format!("{VIEWS}/{own}")).await.expect(204);

    // Another tenant's are nobody's.
    put(&app, "globex", machine()).await.unwrap();
    let other = app.user("globex", "admin");
    other.get(&format!("{VIEWS}/{admins}")).await.expect(404);
    other.with("if-match", "\"1\"").delete(&format!("{VIEWS}/{admins}")).await.expect(404);
    other.get(&format!("/v1/records/machine?view={admins}")).await.expect(404);
    app.user("demo", "stranger").get(VIEWS).await.expect(403);
}
