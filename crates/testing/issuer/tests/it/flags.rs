//! Each flag of a realm switches what it names: both positions.

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::stage::{BASE, Stage};

const SESSION: &str = "__Host-athyper-session-athyper";
const WORK: &str = "/v1/finance/accounts";

async fn flagged(name: &str, is_on: bool) -> Stage {
    Stage::with(&json!({"featureFlags": {name: is_on}})).await
}

#[tokio::test]
async fn bff_sessions() {
    let on = flagged("bffSessions", true).await;
    let browser = on.signed_in("demo", "admin").await;
    browser.get(WORK).await.expect(200);
    let off = flagged("bffSessions", false).await;
    let stranger = off.browser();
    stranger.plant(SESSION, &browser.id());
    assert_eq!(stranger.get("/auth/login").await.expect(404).code(), "security.no_sessions");
    assert_eq!(stranger.get(WORK).await.expect(401).code(), "request.no_token");
    stranger.get("/auth/session").await.expect(401);
    // Bearer tokens are no browser sessions.
    let token = format!("Bearer {}", off.issuer.access_token(&crate::stage::person("demo", "admin")));
    off.browser().send(Method::GET, WORK, &[("authorization", &token)], &Value::Null).await.expect(200);
}

#[tokio::test]
async fn pkce_flow() {
    for is_on in [true, false] {
        let stage = flagged("pkceFlow", is_on).await;
        stage.signed_in("demo", "admin").await.get(WORK).await.expect(200);
        assert_eq!(stage.issuer.last_request().contains_key("code_challenge"), is_on);
    }
}

#[tokio::test]
async fn csrf_protection() {
    for (is_on, status) in [(true, 403), (false, 201)] {
        let stage = flagged("csrfProtection", is_on).await;
        let browser = stage.signed_in("demo", "admin").await;
        let account = json!({"code": "Assets:Cash", "type": "asset"});
        browser.send(Method::POST, WORK, &[("origin", BASE)], &account).await.expect(status);
        // Where a change comes from is looked at in either position.
        let foreign = [("origin", "https://evil.example")];
        assert_eq!(
            browser.send(Method::POST, WORK, &foreign, &account).await.expect(403).code(),
            "security.cross_site"
        );
        browser.send(Method::POST, WORK, &[], &account).await.expect(403);
    }
}

#[tokio::test]
async fn refresh_rotation() {
    for is_on in [true, false] {
        let stage = flagged("refreshRotation", is_on).await;
        let browser = stage.signed_in("demo", "admin").await;
        let before = browser.id();
        stage.advance(TimeDelta::minutes(6));
        browser.get(WORK).await.expect(200);
        assert_eq!(browser.id() != before, is_on, "the id of the session");
        // An issuer that gives no other refresh token: ours is used once, or for as long as the issuer takes it.
        stage.issuer.behave(|manners| (manners.rotates, manners.gives_refresh) = (false, false));
        for minutes in [6, 6] {
            stage.advance(TimeDelta::minutes(minutes));
            let answer = browser.get(WORK).await;
            let is_second = stage.issuer.refreshes() > 1 && answer.status != 200;
            assert!(answer.status == 200 || (is_on && is_second), "{}", answer.status);
        }
        assert_eq!(stage.issuer.refreshes(), if is_on { 2 } else { 3 });
        assert_eq!(browser.get(WORK).await.status, if is_on { 401 } else { 200 });
    }
}

#[tokio::test]
async fn strict_issuer_check() {
    for (is_on, slash, silent) in [(true, 400, 400), (false, 303, 303)] {
        let stage = flagged("strictIssuerCheck", is_on).await;
        // A slash at the end of the issuer, in the answer and in the id token.
        let with_slash = format!("{}/", stage.issuer.url());
        stage.issuer.behave(|manners| {
            manners.id_token = json!({ "iss": with_slash });
            manners.names_other = Some(with_slash.clone());
        });
        stage.browser().sign_in().await.expect(slash);
        // An issuer that says it names itself, and does not.
        stage.issuer.behave(|manners| (manners.id_token, manners.names_other) = (json!({}), None));
        let browser = stage.browser();
        let back = browser.at_issuer(&browser.begin("/auth/login").await).await;
        let (silenced, _) = back.split_once("&iss=").unwrap();
        browser.get(silenced).await.expect(silent);
        // Another issuer is refused in either position.
        stage.issuer.behave(|manners| manners.id_token = json!({"iss": "https://other.example"}));
        stage.browser().sign_in().await.expect(400);
    }
}

#[tokio::test]
async fn an_empty_list_of_redirects_lets_nobody_in() {
    for list in [json!([]), json!(["https://app.example/auth/callback/", "https://app.example/auth"])] {
        let stage = Stage::with(&json!({ "redirectUriAllowlist": list })).await;
        let answer = stage.browser().get("/auth/login").await.expect(403);
        assert_eq!(answer.code(), "security.redirect_not_allowed");
    }
}
