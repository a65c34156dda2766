//! Keys that sign, from registration to sign-in, and answers that are not taken.

use athyper_accounts::ports::Strength;
use serde_json::{Value, json};

use crate::authenticator::SecurityKey;
use crate::support::{PASSWORD, Stage, principal};

const OPTIONS: &str = "/v1/accounts/me/factors/webauthn/options";
const REGISTER: &str = "/v1/accounts/me/factors/webauthn";

async fn options(stage: &Stage, name: &str) -> Value {
    stage.user(name).post_empty(OPTIONS).await.expect(200).json()
}

async fn registered(stage: &Stage, key: &SecurityKey) {
    let options = options(stage, "zoe").await;
    let body = key.register(options["challenge"].as_str().unwrap(), "Blue key");
    stage.user("zoe").post(REGISTER, &body).await.expect(201);
}

#[tokio::test]
async fn a_key_is_registered_and_signs_in() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let mut key = SecurityKey::new(1);
    let options = options(&stage, "zoe").await;
    assert_eq!((options["rpId"].as_str(), &options["algorithms"]), (Some("localhost"), &json!([-8, -7])));
    let challenge = options["challenge"].as_str().unwrap();
    let body = key.register(challenge, "Blue key");
    let made = stage.user("zoe").post(REGISTER, &body).await.expect(201).json();
    assert_eq!(made["recoveryCodes"].as_array().unwrap().len(), 10);
    stage.user("zoe").post(REGISTER, &body).await.expect(409);

    let asked = stage.sign_in("zoe", PASSWORD).await.expect(200).json();
    assert_eq!(asked["types"], json!(["webauthn"]));
    let named = json!({"challenge": asked["challenge"]});
    let options = stage.guest("sign-in/webauthn", named).await.expect(200).json();
    assert_eq!(options["allowCredentials"], json!([key.id()]));
    let answer = json!({"challenge": asked["challenge"], "answer": key.assert(options["challenge"].as_str().unwrap())});
    stage.guest("sign-in/factor", answer.clone()).await.expect(200);
    stage.guest("sign-in/factor", answer).await.expect(401);
    assert_eq!(stage.started(), [("zoe".to_owned(), Strength::SecondFactor)]);
}

#[tokio::test]
async fn registrations_for_something_else_are_refused_and_use_their_challenge_up() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    stage.account("kim").await;
    let changes: [fn(&mut SecurityKey); 3] = [
        |key| key.origin = "https://evil.example".to_owned(),
        |key| key.rp_id = "evil.example".to_owned(),
        |key| key.flags = 0,
    ];
    for change in changes {
        let mut key = SecurityKey::new(1);
        change(&mut key);
        let options = options(&stage, "zoe").await;
        let challenge = options["challenge"].as_str().unwrap();
        let refused = stage.user("zoe").post(REGISTER, &key.register(challenge, "x")).await.expect(422);
        assert_eq!(refused.code(), "accounts.code_wrong");
        let right = SecurityKey::new(1).register(challenge, "x");
        stage.user("zoe").post(REGISTER, &right).await.expect(409);
    }
    // A challenge is for whom it was given to, and one that nobody gave is none.
    let options = options(&stage, "kim").await;
    let body = SecurityKey::new(1).register(options["challenge"].as_str().unwrap(), "x");
    stage.user("zoe").post(REGISTER, &body).await.expect(409);
    stage.user("zoe").post(REGISTER, &SecurityKey::new(1).register("AAAA", "x")).await.expect(409);
    let listed = stage.user("zoe").get("/v1/accounts/me/factors").await.expect(200).json();
    assert_eq!(listed, json!({"items": []}));
}

#[tokio::test]
async fn one_key_is_one_factor() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    stage.account("kim").await;
    let key = SecurityKey::new(1);
    registered(&stage, &key).await;
    let options = options(&stage, "kim").await;
    let body = key.register(options["challenge"].as_str().unwrap(), "Stolen");
    assert_eq!(stage.user("kim").post(REGISTER, &body).await.expect(409).code(), "accounts.key_taken");
}

#[tokio::test]
async fn answers_for_something_else_are_refused() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let mut key = SecurityKey::new(1);
    registered(&stage, &key).await;
    let path = "/v1/accounts/me/step-up";
    let ask = async || {
        stage.user("zoe").post_empty(&format!("{path}/webauthn")).await.expect(200).text("/challenge")
    };
    let send = async |challenge: &str, answer: Value| {
        stage.user("zoe").post(path, &json!({"challenge": challenge, "answer": answer})).await
    };
    let challenge = ask().await;
    send(&challenge, key.assert(&challenge)).await.expect(200);
    send(&challenge, key.assert(&challenge)).await.expect(409);
    // The challenge of another asking, the counter of a copy, another page.
    let (one, other) = (ask().await, ask().await);
    send(&one, key.assert(&other)).await.expect(422);
    let challenge = ask().await;
    key.count = 0;
    send(&challenge, key.assert(&challenge)).await.expect(422);
    key.count = 50;
    let challenge = ask().await;
    key.origin = "https://evil.example".to_owned();
    send(&challenge, key.assert(&challenge)).await.expect(422);
    key.origin = "http://localhost:3000".to_owned();
    let challenge = ask().await;
    send(&challenge, key.assert(&challenge)).await.expect(200);
    assert_eq!(stage.events("auth.mfa_challenge_failed").await.len(), 3);
}

#[tokio::test]
async fn whoever_needs_a_factor_registers_a_key_at_sign_in() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let path = format!("/v1/accounts/people/{}", principal("demo", "zoe"));
    let admin = stage.admin().with("if-match", "*");
    admin.post(&format!("{path}/require-mfa"), &json!({"required": true})).await.expect(200);
    let asked = stage.sign_in("zoe", PASSWORD).await.expect(200).json();
    assert_eq!(
        (&asked["status"], &asked["types"]),
        (&json!("enrolmentRequired"), &json!(["totp", "webauthn"]))
    );
    let register = async |body: Value, challenge: &Value| {
        let mut body = body;
        body["challenge"] = challenge.clone();
        stage.guest("sign-in/register-webauthn", body).await
    };
    // Nothing was asked of an authenticator yet.
    register(SecurityKey::new(1).register("AAAA", "x"), &asked["challenge"]).await.expect(401);
    let named = json!({"challenge": asked["challenge"]});
    let options = stage.guest("sign-in/enrol-webauthn", named.clone()).await.expect(200).json();
    let to_sign = options["challenge"].as_str().unwrap();
    let mut elsewhere = SecurityKey::new(1);
    elsewhere.origin = "https://evil.example".to_owned();
    register(elsewhere.register(to_sign, "x"), &asked["challenge"]).await.expect(401);
    let mut key = SecurityKey::new(1);
    let body = key.register(to_sign, "Blue key");
    let done = register(body.clone(), &asked["challenge"]).await.expect(200).json();
    assert_eq!((&done["status"], done["recoveryCodes"].as_array().unwrap().len()), (&json!("signedIn"), 10));
    assert_eq!(stage.started(), [("zoe".to_owned(), Strength::SecondFactor)]);
    register(body, &asked["challenge"]).await.expect(401);
    // From now on the key is asked for, and a password alone adds no other.
    let asked = stage.sign_in("zoe", PASSWORD).await.expect(200).json();
    assert_eq!(asked["types"], json!(["webauthn"]));
    let named = json!({"challenge": asked["challenge"]});
    stage.guest("sign-in/enrol-webauthn", named.clone()).await.expect(401);
    let options = stage.guest("sign-in/webauthn", named).await.expect(200).json();
    let answer = key.assert(options["challenge"].as_str().unwrap());
    stage
        .guest("sign-in/factor", json!({"challenge": asked["challenge"], "answer": answer}))
        .await
        .expect(200);
}
