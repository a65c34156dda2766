//! The policy of a tenant: never weaker than the platform's, and applied at once.

use serde_json::{Value, json};

use crate::support::{PASSWORD, Stage};

const POLICY: &str = "/v1/accounts/policy";

fn profile() -> Value {
    json!({
        "mfaRequired": false, "allowedMfaTypes": ["totp", "webauthn"], "maxLoginFailures": 3,
        "lockoutDurationMinutes": 60,
        "passwordPolicy": {"minLength": 14, "history": 5, "upper": true, "lower": true, "digit": true, "special": false},
    })
}

#[tokio::test]
async fn a_tenant_makes_its_own() {
    let stage = Stage::new().await;
    let shown = stage.admin().get(POLICY).await.expect(200);
    assert_eq!(
        (shown.header("etag"), shown.json()["effective"]["maxLoginFailures"].as_u64()),
        ("\"0\"".to_owned(), Some(5))
    );
    stage.admin().put(POLICY, &profile()).await.expect(428);
    let changed = stage.admin().with("if-match", "\"0\"").put(POLICY, &profile()).await.expect(200);
    assert_eq!(changed.header("etag"), "\"1\"");
    stage.admin().with("if-match", "\"0\"").put(POLICY, &profile()).await.expect(412);
    let shown = stage.admin().get(POLICY).await.expect(200).json();
    assert_eq!((&shown["profile"], &shown["effective"]), (&profile(), &profile()));
    assert_eq!(shown["minimum"]["passwordPolicy"]["minLength"], json!(8));
    let event = stage.events("accounts.put_policy").await.pop().unwrap();
    assert_eq!(event["changes"]["maxLoginFailures"], json!({"before": 5, "after": 3}));
    let other = stage.app.user("globex", "admin").get(POLICY).await.expect(200).json();
    assert_eq!(other["version"], json!(0));
}

#[tokio::test]
async fn what_is_weaker_is_refused_with_every_field() {
    let stage = Stage::new().await;
    let mut weak = profile();
    weak["maxLoginFailures"] = json!(11);
    weak["lockoutDurationMinutes"] = json!(1);
    weak["passwordPolicy"]["minLength"] = json!(7);
    weak["passwordPolicy"]["digit"] = json!(false);
    weak["allowedMfaTypes"] = json!([]);
    let refused = stage.admin().with("if-match", "\"0\"").put(POLICY, &weak).await.expect(422).json();
    let pointers: Vec<_> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        [
            "/allowedMfaTypes",
            "/maxLoginFailures",
            "/lockoutDurationMinutes",
            "/passwordPolicy/minLength",
            "/passwordPolicy/digit"
        ]
    );
    weak["allowedMfaTypes"] = json!(["sms"]);
    stage.admin().with("if-match", "\"0\"").put(POLICY, &weak).await.expect(422);
}

#[tokio::test]
async fn it_holds_at_once() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let mut strict = profile();
    strict["mfaRequired"] = json!(true);
    stage.admin().with("if-match", "\"0\"").put(POLICY, &strict).await.expect(200);
    assert_eq!(stage.sign_in("zoe", PASSWORD).await.expect(200).text("/status"), "enrolmentRequired");
    for _ in 0..3 {
        stage.sign_in("zoe", "Wrong-password-1").await.expect(401);
    }
    stage.sign_in("zoe", PASSWORD).await.expect(401);
}

/// A kind that the tenant takes no more proves nothing.
#[tokio::test]
async fn factors_of_a_kind_that_is_not_allowed_do_not_count() {
    let stage = Stage::new().await;
    stage.account("zoe").await;
    let (secret, codes) = stage.totp("zoe").await;
    let mut keys = profile();
    keys["allowedMfaTypes"] = json!(["webauthn"]);
    stage.admin().with("if-match", "\"0\"").put(POLICY, &keys).await.expect(200);
    assert_eq!(stage.sign_in("zoe", PASSWORD).await.expect(200).text("/status"), "signedIn");
    let refused =
        stage.user("zoe").post("/v1/accounts/me/factors/totp", &json!({"label": "x"})).await.expect(409);
    assert_eq!(refused.code(), "accounts.factor_not_allowed");
    // Nor when one is required: neither the codes nor what came with them on paper.
    keys["mfaRequired"] = json!(true);
    stage.admin().with("if-match", "\"1\"").put(POLICY, &keys).await.expect(200);
    let asked = stage.sign_in("zoe", PASSWORD).await.expect(200).json();
    assert_eq!(asked["status"], "enrolmentRequired");
    for answer in [
        json!({"type": "totp", "code": stage.code(&secret)}),
        json!({"type": "recovery_code", "code": codes[0]}),
    ] {
        let body = json!({"challenge": asked["challenge"], "answer": answer});
        stage.guest("sign-in/factor", body).await.expect(401);
    }
}
