//! Two realms: nothing of one is good at the other.

use athyper_issuer::Issuer;
use serde_json::{Value, json};

use crate::stage::{BASE, Stage, merge, person, realm};

const WORK: &str = "/v1/finance/accounts";

async fn two() -> (Stage, Issuer) {
    let (first, second) = (Issuer::start(0), Issuer::start(0));
    let mut other = realm(&second);
    merge(&mut other, &json!({"tenants": {"initech": {"name": "Initech"}}}));
    let realms = json!({"athyper": realm(&first), "partners": other});
    let stage = Stage::of(first, realms).await;
    second.set_now(stage.app.db.database.clock().now().timestamp());
    second.behave(|manners| manners.person = person("initech", "admin"));
    (stage, second)
}

#[tokio::test]
async fn each_realm_signs_in_at_its_own_issuer() {
    let (stage, second) = two().await;
    let browser = stage.browser();
    let back = browser.at_issuer(&browser.begin("/auth/login?realm=partners").await).await;
    browser.get(&back).await.expect(303);
    assert_eq!(second.last_request()["redirect_uri"], format!("{BASE}/auth/callback"));
    assert_eq!(browser.get("/auth/session").await.expect(200).text("/realm"), "partners");
    // With a session in both, the default realm counts, unless another one is named.
    browser.sign_in().await.expect(303);
    assert_eq!(browser.get("/auth/session").await.expect(200).text("/realm"), "athyper");
    let named = browser
        .send(axum::http::Method::GET, "/auth/session", &[("x-realm", "partners")], &Value::Null)
        .await;
    assert_eq!(named.expect(200).text("/realm"), "partners");
    browser.get("/auth/login?realm=nowhere").await.expect(404);
}

#[tokio::test]
async fn a_cookie_of_one_realm_is_nothing_at_another() {
    let (stage, _second) = two().await;
    let browser = stage.signed_in("demo", "admin").await;
    let thief = stage.browser();
    thief.plant("__Host-athyper-session-partners", &browser.id());
    assert_eq!(thief.get(WORK).await.expect(401).code(), "security.session_invalid");
    stage.last_event(Some("demo"), "auth.cross_tenant_rejection", "other_realm").await;
    browser.get(WORK).await.expect(200);
}

/// A mix-up: the sign-in began at one issuer, and the answer is of the other (RFC 9700, section 4.4).
#[tokio::test]
async fn an_answer_of_the_other_issuer_is_refused() {
    let (stage, second) = two().await;
    let browser = stage.browser();
    let location = browser.begin("/auth/login").await;
    let at_other = location.replace(&stage.issuer.url(), &second.url());
    let back = browser.at_issuer(&at_other).await;
    assert_eq!(browser.get(&back).await.expect(400).code(), "security.other_issuer");
    stage.last_event(None, "auth.issuer_mismatch", "other_issuer").await;
    assert_eq!((stage.issuer.refused(), second.refused()), (0, 0), "the code went nowhere");
}

/// An id token of the other realm's issuer, rightly signed there.
#[tokio::test]
async fn an_id_token_of_the_other_issuer_is_refused() {
    let (stage, second) = two().await;
    stage.issuer.behave(|manners| manners.id_token = json!({"iss": second.url()}));
    assert_eq!(stage.browser().sign_in().await.expect(400).code(), "security.other_issuer");
    stage.last_event(None, "auth.issuer_mismatch", "other_issuer").await;
}

/// A bearer token of one realm does not open a tenant of the other, whatever it claims.
#[tokio::test]
async fn a_token_of_one_realm_is_nothing_at_another() {
    let (stage, second) = two().await;
    let claims = json!({"sub": "x", "tenantKey": "demo", "realmKey": "athyper", "roles": ["admin"]});
    let token = format!("Bearer {}", second.access_token(&claims));
    let headers = [("authorization", &*token), ("x-realm", "athyper")];
    let answer = stage.browser().send(axum::http::Method::GET, WORK, &headers, &Value::Null).await;
    assert!(matches!(answer.status, 403 | 404), "{}", answer.status);
}

/// A logout token of one issuer ends nothing of the other's, even for the same person and session.
#[tokio::test]
async fn an_issuer_ends_its_own_sessions_alone() {
    let (stage, second) = two().await;
    let browser = stage.signed_in("demo", "admin").await;
    let token = second.logout_token(&json!({"sub": "admin@demo"}));
    crate::sign_out::notify(&stage, &token).await.expect(200);
    browser.get(WORK).await.expect(200);
}
