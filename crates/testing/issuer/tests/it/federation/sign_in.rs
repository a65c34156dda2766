//! Somebody signs in by a provider of a tenant: whose tenant it is, who it is there, and what they may do.

use athyper_issuer::Signing;
use serde_json::json;

use super::{Federated, person};

#[tokio::test]
async fn a_first_sign_in_enters_the_person_and_later_ones_find_it() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    issuer.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    let first = fed.browser();
    let answer = okta.sign_in(&first).await.expect(303);
    assert_eq!(answer.header("location"), "/orders");
    let session = first.get("/auth/session").await.expect(200).json();
    assert_eq!((&session["tenant"], &session["name"]), (&json!("demo"), &json!("Ann Example")));
    assert_eq!(session["roles"], json!([]));
    let subject = session["subject"].as_str().unwrap().to_owned();

    fed.advance(&issuer, chrono::TimeDelta::milliseconds(1));
    let second = fed.browser();
    okta.sign_in(&second).await.expect(303);
    assert_eq!(second.get("/auth/session").await.expect(200).text("/subject"), subject);
    let people = fed.admin("demo").get("/v1/iam/principals?userName=s-1").await.expect(200).json();
    assert_eq!(people["items"].as_array().unwrap().len(), 1);
    assert_eq!(people["items"][0]["id"], json!(subject));
    assert_eq!(people["items"][0]["authority"], "jit");
    assert_eq!(people["items"][0]["profile"]["emails"][0]["value"], "ann@acme.example");

    let told: Vec<_> =
        fed.events("demo").await.into_iter().filter(|(kind, _)| kind == "auth.login_success").collect();
    let done: Vec<_> = told.iter().map(|(_, meta)| meta["provisioning"].clone()).collect();
    assert_eq!(done, ["created", "unchanged"]);
    assert!(
        !fed.events("demo").await.iter().any(|(kind, _)| kind.starts_with("iam.")),
        "one event says all of it"
    );
}

#[tokio::test]
async fn the_tenant_and_the_rights_are_never_those_that_a_provider_says() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let mut claims = person("s-1", "ann@acme.example", true);
    for (name, value) in [
        ("tenantKey", json!("globex")),
        ("tenant", json!("globex")),
        ("tenants", json!(["globex", "demo"])),
        ("realmKey", json!("platform")),
        ("roles", json!(["admin", "platform_admin"])),
        ("realm_access", json!({"roles": ["admin"]})),
        ("kind", json!("service")),
    ] {
        claims[name] = value;
    }
    issuer.behave(|manners| manners.person = claims);
    let browser = fed.browser();
    okta.sign_in(&browser).await.expect(303);
    let session = browser.get("/auth/session").await.expect(200).json();
    assert_eq!((&session["tenant"], &session["roles"]), (&json!("demo"), &json!([])));
    browser.get("/v1/finance/accounts").await.expect(403);
    let headers = [("x-tenant", "globex"), ("sec-fetch-site", "same-origin")];
    let elsewhere = browser.send(axum::http::Method::GET, "/v1/iam/me", &headers, &json!(null)).await;
    assert!([403, 404].contains(&elsewhere.status), "{}", elsewhere.status);

    // What is bound to the person counts, at once.
    let id = session["subject"].as_str().unwrap();
    let bind = json!({"subject": {"principal": id}, "role": "viewer"});
    fed.admin("demo").post("/v1/iam/role-bindings", &bind).await.expect(201);
    browser.get("/v1/finance/accounts").await.expect(200);
    let own = browser.get("/v1/iam/me").await.expect(200).json();
    assert_eq!(own["principal"]["id"], json!(id), "{own}");
}

#[tokio::test]
async fn one_subject_of_two_providers_is_two_people() {
    let fed = Federated::new().await;
    let (one, two) = (fed.issuer(), fed.issuer());
    let okta = fed.provider("demo", "okta", &one, json!({"allowedDomains": []})).await;
    let entra = fed.provider("demo", "entra", &two, json!({"allowedDomains": []})).await;
    let other = fed.provider("globex", "okta", &one, json!({"allowedDomains": []})).await;
    let mut subjects = Vec::new();
    for issuer in [&one, &two] {
        issuer.behave(|manners| manners.person = json!({"sub": "same"}));
    }
    for (provider, tenant) in [(&okta, "demo"), (&entra, "demo"), (&other, "globex")] {
        let browser = fed.browser();
        provider.sign_in(&browser).await.expect(303);
        let session = browser.get("/auth/session").await.expect(200);
        assert_eq!(session.text("/tenant"), tenant);
        subjects.push(session.text("/subject"));
    }
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 3);
}

#[tokio::test]
async fn a_provider_that_is_not_there_or_disabled_signs_nobody_in() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let browser = fed.browser();
    for path in [
        "/auth/login?tenant=demo&provider=other",
        "/auth/login?tenant=globex&provider=okta",
        "/auth/login?tenant=nobody&provider=okta",
    ] {
        let refused = browser.get(path).await.expect(404);
        assert_eq!(refused.code(), "security.no_provider", "{path}");
    }
    for path in ["/auth/login?tenant=demo", "/auth/login?provider=okta"] {
        assert_eq!(browser.get(path).await.expect(400).code(), "security.half_a_provider");
    }
    // Disabled while somebody is at the issuer.
    issuer.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    let back = browser.at_issuer(&browser.begin(&okta.login()).await).await;
    fed.admin("demo").post_empty(&format!("{}/disable", okta.path())).await.expect(200);
    let refused = browser.get(&back).await;
    assert!(refused.status >= 400, "{}", refused.status);
    browser.get("/auth/session").await.expect(401);
    browser.get(&okta.login()).await.expect(404);
    assert_eq!(fed.events("demo").await.iter().filter(|(kind, _)| kind == "auth.login_success").count(), 0);
}

#[tokio::test]
async fn a_confidential_client_shows_its_secret_and_a_wrong_one_is_told_to_the_trail() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    issuer.behave(|manners| {
        manners.client_secret = Some("right-secret".to_owned());
        manners.person = person("s-1", "ann@acme.example", true);
        manners.signing = Signing::Right;
    });
    let okta = fed.provider("demo", "okta", &issuer, json!({"clientSecret": "wrong-secret"})).await;
    okta.sign_in(&fed.browser()).await.expect(409);
    let reasons = fed.refusals("demo").await;
    assert!(reasons[0].contains("invalid_client") && !reasons[0].contains("-secret"), "{reasons:?}");
    let admin = fed.admin("demo");
    let shown = admin.get(&okta.path()).await.expect(200);
    let change = json!({"displayName": "Okta", "clientId": athyper_issuer::CLIENT_ID, "clientSecret": "right-secret",
        "jitProvisioning": "create", "allowedDomains": ["acme.example"]});
    admin.with("if-match", &shown.header("etag")).put(&okta.path(), &change).await.expect(200);
    okta.sign_in(&fed.browser()).await.expect(303);
}
