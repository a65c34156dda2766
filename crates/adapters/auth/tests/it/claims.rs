//! Tokens that an issuer did sign, for somebody else, at another time or for another purpose.

use athyper_kernel_tenant_context::ActorKind;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{NOW, World, header, with};

#[tokio::test]
async fn a_good_token_says_who_it_is() {
    let world = World::new().await;
    let token = world.token_with(json!({
        "realm_access": {"roles": ["accountant"]},
        "resource_access": {"athyper": {"roles": ["approver"]}, "account": {"roles": ["admin"]}},
    }));
    let identity = world.accept(&token).await;
    assert_eq!(identity.realm_key, "alpha");
    assert_eq!((identity.actor.kind, identity.actor.id.as_str()), (ActorKind::User, "u1"));
    assert_eq!(*identity.roles, ["viewer", "accountant", "approver"]);
    assert_eq!(identity.claims["tenantKey"], "demo");
    let robot = world.token_with(json!({"sub": "robot", "client_id": "robot"}));
    assert_eq!(world.accept(&robot).await.actor.kind, ActorKind::Service);
}

#[tokio::test]
async fn a_token_of_an_issuer_that_is_not_configured_is_refused() {
    let world = World::new().await;
    world.stub.publish("gamma", &[world.alpha.jwk("k1", "ES256")]);
    let own = world.stub.issuer("alpha");
    let port = own.split(':').next_back().unwrap();
    for issuer in [
        world.stub.issuer("gamma"),
        format!("{own}/"),
        format!("{own}//"),
        format!("{own}#"),
        format!(" {own}"),
        own.to_uppercase(),
        own.replace("alpha", "Alpha"),
        own.replace("http", "HTTP"),
        own.replace("127.0.0.1", "localhost"),
        own.trim_start_matches("http://").to_owned(),
        format!("http://127.0.0.1:0{port}"),
        String::new(),
    ] {
        let reason = world.refuse(&world.token_with(json!({"iss": issuer}))).await;
        assert_eq!(reason, format!("no realm has the issuer {issuer:?}"));
    }
    for issuer in [Value::Null, json!(7), json!([own])] {
        assert_eq!(world.refuse(&world.token_with(json!({"iss": issuer}))).await, "claim iss: missing");
    }
    assert_eq!(world.stub.fetches("gamma"), 0);
}

#[tokio::test]
async fn the_issuer_of_one_realm_cannot_speak_for_another() {
    let world = World::new().await;
    // Both realms know a key of this id, and beta's key signs what only alpha's may.
    let token = world.beta.token(&header("ES256", "k1"), &world.claims());
    assert_eq!(world.refuse(&token).await, "the signature is wrong");
    let claims = with(world.claims(), json!({"iss": world.stub.issuer("beta"), "realmKey": "alpha"}));
    let identity = world.accept(&world.beta.token(&header("ES256", "k1"), &claims)).await;
    assert_eq!(identity.realm_key, "beta");
    assert_eq!(
        world.refuse(&world.alpha.token(&header("ES256", "k1"), &claims)).await,
        "the signature is wrong"
    );
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    let world = World::new().await;
    for audience in [Value::Null, json!("account"), json!(["account", "Athyper"]), json!([]), json!(1)] {
        let reason = world.refuse(&world.token_with(json!({"aud": audience}))).await;
        assert_eq!(reason, "claim aud: does not name this platform");
    }
    world.accept(&world.token_with(json!({"aud": ["account", "athyper"]}))).await;
}

#[tokio::test]
async fn a_token_of_another_client_is_refused() {
    let world = World::new().await;
    for azp in [json!("other"), json!(["athyper"]), json!("")] {
        let reason = world.refuse(&world.token_with(json!({"azp": azp}))).await;
        assert_eq!(reason, "claim azp: issued to a client that is not allowed");
    }
    for azp in [Value::Null, json!("athyper"), json!("portal")] {
        world.accept(&world.token_with(json!({"azp": azp}))).await;
    }
}

#[tokio::test]
async fn an_id_token_is_no_access_token() {
    let world = World::new().await;
    for kind in ["ID", "Refresh", "Offline"] {
        let reason = world.refuse(&world.token_with(json!({"typ": kind}))).await;
        assert_eq!(reason, "claim typ: not that of an access token");
    }
    for kind in [json!("logout+jwt"), json!("dpop+jwt"), json!(1)] {
        let header = with(header("ES256", "k1"), json!({"typ": kind}));
        let reason = world.refuse(&world.alpha.token(&header, &world.claims())).await;
        assert_eq!(reason, "the token cannot be read: the header's typ is not that of an access token");
    }
    let header = with(header("ES256", "k1"), json!({"typ": "at+jwt"}));
    world.accept(&world.alpha.token(&header, &with(world.claims(), json!({"typ": null})))).await;
}

#[tokio::test]
async fn a_token_is_valid_from_its_start_to_its_end() {
    let world = World::new().await;
    let token = world.token_with(json!({"nbf": NOW + 100, "iat": NOW, "exp": NOW + 300}));
    assert_eq!(world.refuse(&token).await, "claim nbf: in the future");
    world.hand.advance(TimeDelta::seconds(70));
    world.accept(&token).await;
    world.hand.advance(TimeDelta::seconds(259));
    world.accept(&token).await;
    world.hand.advance(TimeDelta::seconds(1));
    assert_eq!(world.refuse(&token).await, "the token has expired");
}

#[tokio::test]
async fn a_token_is_not_issued_in_the_future_nor_for_ever() {
    let world = World::new().await;
    let reason = world.refuse(&world.token_with(json!({"iat": NOW + 31}))).await;
    assert_eq!(reason, "claim iat: in the future");
    assert_eq!(world.refuse(&world.token_with(json!({"exp": null}))).await, "claim exp: missing");
    assert_eq!(world.refuse(&world.token_with(json!({"exp": "never"}))).await, "claim exp: not a time");
}

#[tokio::test]
async fn that_a_token_has_expired_is_said_of_signed_ones_only() {
    let world = World::new().await;
    let expired = with(world.claims(), json!({"exp": NOW - 300}));
    let forged = world.beta.token(&header("ES256", "k1"), &expired);
    assert_eq!(world.refuse(&forged).await, "the signature is wrong");
}

#[tokio::test]
async fn a_token_without_subject_is_refused() {
    let world = World::new().await;
    for subject in [Value::Null, json!(""), json!(" "), json!(7), json!("a\u{0}")] {
        let reason = world.refuse(&world.token_with(json!({"sub": subject}))).await;
        assert_eq!(reason, "claim sub: missing, blank, too long or with control characters");
    }
}

#[tokio::test]
async fn too_many_roles_are_refused() {
    let world = World::new().await;
    let roles: Vec<_> = (0..201).map(|n| format!("r{n}")).collect();
    let reason = world.refuse(&world.token_with(json!({"roles": roles}))).await;
    assert_eq!(reason, "claim roles: more than 200 roles");
}
