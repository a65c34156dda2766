//! Who may do what, and what nobody sees of another tenant.

use athyper_test_kit::documented_operations;
use serde_json::json;

use crate::support::{add_account, add_period, app, app_with_accounts, draft, fee};

#[tokio::test]
async fn viewers_read_and_change_nothing() {
    let (app, accountant) = app_with_accounts().await;
    let id = draft(&accountant, &fee("2025-01-10", "4.00")).await;
    let viewer = app.user("demo", "viewer");
    for path in ["accounts", "periods", "journals", "reports/trial-balance"] {
        viewer.get(&format!("/v1/finance/{path}")).await.expect(200);
    }
    viewer.get(&format!("/v1/finance/journals/{id}")).await.expect(200);
    let refused = viewer.post_empty(&format!("/v1/finance/journals/{id}/post")).await.expect(403);
    assert_eq!(refused.code(), "request.forbidden");
    viewer.post("/v1/finance/accounts", &json!({"code": "A", "type": "asset"})).await.expect(403);
    app.anonymous().get("/v1/finance/accounts").await.expect(401);
    app.user("demo", "stranger").get("/v1/finance/accounts").await.expect(403);
}

#[tokio::test]
async fn only_admins_close_and_reopen_periods() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    let id = add_period(&accountant, "Q1", "2025-01-01", "2025-03-31").await;
    for command in ["soft-close", "close"] {
        accountant.post_empty(&format!("/v1/finance/periods/{id}/{command}")).await.expect(403);
    }
    let reason = json!({"reason": "a mistake"});
    accountant.post(&format!("/v1/finance/periods/{id}/reopen"), &reason).await.expect(403);
}

#[tokio::test]
async fn records_of_another_tenant_do_not_exist() {
    let (app, accountant) = app_with_accounts().await;
    let account = add_account(&accountant, "Assets:Bank", "asset").await;
    let period = add_period(&accountant, "January", "2025-01-01", "2025-01-31").await;
    let journal = draft(&accountant, &fee("2025-01-10", "4.00")).await;
    let stranger = app.user("globex", "admin").with("if-match", "*");
    for path in [format!("accounts/{account}"), format!("periods/{period}"), format!("journals/{journal}")] {
        stranger.get(&format!("/v1/finance/{path}")).await.expect(404);
    }
    stranger.patch(&format!("/v1/finance/accounts/{account}"), &json!({"name": "x"})).await.expect(404);
    stranger.post_empty(&format!("/v1/finance/periods/{period}/close")).await.expect(404);
    stranger.post_empty(&format!("/v1/finance/journals/{journal}/post")).await.expect(404);
    stranger.post(&format!("/v1/finance/journals/{journal}/reverse"), &json!({})).await.expect(404);
    stranger.delete(&format!("/v1/finance/journals/{journal}")).await.expect(404);
    for path in ["accounts", "periods", "journals"] {
        let page = stranger.get(&format!("/v1/finance/{path}")).await.expect(200).json();
        assert_eq!(page, json!({"items": [], "nextCursor": null}), "{path}");
    }
}

#[tokio::test]
async fn every_operation_is_documented_with_an_example() {
    let app = app().await;
    assert_eq!(documented_operations(&app.openapi, "finance"), 34);
}
