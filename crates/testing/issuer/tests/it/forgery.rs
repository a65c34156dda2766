//! Changes that a page elsewhere may have forged.

use axum::http::Method;
use serde_json::{Value, json};

use crate::stage::{BASE, Stage};

const WORK: &str = "/v1/finance/accounts";

fn account() -> Value {
    json!({"code": format!("Assets:A{}", uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, b"x").simple()), "type": "asset"})
}

#[tokio::test]
async fn a_change_shows_the_token_of_its_session() {
    let stage = Stage::new().await;
    let (browser, other) = (stage.signed_in("demo", "admin").await, stage.signed_in("demo", "admin").await);
    let (own, foreign) = (browser.csrf_token().await, other.csrf_token().await);
    assert_ne!(own, foreign);
    for sent in [None, Some(""), Some("x"), Some(&*foreign), Some(&own[1..])] {
        let mut headers = vec![("origin", BASE)];
        headers.extend(sent.map(|token| ("x-csrf-token", token)));
        let answer = browser.send(Method::POST, WORK, &headers, &account()).await.expect(403);
        assert_eq!(answer.code(), "security.csrf_token_required");
    }
    assert_eq!(stage.count(Some("demo"), "auth.csrf_violation").await, 5);
    browser
        .send(Method::POST, WORK, &[("origin", BASE), ("x-csrf-token", &own)], &account())
        .await
        .expect(201);
    // Reading needs none.
    browser.send(Method::GET, WORK, &[], &Value::Null).await.expect(200);
}

#[tokio::test]
async fn a_change_comes_from_a_page_of_the_platform() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let token = browser.csrf_token().await;
    for foreign in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://app.example"),
        ("origin", "https://app.example.evil"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let headers = [foreign, ("x-csrf-token", &*token)];
        let answer = browser.send(Method::POST, WORK, &headers, &account()).await.expect(403);
        assert_eq!(answer.code(), "security.cross_site", "{foreign:?}");
    }
    stage.last_event(Some("demo"), "auth.csrf_violation", "foreign_origin").await;
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let path = "/v1/finance/accounts/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";
        let answer = browser.send(method, path, &[("origin", BASE)], &Value::Null).await;
        assert!(matches!(answer.status, 403 | 405), "{}", answer.status);
    }
}

#[tokio::test]
async fn signing_out_is_a_change_too() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let foreign = [("origin", "https://evil.example")];
    browser.send(Method::POST, "/auth/logout", &foreign, &Value::Null).await.expect(403);
    browser.send(Method::POST, "/auth/logout", &[("origin", BASE)], &Value::Null).await.expect(403);
    browser.send(Method::GET, "/auth/logout", &[], &Value::Null).await.expect(405);
    browser.get(WORK).await.expect(200);
}
