//! Who may import and export.

use serde_json::json;

use crate::support::{app_with_machines, import_csv, machines, make, send};

#[tokio::test]
async fn who_may_not_is_refused() {
    let (app, client) = app_with_machines().await;
    make(&client, "machine", json!({"code": "A"})).await;
    let done = import_csv(&app, &client, "", "code\nB\n").await;
    let id = done["id"].as_str().unwrap();
    let viewer = app.user("demo", "viewer");
    send(&viewer, "entity=machine&format=csv", "text/csv", "code\nC\n").await.expect(403);
    let nobody = app.user("demo", "nobody");
    for path in [
        "/v1/transfer/imports".to_owned(),
        format!("/v1/transfer/imports/{id}"),
        format!("/v1/transfer/imports/{id}/errors"),
        "/v1/transfer/exports?entity=machine&format=csv".to_owned(),
    ] {
        assert_eq!(nobody.get(&path).await.expect(403).code(), "request.forbidden", "{path}");
        app.anonymous().get(&path).await.expect(401);
    }
    assert_eq!(machines(&client).await.len(), 2);
}

#[tokio::test]
async fn another_tenant_has_none_of_it() {
    let (app, client) = app_with_machines().await;
    let done = import_csv(&app, &client, "", "code\nB\n").await;
    let id = done["id"].as_str().unwrap();
    let stranger = app.user("globex", "admin");
    stranger.get(&format!("/v1/transfer/imports/{id}")).await.expect(404);
    stranger.get(&format!("/v1/transfer/imports/{id}/errors")).await.expect(404);
    stranger.get("/v1/transfer/exports?entity=machine&format=csv").await.expect(404);
    send(&stranger, "entity=machine&format=csv", "text/csv", "code\nB\n").await.expect(404);
    assert_eq!(stranger.get("/v1/transfer/imports").await.json()["items"], json!([]));
}
