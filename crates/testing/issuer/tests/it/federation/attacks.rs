//! Sign-ins by a provider that are refused, each told to the trail of its tenant.

use athyper_issuer::{Issuer, Manners, Signing};
use chrono::TimeDelta;
use serde_json::json;

use super::{Federated, Provider, person};

/// Signs in at an issuer that misbehaves so, and checks that it is refused for this reason.
async fn refused(
    fed: &Federated,
    (provider, issuer): (&Provider, &Issuer),
    reason: &str,
    change: impl FnOnce(&mut Manners),
) {
    issuer.behave(|manners| {
        manners.person = person("s-1", "ann@acme.example", true);
        manners.id_token = json!({});
        manners.signing = Signing::Right;
        manners.names_other = None;
        change(manners);
    });
    fed.advance(issuer, TimeDelta::milliseconds(1));
    let before = fed.refusals(&provider.tenant).await.len();
    let browser = fed.browser();
    let answer = provider.sign_in(&browser).await;
    assert!([400, 401].contains(&answer.status), "{reason}: {}", answer.status);
    browser.get("/auth/session").await.expect(401);
    let reasons = fed.refusals(&provider.tenant).await;
    assert_eq!(reasons.len(), before + 1, "{reasons:?}");
    assert!(reasons.last().unwrap().contains(reason), "{reason}: {reasons:?}");
}

#[tokio::test]
async fn id_tokens_that_are_not_what_they_must_be_are_refused() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let at = (&okta, &issuer);
    let iat = 1_700_000_000;
    refused(&fed, at, "other_issuer", |m| m.id_token = json!({"iss": "https://other.example"})).await;
    refused(&fed, at, "other_issuer", |m| m.id_token = json!({"iss": format!("{}/", issuer.url())})).await;
    refused(&fed, at, "nonce", |m| m.id_token = json!({"nonce": "another"})).await;
    refused(&fed, at, "nonce", |m| m.id_token = json!({"nonce": null})).await;
    refused(&fed, at, "aud", |m| m.id_token = json!({"aud": "another-client"})).await;
    refused(&fed, at, "azp", |m| m.id_token = json!({"azp": "another-client"})).await;
    refused(&fed, at, "expired", |m| m.id_token = json!({"iat": iat, "exp": iat + 300})).await;
    refused(&fed, at, "sub", |m| m.id_token = json!({"sub": ""})).await;
    refused(&fed, at, "at_hash", |m| m.id_token = json!({"at_hash": "another"})).await;
    refused(&fed, at, "none", |m| m.signing = Signing::None).await;
    refused(&fed, at, "HS256", |m| m.signing = Signing::HmacWithPublicKey).await;
    refused(&fed, at, "signature", |m| m.signing = Signing::OtherKey).await;
    refused(&fed, at, "other_issuer", |m| m.names_other = Some("https://other.example".to_owned())).await;
    // And one that is.
    issuer.behave(|manners| {
        manners.signing = Signing::Right;
        manners.id_token = json!({});
        manners.names_other = None;
    });
    okta.sign_in(&fed.browser()).await.expect(303);
}

#[tokio::test]
async fn an_answer_is_good_once_in_its_browser_and_its_time() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    issuer.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    let (browser, other) = (fed.browser(), fed.browser());
    let back = browser.at_issuer(&browser.begin(&okta.login()).await).await;
    other.get(&back).await.expect(400);
    assert_eq!(fed.refusals("demo").await, ["other_browser"]);
    browser.get(&back).await.expect(303);
    browser.get(&back).await.expect(400);

    let late = browser.at_issuer(&browser.begin(&okta.login()).await).await;
    fed.advance(&issuer, TimeDelta::hours(1));
    browser.get(&late).await.expect(400);
    assert_eq!(fed.refusals("demo").await.last().unwrap(), "expired");
}

/// Two providers of two tenants, of which one tells people to sign in at the other (RFC 9700, section 4.4).
#[tokio::test]
async fn providers_of_two_tenants_are_not_mixed_up() {
    for names_itself in [true, false] {
        let fed = Federated::new().await;
        let (honest, evil) = (fed.issuer(), fed.issuer());
        for issuer in [&honest, &evil] {
            issuer.behave(|manners| {
                manners.person = person("s-1", "ann@acme.example", true);
                manners.names_itself = names_itself;
            });
        }
        let okta = fed.provider("demo", "okta", &honest, json!({})).await;
        let trap = fed.provider("globex", "trap", &evil, json!({})).await;
        let browser = fed.browser();
        let at_evil = browser.begin(&trap.login()).await;
        // The evil one sends the browser on to the honest one, which sends it back to the address that it knows.
        let query = at_evil.split_once('?').unwrap().1;
        let honest_address = format!("callback%2F{}", okta.id);
        let query = query.replace(&format!("callback%2F{}", trap.id), &honest_address);
        assert!(query.contains(&honest_address), "{query}");
        let back = browser.at_issuer(&format!("{}/authorize?{query}", honest.url())).await;
        browser.get(&back).await.expect(400);
        assert_eq!(fed.refusals("globex").await, ["other_issuer"]);
        assert_eq!(evil.refused(), 0, "the code of the honest issuer went to the evil one");
        browser.get("/auth/session").await.expect(401);

        // The other way: the answer of one tenant's sign-in is shown at the address of another.
        let back = browser.at_issuer(&browser.begin(&okta.login()).await).await;
        let moved = back.replace(&okta.id.to_string(), &trap.id.to_string());
        browser.get(&moved).await.expect(400);
        let moved = back.replace(&format!("/{}", okta.id), "");
        browser.get(&moved).await.expect(400);
        browser.get("/auth/session").await.expect(401);
    }
}

#[tokio::test]
async fn a_code_of_one_provider_is_nothing_at_another() {
    let fed = Federated::new().await;
    let (one, two) = (fed.issuer(), fed.issuer());
    for issuer in [&one, &two] {
        issuer.behave(|manners| {
            manners.person = person("s-1", "ann@acme.example", true);
            manners.names_itself = false;
        });
    }
    let okta = fed.provider("demo", "okta", &one, json!({})).await;
    let entra = fed.provider("globex", "entra", &two, json!({})).await;
    let browser = fed.browser();
    let of_one = browser.at_issuer(&browser.begin(&okta.login()).await).await;
    let of_two = browser.at_issuer(&browser.begin(&entra.login()).await).await;
    let code = |back: &str| back.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let crossed = of_two.replace(&code(&of_two), &code(&of_one));
    browser.get(&crossed).await.expect(401);
    assert_eq!(fed.refusals("globex").await, ["code_refused"]);
}
