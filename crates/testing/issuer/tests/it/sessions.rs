//! What a session is: fixed to nobody's choice, limited in time, and of one browser.

use chrono::TimeDelta;
use serde_json::json;

use crate::stage::{Stage, person};

const SESSION: &str = "__Host-athyper-session-athyper";
const WORK: &str = "/v1/finance/accounts";

/// An id that somebody planted before the sign-in is worth nothing after it.
#[tokio::test]
async fn an_id_from_before_the_sign_in_is_worth_nothing_after_it() {
    let stage = Stage::new().await;
    let attacker = stage.signed_in("globex", "viewer").await;
    let planted = attacker.id();
    let victim = stage.browser();
    victim.plant(SESSION, &planted);
    stage.issuer.behave(|manners| manners.person = person("demo", "admin"));
    victim.sign_in().await.expect(303);
    assert_ne!(victim.id(), planted);
    assert_eq!(victim.get("/auth/session").await.expect(200).text("/subject"), "admin@demo");
    // The one that was shown at sign-in has ended, whoever had made it.
    let thief = stage.browser();
    thief.plant(SESSION, &planted);
    assert_eq!(thief.get(WORK).await.expect(401).code(), "security.session_ended");
    stage.last_event(Some("globex"), "auth.session_killed", "signed_in_again").await;
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends() {
    let stage = Stage::with(&json!({"sessions": {"idleMinutes": 15, "absoluteMinutes": 480}})).await;
    stage.issuer.behave(|manners| manners.access_lifetime = 100_000);
    let browser = stage.signed_in("demo", "admin").await;
    for _ in 0..3 {
        stage.advance(TimeDelta::minutes(14));
        browser.get(WORK).await.expect(200);
    }
    stage.advance(TimeDelta::minutes(15));
    let answer = browser.get(WORK).await.expect(401);
    assert_eq!(answer.code(), "security.session_expired");
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert!(browser.cookie(SESSION).is_none());
}

/// A page that only asks how the session stands does not keep it alive.
#[tokio::test]
async fn looking_is_no_use() {
    let stage = Stage::with(&json!({"sessions": {"idleMinutes": 15}})).await;
    stage.issuer.behave(|manners| manners.access_lifetime = 100_000);
    let browser = stage.signed_in("demo", "admin").await;
    for _ in 0..2 {
        stage.advance(TimeDelta::minutes(7));
        browser.get("/auth/session").await.expect(200);
    }
    stage.advance(TimeDelta::minutes(1));
    browser.get("/auth/session").await.expect(401);
}

/// No number of requests or refreshes lengthens the whole.
#[tokio::test]
async fn a_session_ends_in_any_case() {
    let stage = Stage::with(&json!({"sessions": {"idleMinutes": 15, "absoluteMinutes": 60}})).await;
    let browser = stage.signed_in("demo", "admin").await;
    for _ in 0..5 {
        stage.advance(TimeDelta::minutes(10));
        browser.get(WORK).await.expect(200);
    }
    assert!(stage.issuer.refreshes() >= 5);
    stage.advance(TimeDelta::minutes(10));
    assert_eq!(browser.get(WORK).await.expect(401).code(), "security.session_expired");
}

#[tokio::test]
async fn being_seen_is_written_down_once_a_minute() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let version = || async {
        sqlx::query_scalar::<_, i64>("select version from security.session")
            .fetch_one(&mut stage.app.db.superuser().await)
            .await
            .unwrap()
    };
    browser.get(WORK).await.expect(200);
    let first = version().await;
    for _ in 0..5 {
        browser.get(WORK).await.expect(200);
    }
    stage.advance(TimeDelta::seconds(59));
    browser.get(WORK).await.expect(200);
    assert_eq!(version().await, first);
    stage.advance(TimeDelta::seconds(1));
    browser.get(WORK).await.expect(200);
    assert_eq!(version().await, first + 1);
}

#[tokio::test]
async fn a_bearer_token_counts_before_a_cookie() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let token = stage.issuer.access_token(&person("globex", "viewer"));
    let bearer = format!("Bearer {token}");
    let account = json!({"code": "Assets:Cash", "type": "asset"});
    let send = |headers: &'static [(&'static str, &'static str)], bearer: String| {
        let (browser, account) = (browser.clone(), account.clone());
        async move {
            let mut all = vec![("authorization", bearer.as_str())];
            all.extend_from_slice(headers);
            browser.send(axum::http::Method::POST, WORK, &all, &account).await
        }
    };
    // A viewer may not, although the session's admin may.
    assert_eq!(send(&[], bearer).await.expect(403).code(), "request.forbidden");
    // And a token that is no good is not made up for by the cookie.
    assert_eq!(send(&[], "Bearer made-up".to_owned()).await.expect(401).code(), "request.invalid_token");
    assert!(browser.cookie(SESSION).is_some());
}

#[tokio::test]
async fn what_is_no_session_is_refused() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let id = browser.id();
    let mut flipped = id.clone().into_bytes();
    let last = flipped.len() - 4;
    flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
    for bad in [
        "x".to_owned(),
        id[..80].to_owned(),
        format!("{id}A"),
        String::from_utf8(flipped).unwrap(),
        "A".repeat(86),
    ] {
        let other = stage.browser();
        other.plant(SESSION, &bad);
        assert_eq!(other.get(WORK).await.expect(401).code(), "security.session_invalid", "{bad}");
        assert_eq!(other.get("/auth/session").await.status, 401);
    }
    browser.get(WORK).await.expect(200);
}

/// The tenant in the cookie is where the row is looked for, and nothing else: another's id leads nowhere.
#[tokio::test]
async fn an_id_is_good_in_its_tenant_alone() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let mut bytes = URL_SAFE_NO_PAD.decode(browser.id()).unwrap();
    bytes[..16].copy_from_slice(stage.app.db.tenant_id("globex").uuid().as_bytes());
    let other = stage.browser();
    other.plant(SESSION, &URL_SAFE_NO_PAD.encode(bytes));
    assert_eq!(other.get(WORK).await.expect(401).code(), "security.session_invalid");
}

#[tokio::test]
async fn without_a_refresh_token_a_session_ends_with_its_access() {
    let stage = Stage::new().await;
    stage.issuer.behave(|manners| manners.gives_refresh = false);
    let browser = stage.signed_in("demo", "admin").await;
    stage.advance(TimeDelta::seconds(299));
    browser.get(WORK).await.expect(200);
    stage.advance(TimeDelta::seconds(1));
    assert_eq!(browser.get(WORK).await.expect(401).code(), "security.session_expired");
    stage.last_event(Some("demo"), "auth.session_killed", "access_ended").await;
}
