//! Who may do what, and what nobody sees of another tenant.

use serde_json::{Value, json};

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
    viewer.post_csv("/v1/finance/journals/import", "x").await.expect(403);
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
    let document = serde_json::to_value(&app.openapi).unwrap();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if !path.starts_with("/v1/finance/") {
                continue;
            }
            operations += 1;
            let place = format!("{method} {path}");
            assert!(operation["operationId"].as_str().unwrap().starts_with("finance."), "{place}");
            for text in ["summary", "description"] {
                assert!(operation[text].as_str().is_some_and(|text| !text.is_empty()), "{place}: {text}");
            }
            let content = |part: &Value| {
                part["content"]
                    .as_object()
                    .is_some_and(|content| content.values().any(|media| media.get("example").is_some()))
            };
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                content(&operation["requestBody"]) || responses.values().any(content),
                "{place}: example"
            );
            assert!(responses.contains_key("401") && responses.contains_key("403"), "{place}: problems");
        }
    }
    assert_eq!(operations, 33);
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"].get(name).is_some(), "schema {name}");
    }
}
