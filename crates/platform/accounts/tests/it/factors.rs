//! Second factors: codes, codes on paper, and asking for them again.

use athyper_accounts::ports::Strength;
use athyper_test_kit::Answer;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Stage, principal};

async fn challenge(stage: &Stage) -> String {
    stage.sign_in("zoe", PASSWORD).await.expect(200).text("/challenge")
}

async fn answer(stage: &Stage, challenge: &str, answer: Value) -> Answer {
    stage.guest("sign-in/factor", json!({"challenge": challenge, "answer": answer})).await
}

fn totp(code: &str) -> Value {
    json!({"type": "totp", "code": code})
}

#[tokio::test]
async fn codes_are_enrolled_and_asked_for() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let (secret, codes) = stage.totp("zoe").await;
    assert_eq!(codes.len(), 10);
    let asked = stage.sign_in("zoe", PASSWORD).await.expect(200).json();
    assert_eq!((asked["status"].as_str(), &asked["types"]), (Some("mfaRequired"), &json!(["totp"])));
    assert_eq!(stage.started(), [], "a password alone starts nothing");
    let code = stage.code(&secret);
    let done = answer(&stage, asked["challenge"].as_str().unwrap(), totp(&code)).await.expect(200);
    assert_eq!(done.json(), json!({"status": "signedIn"}));
    assert_eq!(stage.started(), [("zoe".to_owned(), Strength::SecondFactor)]);
    // A challenge and a code are taken once.
    answer(&stage, asked["challenge"].as_str().unwrap(), totp(&code)).await.expect(401);
    let next = challenge(&stage).await;
    answer(&stage, &next, totp(&code)).await.expect(401);
    stage.pass(TimeDelta::seconds(30));
    answer(&stage, &next, totp(&stage.code(&secret))).await.expect(200);
}

#[tokio::test]
async fn the_secret_is_sealed_with_the_persons_key() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let (secret, _) = stage.totp("zoe").await;
    let mut admin = stage.app.db.superuser().await;
    let stored: Vec<u8> =
        sqlx::query_scalar("select secret from accounts.factor").fetch_one(&mut admin).await.unwrap();
    assert!(!String::from_utf8_lossy(&stored).contains(&secret) && stored.len() > 20 + 29);
    let subject: String =
        sqlx::query_scalar("select subject from platform.tenant_key").fetch_one(&mut admin).await.unwrap();
    assert_eq!(subject, format!("person:{}", principal("demo", "zoe")));
    // Copied to another factor's row it does not open.
    sqlx::query("update accounts.factor set id = gen_random_uuid()").execute(&mut admin).await.unwrap();
    let next = challenge(&stage).await;
    answer(&stage, &next, totp(&stage.code(&secret))).await.expect(500);
}

#[tokio::test]
async fn five_wrong_codes_end_the_challenge_and_lock_the_account() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let (secret, _) = stage.totp("zoe").await;
    let asked = challenge(&stage).await;
    for _ in 0..5 {
        answer(&stage, &asked, totp("000000")).await.expect(401);
    }
    answer(&stage, &asked, totp(&stage.code(&secret))).await.expect(401);
    stage.sign_in("zoe", PASSWORD).await.expect(401);
    let events = stage.events("auth.mfa_challenge_failed").await;
    assert!(events.iter().any(|facts| facts["challengeLocked"] == json!(true)), "{events:?}");
}

/// A right password between wrong codes gives no new tries.
#[tokio::test]
async fn a_new_challenge_gives_no_more_guesses() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    stage.totp("zoe").await;
    for _ in 0..5 {
        let asked = challenge(&stage).await;
        answer(&stage, &asked, totp("000000")).await.expect(401);
    }
    stage.sign_in("zoe", PASSWORD).await.expect(401);
}

#[tokio::test]
async fn a_challenge_ends_by_itself() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let (secret, _) = stage.totp("zoe").await;
    let asked = challenge(&stage).await;
    stage.pass(TimeDelta::minutes(5));
    answer(&stage, &asked, totp(&stage.code(&secret))).await.expect(401);
    let other = challenge(&stage).await;
    stage.people.change("demo", "zoe", |person| person.is_active = false);
    answer(&stage, &other, totp(&stage.code(&secret))).await.expect(401);
}

#[tokio::test]
async fn a_code_on_paper_is_taken_once() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let (secret, codes) = stage.totp("zoe").await;
    let on_paper = |code: &str| json!({"type": "recovery_code", "code": code});
    let asked = challenge(&stage).await;
    answer(&stage, &asked, on_paper(&codes[0].to_uppercase().replace('-', " "))).await.expect(200);
    let asked = challenge(&stage).await;
    answer(&stage, &asked, on_paper(&codes[0])).await.expect(401);
    answer(&stage, &asked, on_paper(&codes[1])).await.expect(200);
    let own = stage.user("zoe").get("/v1/accounts/me").await.expect(200).json();
    assert_eq!(own["recoveryCodesLeft"], json!(8));
    // New ones make the old ones useless, and are for who shows a factor.
    stage.pass(TimeDelta::minutes(10));
    let refused = stage.user("zoe").post_empty("/v1/accounts/me/recovery-codes").await.expect(403);
    assert_eq!(refused.code(), "request.step_up_required");
    let step = json!({"answer": totp(&stage.code(&secret))});
    let stepped = stage.user("zoe").post("/v1/accounts/me/step-up", &step).await.expect(200).json();
    assert_eq!(stepped["provedBy"], "totp");
    let renewed = stage.user("zoe").post_empty("/v1/accounts/me/recovery-codes").await.expect(200).json();
    assert_eq!(renewed["recoveryCodes"].as_array().unwrap().len(), 10);
    let asked = challenge(&stage).await;
    answer(&stage, &asked, on_paper(&codes[2])).await.expect(401);
}

#[tokio::test]
async fn a_proof_is_fresh_for_a_while_and_for_its_caller() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let (secret, _) = stage.totp("zoe").await;
    let (factors, renew) = ("/v1/accounts/me/factors", "/v1/accounts/me/recovery-codes");
    let wrong = json!({"answer": totp("000000")});
    stage.pass(TimeDelta::minutes(10));
    assert_eq!(
        stage.user("zoe").post("/v1/accounts/me/step-up", &wrong).await.expect(422).code(),
        "accounts.code_wrong"
    );
    stage.user("zoe").post_empty(renew).await.expect(403);
    let right = json!({"answer": totp(&stage.code(&secret))});
    stage.user("zoe").post("/v1/accounts/me/step-up", &right).await.expect(200);
    stage.user("zoe").post("/v1/accounts/me/step-up", &right).await.expect(422);
    stage.user("zoe").post_empty(renew).await.expect(200);
    stage.pass(TimeDelta::minutes(10));
    stage.user("zoe").post_empty(renew).await.expect(403);
    let id = stage.user("zoe").get(factors).await.expect(200).text("/items/0/id");
    stage.user("zoe").delete(&format!("{factors}/{id}")).await.expect(403);
    let right = json!({"answer": totp(&stage.code(&secret))});
    stage.user("zoe").post("/v1/accounts/me/step-up", &right).await.expect(200);
    stage.user("zoe").delete(&format!("{factors}/{id}")).await.expect(200);
    assert_eq!(stage.sign_in("zoe", PASSWORD).await.expect(200).text("/status"), "signedIn");
}

#[tokio::test]
async fn whoever_needs_a_factor_gets_one_at_sign_in() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let path = format!("/v1/accounts/people/{}", principal("demo", "zoe"));
    let tag = stage.admin().get(&path).await.expect(200).header("etag");
    stage.admin().post(&format!("{path}/require-mfa"), &json!({"required": true})).await.expect(428);
    let admin = stage.admin().with("if-match", &tag);
    admin.post(&format!("{path}/require-mfa"), &json!({"required": true})).await.expect(200);
    let asked = stage.sign_in("zoe", PASSWORD).await.expect(200).json();
    assert_eq!(asked["status"], "enrolmentRequired");
    let named = json!({"challenge": asked["challenge"]});
    let enrolled = stage.guest("sign-in/enrol", named.clone()).await.expect(200).json();
    assert!(enrolled["uri"].as_str().unwrap().starts_with("otpauth://totp/demo:zoe?secret="));
    let asked = asked["challenge"].as_str().unwrap();
    answer(&stage, asked, totp("000000")).await.expect(401);
    let code = stage.code(enrolled["secret"].as_str().unwrap());
    let done = answer(&stage, asked, totp(&code)).await.expect(200).json();
    assert_eq!(
        (done["status"].as_str(), done["recoveryCodes"].as_array().unwrap().len()),
        (Some("signedIn"), 10)
    );
    // From now on the factor is asked for, and a password alone adds no other.
    let asked = stage.sign_in("zoe", PASSWORD).await.expect(200).json();
    assert_eq!(asked["status"], "mfaRequired");
    stage.guest("sign-in/enrol", json!({"challenge": asked["challenge"]})).await.expect(401);
    // The last factor of somebody who needs one stays.
    let id = stage.user("zoe").get("/v1/accounts/me/factors").await.expect(200).text("/items/0/id");
    stage.pass(TimeDelta::seconds(30));
    let right = json!({"answer": totp(&stage.code(enrolled["secret"].as_str().unwrap()))});
    stage.user("zoe").post("/v1/accounts/me/step-up", &right).await.expect(200);
    let kept = stage.user("zoe").delete(&format!("/v1/accounts/me/factors/{id}")).await.expect(409);
    assert_eq!(kept.code(), "accounts.last_factor");
}

#[tokio::test]
async fn one_who_has_a_factor_shows_it_before_another_is_added() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    stage.totp("zoe").await;
    stage.pass(TimeDelta::minutes(10));
    let body = json!({"label": "Second"});
    let refused = stage.user("zoe").post("/v1/accounts/me/factors/totp", &body).await.expect(403);
    assert_eq!(refused.code(), "request.step_up_required");
    stage.user("zoe").post_empty("/v1/accounts/me/factors/webauthn/options").await.expect(403);
}
