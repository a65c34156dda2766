//! Providers as records: what is kept of them, what is shown, and who may say by which provider people come in.

use serde_json::{Value, json};

use super::Federated;

fn settings() -> Value {
    json!({"displayName": "Okta", "clientId": "athyper", "clientSecret": "hidden-secret", "jitProvisioning": "create",
        "allowedDomains": ["acme.example"]})
}

#[tokio::test]
async fn a_secret_is_sealed_and_nowhere_shown() {
    let fed = Federated::new().await;
    let admin = fed.admin("demo");
    let mut body = settings();
    body["key"] = json!("okta");
    body["issuer"] = json!("https://acme.okta.example");
    let made = admin.post("/v1/federation/providers", &body).await.expect(201);
    let path = made.header("location");
    let shown = admin.get(&path).await.expect(200);
    let list = admin.get("/v1/federation/providers").await.expect(200);
    let changed = admin.with("if-match", &shown.header("etag")).put(&path, &settings()).await.expect(200);
    for answer in [&made, &shown, &list, &changed] {
        assert!(!String::from_utf8_lossy(&answer.body).contains("hidden-secret"));
    }
    assert_eq!(shown.json()["hasClientSecret"], true);
    assert_eq!(
        shown.text("/redirectUri"),
        format!("http://localhost:3000/auth/callback/{}", made.text("/id"))
    );
    let events = fed.events("demo").await;
    assert!(!format!("{events:?}").contains("hidden-secret"), "{events:?}");
    let id = made.text("/id").parse().unwrap();
    let sealed: Vec<u8> = fed.ask("select client_secret from federation.provider where id = $1", id).await;
    assert!(!String::from_utf8_lossy(&sealed).contains("hidden"));
}

#[tokio::test]
async fn a_provider_keeps_its_key_and_its_issuer() {
    let fed = Federated::new().await;
    let admin = fed.admin("demo");
    let mut body = settings();
    body["key"] = json!("okta");
    body["issuer"] = json!("https://acme.okta.example");
    let made = admin.post("/v1/federation/providers", &body).await.expect(201);
    let path = made.header("location");
    let mut twin = body.clone();
    twin["key"] = json!("OKTA");
    let taken = admin.post("/v1/federation/providers", &twin).await.expect(409);
    assert_eq!(taken.code(), "federation.taken");
    // What a change has no field for is refused and not passed over.
    body["issuer"] = json!("https://evil.example");
    admin.with("if-match", &made.header("etag")).put(&path, &body).await.expect(422);
    assert_eq!(admin.get(&path).await.expect(200).text("/issuer"), "https://acme.okta.example");
    for issuer in ["ftp://a.example", "https://user:pw@a.example", "https://a.example?x=1", "a"] {
        let mut body = settings();
        body["key"] = json!("other");
        body["issuer"] = json!(issuer);
        let refused = admin.post("/v1/federation/providers", &body).await.expect(422);
        assert_eq!(refused.text("/errors/0/pointer"), "/issuer", "{issuer}");
    }
}

#[tokio::test]
async fn a_test_names_what_is_wrong() {
    let fed = Federated::new().await;
    let (admin, mut issuer) = (fed.admin("demo"), fed.issuer());
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let result = async || {
        let started = admin.post_empty(&format!("{}/test", okta.path())).await.expect(202);
        fed.app.run_job().await.unwrap();
        admin.get(&started.header("location")).await.expect(200).json()["result"].clone()
    };
    assert_eq!(result().await, json!({"isUsable": true, "problems": []}));
    issuer.away();
    let failed = result().await;
    assert_eq!(failed["isUsable"], false);
    assert!(failed["problems"][0].as_str().unwrap().starts_with("discovery: no answer"), "{failed}");
}

/// Whoever configures a provider could come in as one of those whom it links.
#[tokio::test]
async fn whoever_vouches_holds_what_people_hold() {
    let fed = Federated::new().await;
    let admin = fed.admin("demo");
    let person = |name: &str| json!({"userName": name});
    let weak = admin.post("/v1/iam/principals", &person("weak")).await.expect(201).text("/id");
    let link = json!({"subject": "weak@demo"});
    admin.post(&format!("/v1/iam/principals/{weak}/links"), &link).await.expect(201);
    let scope = json!({"kind": "module", "module": "federation"});
    let bind = json!({"subject": {"principal": weak}, "role": "module_admin", "scope": scope});
    admin.post("/v1/iam/role-bindings", &bind).await.expect(201);
    let weak = fed.nobody("demo", "weak");
    let body = |key: &str, jit: &str| json!({"key": key, "issuer": "https://a.example", "displayName": "A", "clientId": "a", "jitProvisioning": jit});
    weak.post("/v1/federation/providers", &body("one", "link")).await.expect(201);

    let clerk = admin.post("/v1/iam/principals", &person("clerk")).await.expect(201).text("/id");
    let bind = json!({"subject": {"principal": clerk}, "role": "accountant"});
    admin.post("/v1/iam/role-bindings", &bind).await.expect(201);
    for jit in ["link", "create"] {
        let refused = weak.post("/v1/federation/providers", &body("two", jit)).await.expect(403);
        assert_eq!(refused.code(), "iam.cannot_grant");
    }
    let off = weak.post("/v1/federation/providers", &body("two", "off")).await.expect(201);
    let mut change = body("two", "create");
    change.as_object_mut().unwrap().retain(|name, _| name != "key" && name != "issuer");
    weak.with("if-match", &off.header("etag")).put(&off.header("location"), &change).await.expect(403);
    admin.post("/v1/federation/providers", &body("three", "create")).await.expect(201);
}
