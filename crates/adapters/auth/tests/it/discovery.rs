//! Where keys come from: discovery, redirects, sizes, and setups that are refused before any token comes.

use athyper_adapter_auth::SetupError;
use athyper_kernel_config::Environment;
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Answer, World, authenticator, clock, header, realm, with};

const DOCUMENT: &str = "/alpha/.well-known/openid-configuration";

#[tokio::test]
async fn a_discovery_document_of_another_issuer_is_refused() {
    let world = World::new().await;
    let issuer = world.stub.issuer("alpha");
    for other in [world.stub.issuer("beta"), format!("{issuer}/"), issuer.to_uppercase()] {
        let document = json!({"issuer": other, "jwks_uri": format!("{issuer}/keys")});
        world.stub.set(DOCUMENT, Answer::Json(document));
        world.unavailable(&world.token()).await;
        world.hand.advance(TimeDelta::seconds(5));
    }
    assert_eq!(world.stub.hits(DOCUMENT), 3);
    assert_eq!(world.stub.fetches("alpha"), 0);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let world = World::new().await;
    let target = format!("{}/alpha/keys", world.stub.base);
    world.stub.set("/alpha/moved", Answer::Redirect(target));
    let issuer = world.stub.issuer("alpha");
    let document = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/moved")});
    world.stub.set(DOCUMENT, Answer::Json(document));
    world.unavailable(&world.token()).await;
    assert_eq!((world.stub.hits("/alpha/moved"), world.stub.fetches("alpha")), (1, 0));
}

#[tokio::test]
async fn answers_that_are_no_keys_leave_the_issuer_unavailable() {
    let world = World::new().await;
    let good = json!({"keys": [world.alpha.jwk("k1", "ES256")]});
    let endless = with(good.clone(), json!({"padding": "x".repeat(600 * 1024)}));
    for answer in [
        Answer::Json(endless),
        Answer::Text("<html>".to_owned()),
        Answer::Text(String::new()),
        Answer::Json(json!([])),
        Answer::Json(json!({"keys": []})),
        Answer::Json(json!({"keys": [{"kty": "oct", "kid": "k1", "k": "AQAB"}]})),
        Answer::Status(StatusCode::INTERNAL_SERVER_ERROR, good.clone()),
        Answer::Status(StatusCode::NON_AUTHORITATIVE_INFORMATION, good),
    ] {
        world.stub.set("/alpha/keys", answer);
        world.unavailable(&world.token()).await;
        world.hand.advance(TimeDelta::seconds(5));
    }
    assert_eq!(world.stub.fetches("alpha"), 8);
    // An issuer in trouble is nobody else's trouble.
    let claims = with(world.claims(), json!({"iss": world.stub.issuer("beta")}));
    world.accept(&world.beta.token(&header("ES256", "k1"), &claims)).await;
}

#[tokio::test]
async fn keys_are_fetched_by_https_only_outside_local() {
    let lifecycle = Lifecycle::new(LifecycleOptions::default());
    let setup = |environment, realms: Value| authenticator(environment, realms, clock().0, &lifecycle);
    for environment in [Environment::Staging, Environment::Production] {
        let refused = setup(environment, json!({"a": realm("http://issuer.example")})).unwrap_err();
        assert!(matches!(refused, SetupError::Issuer { realm_key, .. } if realm_key == "a"));
        assert!(setup(environment, json!({"a": realm("https://issuer.example")})).is_ok());
    }
}

#[tokio::test]
async fn each_realm_has_an_issuer_of_its_own() {
    let lifecycle = Lifecycle::new(LifecycleOptions::default());
    let issuer = "https://issuer.example";
    let setup = |realms: Value| authenticator(Environment::Production, realms, clock().0, &lifecycle);
    let refused = setup(json!({"a": realm(issuer), "b": realm(issuer)})).unwrap_err();
    assert!(matches!(refused, SetupError::SharedIssuer(key) if key == "b"));
    let built_in = json!({"a": {"iam": {"clientId": "athyper"}, "builtInIssuer": true}});
    assert!(matches!(setup(built_in).unwrap_err(), SetupError::NoBuiltInIssuer(key) if key == "a"));
}
