//! What becomes of the sessions that a provider began.

use athyper_test_kit::Client;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Federated, Provider, person};

async fn started(fed: &Federated, provider: &Provider) -> crate::stage::Browser {
    let browser = fed.browser();
    provider.sign_in(&browser).await.expect(303);
    browser
}

#[tokio::test]
async fn disabling_changing_the_client_and_deleting_end_all_of_them() {
    let fed = Federated::new().await;
    let (one, two) = (fed.issuer(), fed.issuer());
    for issuer in [&one, &two] {
        issuer.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    }
    let okta = fed.provider("demo", "okta", &one, json!({})).await;
    let entra = fed.provider("globex", "okta", &two, json!({})).await;
    let admin = fed.admin("demo");
    let (first, second, other) =
        (started(&fed, &okta).await, started(&fed, &okta).await, started(&fed, &entra).await);
    first.get("/auth/session").await.expect(200);
    admin.post_empty(&format!("{}/disable", okta.path())).await.expect(200);
    for browser in [&first, &second] {
        assert_eq!(browser.get("/auth/session").await.expect(401).code(), "security.session_ended");
    }
    other.get("/auth/session").await.expect(200);
    let listed = admin.get("/v1/security/sessions?state=live").await.expect(200).json();
    assert_eq!(listed["items"], json!([]));

    admin.post_empty(&format!("{}/enable", okta.path())).await.expect(200);
    let third = started(&fed, &okta).await;
    let shown = admin.get(&okta.path()).await.expect(200);
    let same =
        json!({"displayName": "Okta", "clientId": athyper_issuer::CLIENT_ID, "jitProvisioning": "create"});
    let changed = admin.with("if-match", &shown.header("etag")).put(&okta.path(), &same).await.expect(200);
    third.get("/auth/session").await.expect(200);
    let mut new_client = same.clone();
    new_client["clientId"] = json!("another");
    let changed =
        admin.with("if-match", &changed.header("etag")).put(&okta.path(), &new_client).await.expect(200);
    third.get("/auth/session").await.expect(401);
    let changed = admin.with("if-match", &changed.header("etag")).put(&okta.path(), &same).await.expect(200);

    let fourth = started(&fed, &okta).await;
    admin.with("if-match", &changed.header("etag")).delete(&okta.path()).await.expect(204);
    fourth.get("/auth/session").await.expect(401);
}

/// Another process keeps sessions and clients in memory, and hears of it when a provider is disabled.
#[tokio::test]
async fn another_process_knows_within_a_second() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    issuer.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    let (other, following) = fed.another_process().await;
    let browser = started(&fed, &okta).await;
    let there = browser.at(other.clone());
    // Twice, so that what is kept in memory answers.
    there.get("/auth/session").await.expect(200);
    there.get("/auth/session").await.expect(200);
    there.begin(&okta.login()).await;
    let waiting = there.copy();
    let back = waiting.at_issuer(&waiting.begin(&okta.login()).await).await;

    let disabled = std::time::Instant::now();
    fed.admin("demo").post_empty(&format!("{}/disable", okta.path())).await.expect(200);
    while there.get("/auth/session").await.status == 200 {
        assert!(
            disabled.elapsed() < std::time::Duration::from_secs(30),
            "the other process never hears of it"
        );
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(waiting.get(&back).await.expect(409).code(), "security.provider_unusable");
    assert_eq!(issuer.refused(), 0);
    following.abort();
}

#[tokio::test]
async fn a_session_is_refreshed_at_its_provider_and_keeps_what_it_may_do() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    issuer.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    let browser = started(&fed, &okta).await;
    issuer.behave(|manners| {
        manners.person = json!({"sub": "s-1", "roles": ["admin"], "tenantKey": "globex"});
    });
    fed.advance(&issuer, TimeDelta::minutes(6));
    let session = browser.get("/auth/session").await.expect(200).json();
    assert_eq!(issuer.refreshes(), 1);
    assert_eq!((&session["tenant"], &session["roles"]), (&json!("demo"), &json!([])));
    issuer.end_all();
    fed.advance(&issuer, TimeDelta::minutes(6));
    browser.get("/auth/session").await.expect(401);
}

#[tokio::test]
async fn signing_out_takes_the_refresh_token_back() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    issuer.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    let browser = started(&fed, &okta).await;
    let answer = browser.post("/auth/logout", &Value::Null).await.expect(200);
    assert!(answer.text("/endSessionUrl").starts_with(&issuer.url()));
    assert_eq!((issuer.revoked().len(), issuer.good_refresh_tokens()), (1, 0));
    // Whoever is not let in leaves no refresh token behind either.
    issuer.behave(|manners| manners.person = person("s-2", "eve@evil.example", true));
    okta.sign_in(&fed.browser()).await.expect(403);
    assert_eq!((issuer.revoked().len(), issuer.good_refresh_tokens()), (2, 0));
}

async fn back_channel(fed: &Federated, path: &str, token: &str) -> u16 {
    let body = format!("logout_token={token}");
    let client = Client::anonymous(fed.app.router.clone());
    let media_type = Some("application/x-www-form-urlencoded");
    client.send(axum::http::Method::POST, path, media_type, body.into()).await.status
}

#[tokio::test]
async fn a_provider_says_that_somebody_has_signed_out() {
    let fed = Federated::new().await;
    let (issuer, other) = (fed.issuer(), fed.issuer());
    for one in [&issuer, &other] {
        one.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    }
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let entra = fed.provider("globex", "entra", &other, json!({})).await;
    let twin = fed.provider("globex", "twin", &issuer, json!({"jitProvisioning": "create"})).await;
    let (browser, elsewhere) = (started(&fed, &okta).await, started(&fed, &entra).await);
    let twins = {
        issuer.behave(|manners| manners.person = person("s-1", "twin@acme.example", true));
        started(&fed, &twin).await
    };
    let okta_path = "/auth/backchannel-logout/athyper/demo/okta";
    let token = issuer.logout_token(&json!({"sub": "s-1"}));
    // Another's token, and a token at another's address or at that of the realms.
    let of_other = other.logout_token(&json!({"sub": "s-1"}));
    assert_eq!(back_channel(&fed, okta_path, &of_other).await, 400);
    assert_eq!(back_channel(&fed, "/auth/backchannel-logout/athyper/globex/entra", &token).await, 400);
    assert_eq!(back_channel(&fed, "/auth/backchannel-logout", &token).await, 400);
    assert_eq!(back_channel(&fed, "/auth/backchannel-logout/athyper/demo/nobody", &token).await, 400);
    browser.get("/auth/session").await.expect(200);

    assert_eq!(back_channel(&fed, okta_path, &token).await, 200);
    assert_eq!(back_channel(&fed, okta_path, &token).await, 400, "a token is good once");
    browser.get("/auth/session").await.expect(401);
    elsewhere.get("/auth/session").await.expect(200);
    // Another tenant has the same issuer and the same subject: its sessions are its own.
    twins.get("/auth/session").await.expect(200);
    let rejected =
        fed.events("demo").await.into_iter().filter(|(kind, _)| kind == "auth.logout_rejection").count();
    assert_eq!(rejected, 2);
}

#[tokio::test]
async fn whoever_is_suspended_is_out_at_once() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    issuer.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    let browser = started(&fed, &okta).await;
    let id = browser.get("/auth/session").await.expect(200).text("/subject");
    fed.admin("demo").post_empty(&format!("/v1/iam/principals/{id}/suspend")).await.expect(200);
    let refused = browser.get("/v1/iam/me").await.status;
    assert!([401, 403].contains(&refused), "{refused}");
    okta.sign_in(&fed.browser()).await.expect(403);
    assert_eq!(fed.refusals("demo").await, ["suspended"]);
}
