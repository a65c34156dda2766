//! Sign-out: by the person, and by the issuer.

use athyper_test_kit::{Answer, Client};
use axum::http::Method;
use bytes::Bytes;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::stage::Stage;

const SESSION: &str = "__Host-athyper-session-athyper";
const WORK: &str = "/v1/finance/accounts";

/// What an issuer sends.
pub(crate) async fn notify(stage: &Stage, token: &str) -> Answer {
    stage.tick();
    let client = Client::anonymous(stage.app.router.clone());
    let form = Bytes::from(format!("logout_token={token}"));
    client
        .send(Method::POST, "/auth/backchannel-logout", Some("application/x-www-form-urlencoded"), form)
        .await
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_at_the_issuer() {
    let stage = Stage::with(&json!({"sessions": {"postLogoutUrl": "https://app.example/bye"}})).await;
    let browser = stage.signed_in("demo", "admin").await;
    let (copy, token) = (browser.copy(), stage.issuer.any_refresh_token());
    let answer = browser.post("/auth/logout", &Value::Null).await.expect(200);
    let url: url::Url = answer.text("/endSessionUrl").parse().unwrap();
    assert!(url.as_str().starts_with(&format!("{}/end-session?", stage.issuer.url())), "{url}");
    let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(query["client_id"], "athyper");
    assert_eq!(query["post_logout_redirect_uri"], "https://app.example/bye");
    assert!(!query.contains_key("id_token_hint"));
    assert!(answer.header("set-cookie").starts_with(&format!("{SESSION}=; ")));
    assert_eq!(stage.issuer.revoked(), [token]);
    assert_eq!(copy.get(WORK).await.expect(401).code(), "security.session_ended");
    stage.last_event(Some("demo"), "auth.logout", "signed_out").await;
    // There is nothing more to sign out of.
    browser.send(Method::POST, "/auth/logout", &[], &Value::Null).await.expect(200);
    copy.plant(SESSION, "made-up");
    copy.send(Method::POST, "/auth/logout", &[], &Value::Null).await.expect(200);
}

#[tokio::test]
async fn an_issuer_that_is_away_keeps_nobody_signed_in() {
    let mut stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let copy = browser.copy();
    let token = browser.csrf_token().await;
    stage.issuer.away();
    let headers = [("origin", crate::stage::BASE), ("x-csrf-token", &*token)];
    browser.send(Method::POST, "/auth/logout", &headers, &Value::Null).await.expect(200);
    assert_eq!(copy.get(WORK).await.expect(401).code(), "security.session_ended");
}

#[tokio::test]
async fn an_issuer_ends_a_session_by_its_sid() {
    let stage = Stage::new().await;
    let (first, second) = (stage.signed_in("demo", "admin").await, stage.signed_in("demo", "admin").await);
    let sids: Vec<String> = sqlx::query_scalar("select issuer_session from security.session order by id")
        .fetch_all(&mut stage.app.db.superuser().await)
        .await
        .unwrap();
    let answer = notify(&stage, &stage.issuer.logout_token(&json!({"sid": sids[0]}))).await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(first.get(WORK).await.expect(401).code(), "security.session_ended");
    second.get(WORK).await.expect(200);
    stage.last_event(Some("demo"), "auth.session_killed", "signed_out_at_issuer").await;
}

#[tokio::test]
async fn an_issuer_ends_all_sessions_of_a_person_in_every_tenant() {
    let stage = Stage::new().await;
    let person = |tenant: &str| json!({"sub": "ann", "tenantKey": tenant, "roles": ["admin"]});
    let mut browsers = Vec::new();
    for tenant in ["demo", "demo", "globex"] {
        stage.issuer.behave(|manners| manners.person = person(tenant));
        let browser = stage.browser();
        browser.sign_in().await.expect(303);
        browsers.push(browser);
    }
    let other = stage.signed_in("demo", "viewer").await;
    notify(&stage, &stage.issuer.logout_token(&json!({"sub": "ann"}))).await.expect(200);
    for browser in browsers {
        assert_eq!(browser.get(WORK).await.expect(401).code(), "security.session_ended");
    }
    other.get(WORK).await.expect(200);
    assert_eq!(stage.count(Some("demo"), "auth.session_killed").await, 2);
    assert_eq!(stage.count(Some("globex"), "auth.session_killed").await, 1);
}

#[tokio::test]
async fn logout_tokens_are_verified_and_good_once() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let now = stage.app.db.database.clock().now().timestamp();
    let subject = json!({"sub": "admin@demo"});
    for wrong in [
        json!({"iss": "https://other.example"}),
        json!({"aud": "another-client"}),
        json!({"iat": now + 60}),
        json!({"iat": null}),
        json!({"exp": now - 60}),
        json!({"events": null}),
        json!({"events": {"http://schemas.openid.net/event/other": {}}}),
        json!({"nonce": "n"}),
        json!({"jti": null}),
        json!({"sub": null}),
    ] {
        let mut claims = subject.clone();
        claims.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let before = stage.count(None, "auth.logout_rejection").await;
        let answer = notify(&stage, &stage.issuer.logout_token(&claims)).await.expect(400);
        assert_eq!(answer.code(), "security.logout_token_invalid", "{wrong}");
        assert_eq!(stage.count(None, "auth.logout_rejection").await, before + 1, "{wrong}");
    }
    for garbage in ["", "x", "a.b.c"] {
        notify(&stage, garbage).await.expect(400);
    }
    // An id token or an access token is no logout token.
    let access = stage.issuer.access_token(&subject);
    notify(&stage, &access).await.expect(400);
    browser.get(WORK).await.expect(200);

    let good = stage.issuer.logout_token(&subject);
    notify(&stage, &good).await.expect(200);
    browser.get(WORK).await.expect(401);
    // Used again, it would end the sessions that came after.
    let again = stage.signed_in("demo", "admin").await;
    notify(&stage, &good).await.expect(400);
    stage.last_event(None, "auth.logout_rejection", "used_before").await;
    again.get(WORK).await.expect(200);
    stage.advance(TimeDelta::minutes(5));
    notify(&stage, &good).await.expect(400);
}
