//! Guests who repeat a request under one `Idempotency-Key` get the first answer, and the database keeps no secret of it.

use athyper_test_kit::Answer;
use serde_json::{Value, json};

use crate::support::{OTHER, PASSWORD, Stage};

const KEY: &str = "0b0f7f1c-1d55-4d4e-9a39-6d8d3b1d7a11";

async fn send(stage: &Stage, key: &str, operation: &str, mut body: Value) -> Answer {
    body["realm"] = json!("athyper");
    body["tenant"] = json!("demo");
    let guest = stage.app.anonymous().with("idempotency-key", key);
    guest.post(&format!("/v1/accounts/{operation}"), &body).await
}

fn is_replay(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

#[tokio::test]
async fn the_same_sign_in_starts_one_session() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let body = json!({"login": "zoe", "password": PASSWORD});
    let first = send(&stage, KEY, "sign-in", body.clone()).await.expect(200);
    let again = send(&stage, KEY, "sign-in", body.clone()).await.expect(200);
    assert!(!is_replay(&first) && is_replay(&again));
    assert_eq!((first.json(), first.header("set-cookie")), (again.json(), again.header("set-cookie")));
    assert_eq!(again.header("cache-control"), "no-store");
    assert_eq!(stage.started().len(), 1);
    // Another content, another key, no key.
    let other = send(&stage, KEY, "sign-in", json!({"login": "zoe", "password": OTHER})).await.expect(422);
    assert_eq!(other.code(), "request.idempotency_key_reused");
    let new = "1b0f7f1c-1d55-4d4e-9a39-6d8d3b1d7a11";
    assert!(!is_replay(&send(&stage, new, "sign-in", body).await.expect(200)));
    assert_eq!(stage.started().len(), 2);
    // One that could be guessed is no key for somebody without an identity.
    let short = send(&stage, "1", "sign-in", json!({"login": "zoe", "password": PASSWORD})).await.expect(400);
    assert_eq!(short.code(), "request.invalid_idempotency_key");
}

#[tokio::test]
async fn a_refusal_is_judged_anew() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let body = json!({"login": "zoe", "password": OTHER});
    for _ in 0..2 {
        send(&stage, KEY, "sign-in", body.clone()).await.expect(401);
    }
    assert_eq!(stage.events("auth.login_failed").await.len(), 2);
}

#[tokio::test]
async fn a_link_that_was_used_answers_the_same_request_again() {
    let stage = Stage::new().await;
    stage.invite("demo", "zoe").await.expect(201);
    let body = json!({"token": stage.last_token().await, "password": PASSWORD});
    let first = send(&stage, KEY, "set-password", body.clone()).await.expect(200);
    let again = send(&stage, KEY, "set-password", body.clone()).await.expect(200);
    assert!(is_replay(&again));
    assert_eq!(first.json(), again.json());
    send(&stage, "1b0f7f1c-1d55-4d4e-9a39-6d8d3b1d7a11", "set-password", body).await.expect(422);
}

#[tokio::test]
async fn the_table_holds_no_secret_in_clear() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let answer =
        send(&stage, KEY, "sign-in", json!({"login": "zoe", "password": PASSWORD})).await.expect(200);
    let mut superuser = stage.app.db.superuser().await;
    let rows: Vec<(String, Vec<u8>, Value, Vec<u8>)> = sqlx::query_as(
        "select key, request_hash, headers, body from platform.idempotency_key where actor_id like 'guest %'",
    )
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    assert_eq!(rows.len(), 1);
    let (key, hash, headers, body) = &rows[0];
    let kept = [key.as_bytes(), hash, headers.to_string().as_bytes(), body].concat();
    let cookie = answer.header("set-cookie");
    for secret in [KEY, PASSWORD, "zoe", cookie.split(';').next().unwrap(), "signedIn"] {
        let is_there = kept.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!is_there, "{secret} is in the table");
    }
}
