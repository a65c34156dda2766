//! Who may design, and who may look.

use serde_json::json;

use crate::support::{ENTITIES, Thing, app, definition, field};

#[tokio::test]
async fn who_looks_sees_designs_and_changes_none() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let def = definition("thing", &json!([field("name", &json!("text"), &json!({}))]));
    let thing = Thing::publish_new(&admin, &def).await;
    let viewer = app.user("demo", "viewer");
    viewer.get(ENTITIES).await.expect(200);
    viewer.get(&thing.path()).await.expect(200);
    viewer.get(&format!("{}/versions", thing.path())).await.expect(200);
    viewer.get("/v1/metadata/templates").await.expect(200);
    viewer.post(ENTITIES, &json!({"definition": def})).await.expect(403);
    viewer.with("if-match", "*").patch(&thing.path(), &json!({"definition": def})).await.expect(403);
    viewer.with("if-match", "*").delete(&thing.path()).await.expect(403);
    for command in ["plan", "publish", "rollback", "archive", "unarchive"] {
        viewer.post(&format!("{}/{command}", thing.path()), &json!({})).await.expect(403);
    }
    for path in ["definitions/validate", "bundles/plan", "bundles/apply"] {
        viewer.post(&format!("/v1/metadata/{path}"), &json!({})).await.expect(403);
    }
    viewer.get("/v1/metadata/bundles/export?keys=thing").await.expect(403);
    let stranger = app.user("globex", "admin");
    stranger.get(&thing.path()).await.expect(404);
    stranger.post(&format!("{}/publish", thing.path()), &json!({})).await.expect(404);
    stranger.post_empty(&format!("{}/archive", thing.path())).await.expect(404);
}
