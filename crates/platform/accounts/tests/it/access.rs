//! Who may do what, and what nobody sees of another tenant.

use serde_json::{Value, json};

use crate::support::{Stage, principal};

/// All operations of the document: method, path with ids filled in, id, and whether it is one of guests.
fn operations(stage: &Stage) -> Vec<(String, String, String, bool)> {
    let document = serde_json::to_value(&stage.app.openapi).unwrap();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_default();
            if id.starts_with("accounts.") {
                let path = path.replace("{id}", &principal("demo", "zoe").to_string());
                found.push((method.clone(), path, id.to_owned(), operation["security"] == json!([{}])));
            }
        }
    }
    found
}

async fn call(client: &athyper_test_kit::Client, method: &str, path: &str) -> athyper_test_kit::Answer {
    client.json(method.to_uppercase().parse().unwrap(), path, &json!({})).await
}

#[tokio::test]
async fn guests_reach_the_operations_of_guests_and_no_other() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let mut open = Vec::new();
    for (method, path, id, is_open) in operations(&stage) {
        let answer = call(&stage.app.anonymous(), &method, &path).await;
        if is_open {
            assert_eq!(answer.status, 422, "{id} asks for its body");
            open.push(id);
        } else {
            assert_eq!((answer.status, answer.code().as_str()), (401, "request.no_token"), "{id}");
        }
    }
    open.sort();
    assert_eq!(
        open,
        [
            "accounts.answer_factor",
            "accounts.begin_webauthn_sign_in",
            "accounts.enrol_at_sign_in",
            "accounts.enrol_webauthn_at_sign_in",
            "accounts.register_webauthn_at_sign_in",
            "accounts.request_reset",
            "accounts.set_password",
            "accounts.sign_in",
        ]
    );
}

#[tokio::test]
async fn only_administrators_see_and_change_accounts_of_others() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let mut refused = 0;
    for (method, path, id, is_open) in operations(&stage) {
        if is_open || path.contains("/me") {
            continue;
        }
        refused += 1;
        let answer = call(&stage.user("kim"), &method, &path).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "request.forbidden"), "{id}");
    }
    assert_eq!(refused, 10);
}

#[tokio::test]
async fn accounts_of_another_tenant_do_not_exist() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let stranger = stage.app.user("globex", "admin").with("if-match", "*");
    let path = format!("/v1/accounts/people/{}", principal("demo", "zoe"));
    stranger.get(&path).await.expect(404);
    stranger.get(&format!("{path}/factors")).await.expect(404);
    stranger.delete(&format!("{path}/factors")).await.expect(404);
    for command in ["reset", "unlock"] {
        stranger.post_empty(&format!("{path}/{command}")).await.expect(404);
    }
    stranger.post(&format!("{path}/require-mfa"), &json!({"required": true})).await.expect(404);
    let body = json!({"principal": principal("demo", "zoe")});
    stranger.post("/v1/accounts/people", &body).await.expect(404);
    let page: Value = stranger.get("/v1/accounts/people").await.expect(200).json();
    assert_eq!(page["items"], json!([]));
}

#[tokio::test]
async fn whoever_has_no_account_is_told_so() {
    let stage = Stage::new().await;
    assert_eq!(stage.user("kim").get("/v1/accounts/me").await.expect(404).code(), "accounts.no_account");
    stage.user("kim").post("/v1/accounts/me/factors/totp", &json!({"label": "x"})).await.expect(404);
}
