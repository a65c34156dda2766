//! Signing in: what opens an account, and that whoever fails learns nothing.

use athyper_accounts::ports::Strength;
use athyper_test_kit::Answer;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::{OTHER, PASSWORD, Stage};

/// What of an answer could tell one failure from another: all but the id of the request.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, serde_json::Value) {
    let mut body = answer.json();
    body["requestId"] = json!("");
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "traceresponse", "traceparent"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status, headers, body)
}

/// Why sign-ins failed, as the trail has it.
async fn reasons(stage: &Stage) -> Vec<String> {
    let events = stage.events("auth.login_failed").await;
    events.iter().map(|facts| facts["reason"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_person_is_invited_and_signs_in_by_name_or_address() {
    let stage = Stage::new().await;
    let invited = stage.invite("demo", "zoe").await.expect(201).json();
    assert_eq!((invited["state"].as_str(), invited["login"].as_str()), (Some("invited"), Some("zoe")));
    let (to, _, text) = stage.mails().await.pop().unwrap();
    assert_eq!(to, "zoe@demo.example");
    assert!(text.contains("http://localhost:3000/set-password?realm=athyper&tenant=demo#"), "{text}");
    let body = json!({"token": stage.last_token().await, "password": PASSWORD});
    assert_eq!(stage.guest("set-password", body).await.expect(200).json(), json!({"login": "zoe"}));
    for login in ["zoe", "ZOE", " zoe@demo.example "] {
        let answer = stage.sign_in(login, PASSWORD).await.expect(200);
        assert_eq!(answer.json(), json!({"status": "signedIn"}));
        assert!(answer.header("set-cookie").starts_with("__Host-session="));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(stage.started(), vec![("zoe".to_owned(), Strength::Password); 3]);
    assert_eq!(stage.events("auth.account_activated").await.len(), 1);
    assert_eq!(stage.events("auth.login_success").await.len(), 3);
}

/// Whatever is wrong, the answer is one.
#[tokio::test]
async fn failures_are_told_alike() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    stage.account("kim").await;
    stage.invite("demo", "viewer").await.expect(201);
    stage.people.change("demo", "kim", |person| person.is_active = false);
    let wrong = told(&stage.sign_in("zoe", OTHER).await);
    assert_eq!((wrong.0, wrong.2["code"].as_str()), (401, Some("accounts.sign_in_failed")));
    for (login, password, why) in [
        ("nobody", PASSWORD, "unknown_login"),
        ("admin", PASSWORD, "no_account"),
        ("viewer", PASSWORD, "no_password"),
        ("kim", PASSWORD, "not_active"),
        ("kim", OTHER, "wrong_password"),
        ("", "", "unknown_login"),
        ("zoe\u{0}", PASSWORD, "unknown_login"),
    ] {
        let answer = stage.sign_in(login, password).await;
        assert_eq!(told(&answer), wrong, "{login:?} {why}");
        assert!(reasons(&stage).await.contains(&why.to_owned()), "{login:?} {why}");
    }
    for _ in 0..5 {
        stage.sign_in("zoe", OTHER).await;
    }
    assert_eq!(told(&stage.sign_in("zoe", PASSWORD).await), wrong, "locked, with the right password");
    assert!(reasons(&stage).await.contains(&"locked".to_owned()));
    assert_eq!(stage.started(), []);
}

#[tokio::test]
async fn the_trail_holds_no_password_and_no_login_of_nobody() {
    let stage = Stage::new().await;
    stage.sign_in("a-secret-typed-as-name", "hunter2-hunter2").await.expect(401);
    let mut admin = stage.app.db.superuser().await;
    let trail: Vec<String> = sqlx::query_scalar("select to_jsonb(e)::text from audit.event e")
        .fetch_all(&mut admin)
        .await
        .unwrap();
    assert!(!trail.is_empty() && !trail.concat().contains("hunter2") && !trail.concat().contains("a-secret"));
}

#[tokio::test]
async fn an_account_belongs_to_its_tenant() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let body = json!({"login": "zoe", "password": PASSWORD});
    stage.guest_at("globex", "sign-in", body.clone()).await.expect(401);
    stage.guest_at("nowhere", "sign-in", body).await.expect(404);
}

#[tokio::test]
async fn a_tenants_flood_fills_no_other_tenants_counters() {
    let stage = Stage::new().await;
    stage.account_at("globex", "zoe").await;
    for _ in 0..30 {
        stage.sign_in("nobody", OTHER).await.expect(401);
    }
    let refused = stage.sign_in("nobody", OTHER).await.expect(429);
    assert_eq!(refused.code(), "accounts.address_refused");
    assert!(refused.headers.contains_key("retry-after"));
    let body = json!({"login": "zoe", "password": PASSWORD});
    stage.guest_at("globex", "sign-in", body).await.expect(200);
    stage.pass(TimeDelta::minutes(16));
    stage.sign_in("nobody", OTHER).await.expect(401);
}

/// A hash of former parameters is replaced when its password is there.
#[tokio::test]
async fn a_weaker_hash_is_made_anew_at_sign_in() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let mut admin = stage.app.db.superuser().await;
    // "password" with 256 KiB, from the tests of the reference implementation.
    let weak = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    sqlx::query("update accounts.account set password_hash = $1")
        .bind(weak)
        .execute(&mut admin)
        .await
        .unwrap();
    stage.sign_in("zoe", "Password").await.expect(401);
    let stored = "select password_hash from accounts.account";
    let hash: String = sqlx::query_scalar(stored).fetch_one(&mut admin).await.unwrap();
    assert_eq!(hash, weak, "a wrong password changes nothing");
    stage.sign_in("zoe", "password").await.expect(200);
    let hash: String = sqlx::query_scalar(stored).fetch_one(&mut admin).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    stage.sign_in("zoe", "password").await.expect(200);
}
