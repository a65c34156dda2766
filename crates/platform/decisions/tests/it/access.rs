//! Who may write, and who may ask.

use serde_json::json;

use crate::support::{MODELS, app, create, discount, publish, rate};

#[tokio::test]
async fn who_looks_asks_and_changes_nothing() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    create(&admin, "discount", &discount("0.05"), &json!([])).await;
    publish(&admin, "discount").await;
    let viewer = app.user("demo", "viewer");
    let path = format!("{MODELS}/discount");
    for read in ["", "/versions", "/versions/1", "/compare?from=1&to=1"] {
        viewer.get(&format!("{path}{read}")).await.expect(200);
    }
    viewer.get(MODELS).await.expect(200);
    rate(&viewer, "discount", "5").await;
    viewer.post("/v1/decisions/discount/evaluate-batch", &json!({"rows": [{}]})).await.expect(200);
    viewer.post(MODELS, &json!({"key": "x", "definition": {}})).await.expect(403);
    viewer.post("/v1/decisions/imports", &json!({"key": "x", "xml": ""})).await.expect(403);
    viewer.with("if-match", "*").patch(&path, &json!({})).await.expect(403);
    viewer.with("if-match", "*").delete(&path).await.expect(403);
    for command in ["publish", "archive", "unarchive", "test"] {
        viewer.post(&format!("{path}/{command}"), &json!({})).await.expect(403);
    }
    for read in ["analysis", "export"] {
        viewer.get(&format!("{path}/{read}")).await.expect(403);
    }
}

#[tokio::test]
async fn a_model_of_another_tenant_is_not_there() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    create(&admin, "discount", &discount("0.05"), &json!([])).await;
    publish(&admin, "discount").await;
    let stranger = app.user("globex", "admin");
    let path = format!("{MODELS}/discount");
    for read in ["", "/versions", "/versions/1", "/compare?from=1&to=1", "/analysis", "/export"] {
        stranger.get(&format!("{path}{read}")).await.expect(404);
    }
    stranger.with("if-match", "*").patch(&path, &json!({})).await.expect(404);
    stranger.with("if-match", "*").delete(&path).await.expect(404);
    for command in ["publish", "archive", "unarchive", "test"] {
        stranger.post(&format!("{path}/{command}"), &json!({})).await.expect(404);
    }
    stranger.post("/v1/decisions/discount/evaluate", &json!({"inputs": {}})).await.expect(404);
    stranger.post("/v1/decisions/discount/evaluate-batch", &json!({"rows": []})).await.expect(404);
}
