//! Who may open books.

use athyper_test_kit::documented_operations;
use serde_json::json;

use crate::fresh::{app_with_accounts, run_operation};

const FILE: &str = "account,amount\nAssets:Cash,1.00\nExpenses:Fees,-1.00\n";

#[tokio::test]
async fn viewers_read_and_change_nothing() {
    let (app, accountant) = app_with_accounts().await;
    app.user("demo", "admin")
        .post("/v1/finance/legal-entities", &json!({"code": "main", "name": "Main", "baseCurrency": "USD"}))
        .await
        .expect(201);
    let viewer = app.user("demo", "viewer");
    viewer.get("/v1/opening/chart-templates").await.expect(200);
    viewer.get("/v1/opening/balances").await.expect(200);
    for path in ["journals/import", "accounts/import", "balances/import?date=2025-01-01"] {
        viewer.post_csv(&format!("/v1/opening/{path}"), FILE).await.expect(403);
    }
    let apply = "/v1/opening/chart-templates/service_company/apply";
    viewer.post(apply, &json!({"dryRun": true})).await.expect(403);
    app.anonymous().get("/v1/opening/chart-templates").await.expect(401);

    let accepted = accountant.post_csv("/v1/opening/balances/import?date=2025-01-01", FILE).await;
    let ended = run_operation(&app, &accountant, accepted).await;
    let path = format!("/v1/opening/balances/{}", ended["result"]["balances"].as_str().unwrap());
    viewer.get(&path).await.expect(200);
    viewer.post(&format!("{path}/reverse"), &json!({"reason": "x"})).await.expect(403);
    // What is another tenant's does not exist.
    let stranger = app.user("globex", "admin");
    stranger.get(&path).await.expect(404);
    stranger.post(&format!("{path}/reverse"), &json!({"reason": "x"})).await.expect(404);
    assert_eq!(stranger.get("/v1/opening/balances").await.json()["items"], json!([]));
}

#[tokio::test]
async fn every_operation_is_documented_with_an_example() {
    let (app, _) = app_with_accounts().await;
    assert_eq!(documented_operations(&app.openapi, "opening"), 9);
}
