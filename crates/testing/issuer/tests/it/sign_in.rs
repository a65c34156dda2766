//! A whole sign-in, and everything that is refused on the way.

use athyper_issuer::Signing;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::stage::{BASE, Browser, Stage, person};

const SESSION: &str = "__Host-athyper-session-athyper";
const SIGN_IN: &str = "__Host-athyper-sign-in-athyper";

#[tokio::test]
async fn a_person_signs_in_works_and_is_known() {
    let stage = Stage::new().await;
    let browser = stage.browser();
    browser.get("/v1/finance/accounts").await.expect(401);
    let login = browser.get("/auth/login?returnTo=/orders%3Ftab%3D1").await.expect(303);
    assert_eq!(login.header("cache-control"), "no-store");
    let asked = login.header("set-cookie");
    assert!(asked.starts_with(&format!("{SIGN_IN}=")), "{asked}");
    assert!(asked.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=300"), "{asked}");
    let back = browser.at_issuer(&login.header("location")).await;
    let sent = stage.issuer.last_request();
    assert_eq!(sent["response_type"], "code");
    assert_eq!(sent["code_challenge_method"], "S256");
    assert_eq!(sent["redirect_uri"], format!("{BASE}/auth/callback"));
    assert_eq!(sent["scope"], "openid profile email");
    assert!(sent["nonce"].len() >= 43 && sent["state"].len() >= 43);

    let done = browser.get(&back).await.expect(303);
    assert_eq!(done.header("location"), "/orders?tab=1");
    assert_eq!(done.header("cache-control"), "no-store");
    let set = done.header("set-cookie");
    assert!(set.starts_with(&format!("{SESSION}=")), "{set}");
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{set}");

    let me = browser.get("/auth/session").await.expect(200).json();
    assert_eq!(
        (&me["subject"], &me["tenant"], &me["name"]),
        (&json!("admin@demo"), &json!("demo"), &json!("Ann"))
    );
    assert_eq!(me["roles"], json!(["admin"]));
    browser.get("/v1/finance/accounts").await.expect(200);
    let account = json!({"code": "Assets:Cash", "type": "asset"});
    browser.post("/v1/finance/accounts", &account).await.expect(201);
    assert_eq!(stage.count(Some("demo"), "auth.login_success").await, 1);
}

/// No token, in whatever form, is in anything that a browser gets.
#[tokio::test]
async fn tokens_never_reach_the_browser() {
    let stage = Stage::new().await;
    let browser = stage.browser();
    let back = browser.at_issuer(&browser.begin("/auth/login").await).await;
    let mut seen = String::new();
    for answer in [
        browser.get(&back).await,
        browser.get("/auth/session").await,
        browser.get("/v1/security/sessions").await,
    ] {
        seen.extend([format!("{:?}", answer.headers), String::from_utf8_lossy(&answer.body).into_owned()]);
    }
    let answer = browser.post("/auth/logout", &Value::Null).await.expect(200);
    seen.push_str(&String::from_utf8_lossy(&answer.body));
    assert!(!seen.contains("eyJ"), "{seen}");
    for token in stage.issuer.revoked() {
        assert!(!seen.contains(&token));
    }
    assert_eq!(stage.issuer.revoked().len(), 1);
}

/// Neither does the database hold anything that could be used.
#[tokio::test]
async fn a_copy_of_the_database_opens_nothing() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "admin").await;
    let rows: Vec<String> = sqlx::query_scalar(
        "select s::text from security.session s union all select k::text from security.session_key k",
    )
    .fetch_all(&mut stage.app.db.superuser().await)
    .await
    .unwrap();
    let all = rows.join("\n");
    let id = browser.id();
    let bytes = base64_hex(&id);
    assert!(rows.len() == 2 && !all.contains(&id) && !all.contains(&bytes[64..]), "the id is there");
    assert_eq!(stage.issuer.good_refresh_tokens(), 1);
    let token: String = stage.issuer.any_refresh_token();
    assert!(!all.contains(&token) && !all.contains(&hex(token.as_bytes())), "the refresh token is there");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn base64_hex(text: &str) -> String {
    use base64::Engine as _;
    hex(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap())
}

#[tokio::test]
async fn return_addresses_are_paths_of_the_platform() {
    let stage = Stage::new().await;
    let browser = stage.browser();
    for bad in [
        "//evil.example",
        "/%5Cevil.example",
        "%2F%2Fevil.example",
        "/%255Cevil.example",
        "https:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/%0d%0aset-cookie:x=y",
        "/%09/evil.example",
        "orders",
        "",
        "/%252F%252Fevil.example",
        "%5C%5Cevil.example",
    ] {
        let answer = browser.get(&format!("/auth/login?returnTo={bad}")).await.expect(400);
        assert_eq!(answer.code(), "security.return_to_not_local", "{bad}");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn a_state_is_good_once() {
    let stage = Stage::new().await;
    let browser = stage.browser();
    let back = browser.at_issuer(&browser.begin("/auth/login").await).await;
    browser.get(&back).await.expect(303);
    let again = browser.get(&back).await.expect(400);
    assert_eq!(again.code(), "security.sign_in_unknown");
    stage.last_event(None, "auth.login_failed", "unknown_state").await;
    // Of many at the same time one gets it.
    let back = browser.at_issuer(&browser.begin("/auth/login").await).await;
    let answers = futures::future::join_all((0..10).map(|_| browser.get(&back))).await;
    let signed_in = answers.iter().filter(|answer| answer.status == 303).count();
    assert_eq!(signed_in, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
}

/// Somebody else's answer signs nobody in: neither in a browser that began no sign-in, nor in one that began its own.
#[tokio::test]
async fn a_state_of_another_browser_is_refused() {
    let stage = Stage::new().await;
    let (attacker, victim) = (stage.browser(), stage.browser());
    let planted = attacker.at_issuer(&attacker.begin("/auth/login").await).await;
    assert_eq!(victim.get(&planted).await.expect(400).code(), "security.sign_in_unknown");
    stage.last_event(None, "auth.login_failed", "other_browser").await;
    let own = victim.at_issuer(&victim.begin("/auth/login").await).await;
    victim.get(&planted).await.expect(400);
    assert!(victim.cookie(SESSION).is_none());
    // Nobody lost anything by that.
    victim.get(&own).await.expect(303);
    attacker.get(&planted).await.expect(303);
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_refused() {
    let stage = Stage::new().await;
    let (attacker, victim) = (stage.browser(), stage.browser());
    let (of_attacker, of_victim) = (
        attacker.at_issuer(&attacker.begin("/auth/login").await).await,
        victim.at_issuer(&victim.begin("/auth/login").await).await,
    );
    let code =
        |url: &str| url.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap().to_owned();
    let injected = of_victim.replace(&code(&of_victim), &code(&of_attacker));
    assert_eq!(victim.get(&injected).await.expect(401).code(), "security.sign_in_invalid");
    stage.last_event(None, "auth.login_failed", "code_refused").await;
    assert_eq!(stage.issuer.refused(), 1, "by the verifier");
}

#[tokio::test]
async fn a_sign_in_runs_out() {
    let stage = Stage::new().await;
    let browser = stage.browser();
    let back = browser.at_issuer(&browser.begin("/auth/login").await).await;
    stage.advance(TimeDelta::seconds(300));
    assert_eq!(browser.get(&back).await.expect(400).code(), "security.sign_in_unknown");
    stage.last_event(None, "auth.login_failed", "expired").await;
}

#[tokio::test]
async fn a_person_who_declines_is_not_signed_in() {
    let stage = Stage::new().await;
    let browser = stage.browser();
    let location = browser.begin("/auth/login").await;
    let state = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("state=")).unwrap().to_owned();
    let iss = stage.issuer.url();
    let answer =
        browser.get(&format!("/auth/callback?error=access_denied&state={state}&iss={iss}")).await.expect(401);
    assert_eq!(answer.code(), "security.sign_in_refused");
    stage.last_event(None, "auth.login_failed", "access_denied").await;
}

/// Id tokens that are wrong in one way each: refused, and written down.
#[tokio::test]
async fn wrong_id_tokens_are_refused_and_audited() {
    let stage = Stage::new().await;
    let now = stage.app.db.database.clock().now().timestamp();
    for (changes, kind, reason) in [
        (json!({"iss": "https://other.example"}), "auth.issuer_mismatch", "other_issuer"),
        (json!({"iss": format!("{}/", stage.issuer.url())}), "auth.issuer_mismatch", "other_issuer"),
        (json!({"aud": "another-client"}), "auth.login_failed", "claim aud"),
        (json!({"aud": ["athyper", "stranger"], "azp": "athyper"}), "auth.login_failed", "claim aud"),
        (json!({"azp": "another-client"}), "auth.login_failed", "claim azp"),
        (json!({"nonce": "of another sign-in"}), "auth.login_failed", "claim nonce"),
        (json!({"nonce": null}), "auth.login_failed", "claim nonce"),
        (json!({"exp": now - 60}), "auth.login_failed", "expired"),
        (json!({"nbf": now + 60}), "auth.login_failed", "claim nbf"),
        (json!({"iat": now + 60}), "auth.login_failed", "claim iat"),
        (json!({"at_hash": "AAAA"}), "auth.login_failed", "claim at_hash"),
        (json!({"sub": "somebody-else", "at_hash": null}), "auth.login_failed", "another person"),
        (json!({"typ": "Bearer"}), "auth.login_failed", "claim typ"),
    ] {
        stage.issuer.behave(|manners| manners.id_token = changes.clone());
        refused(&stage, kind, reason).await;
    }
    stage.issuer.behave(|manners| manners.id_token = json!({}));
    for (signing, reason) in [
        (Signing::None, "algorithm"),
        (Signing::HmacWithPublicKey, "algorithm"),
        (Signing::OtherKey, "signature is wrong"),
    ] {
        stage.issuer.behave(|manners| manners.signing = signing);
        refused(&stage, "auth.login_failed", reason).await;
    }
    stage.issuer.behave(|manners| manners.signing = Signing::Right);
    stage.browser().sign_in().await.expect(303);
}

async fn refused(stage: &Stage, kind: &str, reason: &str) {
    stage.tick();
    let before = stage.count(None, kind).await;
    let browser: Browser = stage.browser();
    let answer = browser.sign_in().await;
    assert!(matches!(answer.status, 400 | 401), "{reason}: {} {:?}", answer.status, answer.body);
    assert!(browser.cookie(SESSION).is_none(), "{reason}");
    assert_eq!(stage.count(None, kind).await, before + 1, "{reason}");
    stage.last_event(None, kind, reason).await;
}

#[tokio::test]
async fn a_key_that_was_replaced_is_fetched() {
    let stage = Stage::new().await;
    stage.browser().sign_in().await.expect(303);
    stage.issuer.rotate_key();
    stage.advance(TimeDelta::minutes(1));
    stage.browser().sign_in().await.expect(303);
}

#[tokio::test]
async fn an_answer_in_the_name_of_another_issuer_is_refused() {
    let stage = Stage::new().await;
    stage.issuer.behave(|manners| manners.names_other = Some("https://attacker.example".to_owned()));
    let browser = stage.browser();
    assert_eq!(browser.sign_in().await.expect(400).code(), "security.other_issuer");
    stage.last_event(None, "auth.issuer_mismatch", "other_issuer").await;
    assert_eq!(stage.issuer.refused(), 0, "the code was never sent");
}

#[tokio::test]
async fn an_issuer_that_is_away_is_no_refusal() {
    let mut stage = Stage::new().await;
    let browser = stage.browser();
    let back = browser.at_issuer(&browser.begin("/auth/login").await).await;
    stage.issuer.away();
    let answer = browser.get(&back).await.expect(503);
    assert_eq!(answer.code(), "platform.issuer_unavailable");
    stage.issuer.back();
    stage.advance(TimeDelta::seconds(10));
    stage.browser().sign_in().await.expect(303);
}

#[tokio::test]
async fn a_person_without_a_tenant_is_told() {
    let stage = Stage::new().await;
    for person in [
        json!({"sub": "u", "roles": ["admin"]}),
        json!({"sub": "u", "tenantKey": "nowhere", "roles": ["admin"]}),
    ] {
        stage.issuer.behave(|manners| manners.person = person.clone());
        stage.tick();
        let browser = stage.browser();
        assert_eq!(browser.sign_in().await.expect(403).code(), "security.no_tenant");
        assert!(browser.cookie(SESSION).is_none());
        stage.last_event(None, "auth.login_failed", "no_tenant").await;
    }
}

/// An issuer whose access tokens are for its own use says who it is by the id token alone.
#[tokio::test]
async fn opaque_access_tokens_are_no_obstacle() {
    let stage = Stage::new().await;
    stage.issuer.behave(|manners| {
        manners.has_opaque_access = true;
        manners.person = person("globex", "viewer");
    });
    let browser = stage.browser();
    browser.sign_in().await.expect(303);
    assert_eq!(browser.get("/auth/session").await.expect(200).text("/tenant"), "globex");
    browser.get("/v1/finance/accounts").await.expect(200);
}

#[tokio::test]
async fn a_confidential_client_shows_its_secret() {
    // The secret of a realm comes from the environment alone, so the refusal is what can be seen here.
    let stage = Stage::new().await;
    stage.issuer.behave(|manners| manners.client_secret = Some("s".to_owned()));
    let answer = stage.browser().sign_in().await.expect(500);
    assert_eq!(answer.code(), "security.issuer_unusable");
    stage.last_event(None, "auth.login_failed", "invalid_client").await;
}

#[tokio::test]
async fn each_tab_signs_in_by_itself() {
    let stage = Stage::new().await;
    let browser = stage.browser();
    let first = browser.at_issuer(&browser.begin("/auth/login?returnTo=/a").await).await;
    let second = browser.at_issuer(&browser.begin("/auth/login?returnTo=/b").await).await;
    assert_eq!(browser.get(&first).await.expect(303).header("location"), "/a");
    assert_eq!(browser.get(&second).await.expect(303).header("location"), "/b");
}
