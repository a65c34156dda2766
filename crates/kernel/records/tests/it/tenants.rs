//! Two tenants with an entity of one key never meet.

use serde_json::json;

use crate::support::{admin, app, delete, entity, field, list, make, put, put_again};

#[tokio::test]
async fn definitions_and_records_stay_in_their_tenant() {
    let app = app().await;
    put(&app, "demo", entity("item", json!([field("name", json!("text"))]))).await.unwrap();
    let theirs = put(&app, "globex", entity("item", json!([field("title", json!("text"))]))).await.unwrap();
    let (demo, globex) = (admin(&app), app.user("globex", "admin"));
    let ours = make(&demo, "item", json!({"name": "a"})).await;
    make(&globex, "item", json!({"title": "b"})).await;
    demo.post("/v1/records/item", &json!({"title": "x"})).await.expect(422);
    globex.post("/v1/records/item", &json!({"name": "x"})).await.expect(422);
    assert_eq!(list(&demo, "item", "", "name").await, ["a"]);
    assert_eq!(list(&globex, "item", "", "title").await, ["b"]);
    let path = format!("/v1/records/item/{ours}");
    globex.get(&path).await.expect(404);
    globex.with("if-match", "\"1\"").patch(&path, &json!({"title": "x"})).await.expect(404);
    globex.with("if-match", "\"1\"").delete(&path).await.expect(404);

    // A new version is in force for the next request.
    put_again(
        &app,
        "globex",
        &theirs,
        entity("item", json!([field("title", json!("text")), field("size", json!("integer"))])),
    )
    .await;
    app.db.clock.advance(chrono::TimeDelta::seconds(1));
    make(&globex, "item", json!({"title": "c", "size": 1})).await;
    assert!(
        demo.get("/v1/records/entities/item/schema").await.expect(200).json()["properties"]
            .get("size")
            .is_none()
    );
    delete(&demo, &path).await.expect(204);
    assert_eq!(list(&globex, "item", "sort=createdAt", "title").await, ["b", "c"]);
}

#[tokio::test]
async fn nobody_without_the_right_gets_anywhere() {
    let app = app().await;
    put(&app, "demo", entity("item", json!([field("name", json!("text"))]))).await.unwrap();
    let id = make(&admin(&app), "item", json!({"name": "a"})).await;
    let viewer = app.user("demo", "viewer");
    viewer.get(&format!("/v1/records/item/{id}")).await.expect(200);
    viewer.post("/v1/records/item", &json!({"name": "b"})).await.expect(403);
    app.user("demo", "nobody").get("/v1/records/item").await.expect(403);
    app.anonymous().get("/v1/records/item").await.expect(401);
    for path in ["/v1/records/nothing", "/v1/records/Item", "/v1/records/item'--", "/v1/records/a.b.c"] {
        admin(&app).get(path).await.expect(404);
    }
}
