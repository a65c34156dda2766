//! Setting passwords: by link, by oneself, and what may not be one.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{OTHER, PASSWORD, Stage, principal};

fn codes(answer: &athyper_test_kit::Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|error| format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn a_link_works_once_and_only_for_its_time() {
    let stage = Stage::new().await;
    stage.invite("demo", "zoe").await.expect(201);
    let first = stage.last_token().await;
    let with = |token: &str, password: &str| json!({"token": token, "password": password});
    let refused = stage.guest("set-password", with(&first, "short")).await.expect(422);
    assert!(codes(&refused).contains(&"/password too_short".to_owned()), "{:?}", codes(&refused));
    // Another invitation makes the first useless.
    stage.invite("demo", "zoe").await.expect(201);
    let second = stage.last_token().await;
    let gone = stage.guest("set-password", with(&first, PASSWORD)).await.expect(422);
    assert_eq!(gone.code(), "accounts.link_refused");
    // The other tenant knows nothing of it.
    stage.guest_at("globex", "set-password", with(&second, PASSWORD)).await.expect(422);
    stage.guest("set-password", with(&second, PASSWORD)).await.expect(200);
    stage.guest("set-password", with(&second, OTHER)).await.expect(422);
    stage.sign_in("zoe", PASSWORD).await.expect(200);
    stage.guest("forgot-password", json!({"login": "zoe"})).await.expect(202);
    let third = stage.last_token().await;
    stage.pass(TimeDelta::minutes(31));
    stage.guest("set-password", with(&third, OTHER)).await.expect(422);
    let mut admin = stage.app.db.superuser().await;
    let kept: Vec<String> = sqlx::query_scalar("select encode(digest, 'escape') from accounts.link")
        .fetch_all(&mut admin)
        .await
        .unwrap();
    assert!(!kept.concat().contains(&third), "only a digest is kept");
}

/// Two who hold the same link: one of them is too late.
#[tokio::test]
async fn a_link_is_taken_by_one() {
    let stage = Stage::new().await;
    stage.invite("demo", "zoe").await.expect(201);
    let token = stage.last_token().await;
    let set =
        |password: &'static str| stage.guest("set-password", json!({"token": token, "password": password}));
    let (one, other) = tokio::join!(set(PASSWORD), set(OTHER));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
}

#[tokio::test]
async fn a_reset_ends_all_sessions_and_what_was_begun() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let (secret, _) = stage.totp("zoe").await;
    let challenge = stage.sign_in("zoe", PASSWORD).await.expect(200).text("/challenge");
    stage.guest("forgot-password", json!({"login": "zoe@demo.example"})).await.expect(202);
    let body = json!({"token": stage.last_token().await, "password": OTHER});
    stage.guest("set-password", body).await.expect(200);
    let ended = stage.desk.ended.lock().unwrap().clone();
    assert_eq!(ended.last().unwrap(), &(principal("demo", "zoe"), "password_reset".to_owned()));
    let answer = json!({"challenge": challenge, "answer": {"type": "totp", "code": stage.code(&secret)}});
    stage.guest("sign-in/factor", answer).await.expect(401);
    assert_eq!(
        stage.sign_in("zoe", OTHER).await.expect(200).text("/status"),
        "mfaRequired",
        "the factor stays"
    );
    assert_eq!(stage.events("auth.recovery_completed").await.len(), 1);
}

#[tokio::test]
async fn nobody_learns_by_forgetting_whether_there_is_an_account() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    stage.invite("demo", "kim").await.expect(201);
    let mails = stage.mails().await.len();
    let mut answers = Vec::new();
    for login in ["zoe", "kim", "admin", "nobody", ""] {
        let answer = stage.guest("forgot-password", json!({"login": login})).await;
        answers.push((answer.status, answer.body.clone()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 202));
    assert_eq!(stage.mails().await.len(), mails + 1, "one has an account with a password");
    assert_eq!(stage.events("auth.recovery_initiated").await.len(), 5);
}

async fn change(stage: &Stage, current: &str, password: &str) -> athyper_test_kit::Answer {
    let body = json!({"current": current, "password": password});
    stage.user("zoe").post("/v1/accounts/me/password", &body).await
}

#[tokio::test]
async fn former_passwords_are_not_taken_again() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let passwords = [
        PASSWORD,
        "Second-password-2",
        "Third-password-3",
        "Fourth-password-4",
        "Fifth-password-5",
        "Sixth-password-6",
    ];
    for pair in passwords.windows(2) {
        change(&stage, pair[0], pair[1]).await.expect(200);
        stage.pass(TimeDelta::minutes(1));
    }
    // The policy remembers five, the present one among them.
    for used in &passwords[1..] {
        let refused = change(&stage, passwords[5], used).await.expect(422);
        assert_eq!(codes(&refused), ["/password used_before"], "{used}");
    }
    change(&stage, passwords[5], PASSWORD).await.expect(200);
    stage.sign_in("zoe", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn the_present_password_is_asked_for_and_guessing_it_locks() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    for _ in 0..5 {
        assert_eq!(
            change(&stage, OTHER, "Another-password-9").await.expect(422).code(),
            "accounts.password_wrong"
        );
    }
    change(&stage, PASSWORD, "Another-password-9").await.expect(422);
    stage.sign_in("zoe", PASSWORD).await.expect(401);
    stage.pass(TimeDelta::minutes(15));
    let changed: Value = change(&stage, PASSWORD, "Another-password-9").await.expect(200).json();
    assert_eq!(changed["login"], "zoe");
    assert_eq!(stage.desk.ended.lock().unwrap().last().unwrap().1, "password_changed");
}

#[tokio::test]
async fn the_policy_of_the_tenant_is_asked_for() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    for (password, code) in [
        ("Short-1a", "/password too_short"),
        ("no-capitals-here-1", "/password needs_upper"),
        ("My-name-is-ZOE@demo.example-1", "/password contains_name"),
        ("Password1234!", "/password too_common"),
    ] {
        let refused = change(&stage, PASSWORD, password).await.expect(422);
        assert_eq!(refused.code(), "accounts.password_refused");
        assert!(codes(&refused).contains(&code.to_owned()), "{password}: {:?}", codes(&refused));
        assert!(!String::from_utf8_lossy(&refused.body).contains(password));
    }
}
