//! Too many failures lock, however they come, and each lock is longer.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{OTHER, PASSWORD, Stage, principal};

async fn fail(stage: &Stage, times: usize) {
    for _ in 0..times {
        stage.sign_in("zoe", OTHER).await.expect(401);
    }
}

#[tokio::test]
async fn the_fifth_failure_locks_and_each_lock_is_longer() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    fail(&stage, 4).await;
    stage.sign_in("zoe", PASSWORD).await.expect(200);
    fail(&stage, 5).await;
    stage.sign_in("zoe", PASSWORD).await.expect(401);
    assert_eq!(stage.mails().await.pop().unwrap().1, "Your account is locked for a while");
    stage.pass(TimeDelta::minutes(15));
    fail(&stage, 5).await;
    stage.pass(TimeDelta::minutes(29));
    stage.sign_in("zoe", PASSWORD).await.expect(401);
    stage.pass(TimeDelta::minutes(1));
    stage.sign_in("zoe", PASSWORD).await.expect(200);
}

/// Twenty guesses at once are judged one after the other: the sixth finds the account locked, even if it is right.
#[tokio::test]
async fn guesses_at_once_are_no_more_than_the_policy_allows() {
    let stage = Arc::new(Stage::new().await);
    stage.account("zoe").await;
    let mut guesses = JoinSet::new();
    for _ in 0..20 {
        let stage = Arc::clone(&stage);
        guesses.spawn(async move { stage.sign_in("zoe", OTHER).await.status });
    }
    assert!(guesses.join_all().await.iter().all(|status| *status == 401));
    let reasons = stage.events("auth.login_failed").await;
    let judged = reasons.iter().filter(|facts| facts["reason"] == "wrong_password").count();
    assert_eq!((reasons.len(), judged), (20, 5));
    stage.sign_in("zoe", PASSWORD).await.expect(401);
}

#[tokio::test]
async fn an_administrator_unlocks() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    fail(&stage, 5).await;
    let path = format!("/v1/accounts/people/{}", principal("demo", "zoe"));
    assert!(stage.admin().get(&path).await.expect(200).json()["lockedUntil"].is_string());
    let unlocked = stage.admin().post_empty(&format!("{path}/unlock")).await.expect(200).json();
    assert_eq!(unlocked["lockedUntil"], json!(null));
    assert_eq!(stage.events("accounts.unlock").await, [json!({"wasLocked": true})]);
    stage.sign_in("zoe", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_new_password_unlocks_too() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    fail(&stage, 5).await;
    stage.guest("forgot-password", json!({"login": "zoe"})).await.expect(202);
    let body = json!({"token": stage.last_token().await, "password": OTHER});
    stage.guest("set-password", body).await.expect(200);
    stage.sign_in("zoe", OTHER).await.expect(200);
}
