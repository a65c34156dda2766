//! New keys, old keys, and issuers that do not answer.

use std::sync::Arc;

use athyper_kernel_config::Environment;
use athyper_kernel_http::Authenticator as _;
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;
use tokio::net::TcpSocket;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{Answer, Key, NOW, Stub, World, authenticator, header, realm, with};

const KEYS: &str = "/alpha/keys";

fn broken() -> Answer {
    Answer::Status(StatusCode::BAD_GATEWAY, json!("try later"))
}

#[tokio::test]
async fn keys_are_fetched_once_and_then_kept() {
    let world = World::new().await;
    assert_eq!(world.stub.fetches("alpha"), 0);
    for _ in 0..20 {
        world.accept(&world.token()).await;
    }
    assert_eq!((world.stub.fetches("alpha"), world.stub.fetches("beta")), (1, 0));
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it() {
    let world = World::new().await;
    world.accept(&world.token()).await;
    let new = Key::ec();
    world.stub.publish("alpha", &[world.alpha.jwk("k1", "ES256"), new.jwk("k2", "ES256")]);
    let token = new.token(&header("ES256", "k2"), &world.claims());
    world.refuse(&token).await;
    assert_eq!(world.stub.fetches("alpha"), 1, "not sooner than a minute after the last");
    world.hand.advance(TimeDelta::minutes(1));
    world.accept(&token).await;
    world.accept(&world.token()).await;
    assert_eq!(world.stub.fetches("alpha"), 2);
}

#[tokio::test]
async fn key_ids_that_do_not_exist_cost_one_fetch_a_minute() {
    let world = World::new().await;
    world.accept(&world.token()).await;
    world.hand.advance(TimeDelta::minutes(1));
    for minute in 1..=3 {
        let mut callers = JoinSet::new();
        for n in 0..100 {
            let token = world.alpha.token(&header("ES256", &format!("x{n}")), &world.claims());
            let authenticator = world.authenticator.clone();
            callers.spawn(async move { authenticator.authenticate(&token).await });
        }
        for answer in callers.join_all().await {
            assert_eq!(answer.unwrap_err().code, "request.invalid_token");
        }
        assert_eq!(world.stub.fetches("alpha"), 1 + minute);
        world.hand.advance(TimeDelta::seconds(59));
        world.refuse(&world.alpha.token(&header("ES256", "y"), &world.claims())).await;
        assert_eq!(world.stub.fetches("alpha"), 1 + minute);
        world.hand.advance(TimeDelta::seconds(1));
    }
    world.accept(&world.token()).await;
}

#[tokio::test]
async fn callers_who_come_together_share_one_fetch() {
    let world = World::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let keys = json!({"keys": [world.alpha.jwk("k1", "ES256")]});
    world.stub.set(KEYS, Answer::Held(Arc::clone(&gate), keys));
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let (authenticator, token) = (world.authenticator.clone(), world.token());
        callers.spawn(async move { authenticator.authenticate(&token).await });
    }
    while world.stub.fetches("alpha") == 0 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(50);
    for answer in callers.join_all().await {
        assert_eq!(answer.unwrap().realm_key, "alpha");
    }
    assert_eq!(world.stub.fetches("alpha"), 1);
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_end_the_fetch() {
    let world = World::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let keys = json!({"keys": [world.alpha.jwk("k1", "ES256")]});
    world.stub.set(KEYS, Answer::Held(Arc::clone(&gate), keys));
    let mut caller = JoinSet::new();
    let (authenticator, token) = (world.authenticator.clone(), world.token());
    caller.spawn(async move { authenticator.authenticate(&token).await });
    while world.stub.fetches("alpha") == 0 {
        tokio::task::yield_now().await;
    }
    caller.shutdown().await;
    gate.add_permits(1);
    world.accept(&world.token()).await;
    assert_eq!(world.stub.fetches("alpha"), 1);
}

#[tokio::test]
async fn keys_outlast_an_outage_of_their_issuer() {
    let world = World::new().await;
    let token = world.token_with(json!({"exp": NOW + 1_000_000}));
    world.accept(&token).await;
    world.stub.set(KEYS, broken());
    for _ in 0..100 {
        world.hand.advance(TimeDelta::minutes(30));
        world.accept(&token).await;
    }
    // A key that is not known may be a new one: nobody can tell until the issuer answers.
    let new = Key::ec();
    let with_new_key =
        new.token(&header("ES256", "k2"), &with(world.claims(), json!({"exp": NOW + 1_000_000})));
    world.unavailable(&with_new_key).await;
    world.stub.publish("alpha", &[world.alpha.jwk("k1", "ES256"), new.jwk("k2", "ES256")]);
    world.hand.advance(TimeDelta::minutes(1));
    world.accept(&with_new_key).await;
}

#[tokio::test]
async fn a_key_that_the_issuer_took_back_stops_working() {
    let world = World::new().await;
    let token = world.token_with(json!({"exp": NOW + 1_000_000}));
    world.accept(&token).await;
    world.stub.publish("alpha", &[Key::ec().jwk("k2", "ES256")]);
    world.hand.advance(TimeDelta::seconds(599));
    world.accept(&token).await;
    // Time for a fetch behind our back, if there was one: another realm's keys come from the same server.
    let claims = with(world.claims(), json!({"iss": world.stub.issuer("beta"), "exp": NOW + 1_000_000}));
    world.accept(&world.beta.token(&header("ES256", "k1"), &claims)).await;
    assert_eq!(world.stub.fetches("alpha"), 1);
    world.hand.advance(TimeDelta::seconds(1));
    // This request is still served with the old keys; it has the new ones fetched behind its back.
    world.accept(&token).await;
    while world.authenticator.authenticate(&token).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.refuse(&token).await, "the issuer has no key with the id \"k1\"");
    assert_eq!(world.stub.fetches("alpha"), 2);
}

#[tokio::test]
async fn an_issuer_that_is_away_at_the_start_is_asked_until_it_answers() {
    let mut world = World::new().await;
    // A port that is taken and that nobody listens to.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let away = socket.local_addr().unwrap();
    let realms = json!({"alpha": realm(&format!("http://{away}/alpha"))});
    let made = authenticator(Environment::Local, realms, world.clock.clone(), &world.lifecycle);
    world.authenticator = made.unwrap();
    let token = world.token_with(json!({"iss": format!("http://{away}/alpha")}));
    let problem = world.unavailable(&token).await;
    assert_eq!(problem.retry_after_seconds, Some(5));
    assert!(!problem.detail.contains("alpha"));

    let back = Stub::serve(socket.listen(16).unwrap(), &world.lifecycle);
    back.publish("alpha", &[world.alpha.jwk("k1", "ES256")]);
    world.unavailable(&token).await;
    assert_eq!(back.fetches("alpha"), 0, "not sooner than five seconds after the last");
    world.hand.advance(TimeDelta::seconds(5));
    world.accept(&token).await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stop_fetches() {
    let world = World::new().await;
    world.accept(&world.token()).await;
    let new = Key::ec();
    world.stub.publish("alpha", &[new.jwk("k2", "ES256")]);
    world.hand.advance(TimeDelta::hours(-1));
    let claims = with(world.claims(), json!({"iat": NOW - 4000}));
    world.accept(&new.token(&header("ES256", "k2"), &claims)).await;
}

/// A token that was accepted before is remembered, and not for longer than it holds or its key is the issuer's.
#[tokio::test]
async fn a_token_that_was_accepted_before_is_refused_when_it_expires_or_its_key_is_another() {
    let world = World::new().await;
    let (token, long) = (world.token(), world.token_with(json!({"exp": NOW + 1_000_000})));
    for _ in 0..2 {
        world.accept(&token).await;
        world.accept(&long).await;
    }
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other = long.rsplit_once('.').unwrap().1;
    assert_ne!(signature, other);
    world.refuse(&format!("{signed}.{other}")).await;
    world.hand.advance(TimeDelta::minutes(6));
    assert_eq!(world.refuse(&token).await, "the token has expired");
    world.accept(&long).await;

    // The issuer gives the name of the key to another one. Whoever asks when the keys are old has them fetched.
    world.stub.publish("alpha", &[Key::ec().jwk("k1", "ES256")]);
    world.hand.advance(TimeDelta::days(1));
    world.accept(&long).await;
    while world.stub.fetches("alpha") < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..1_000 {
        if world.authenticator.authenticate(&long).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    world.refuse(&long).await;
}
