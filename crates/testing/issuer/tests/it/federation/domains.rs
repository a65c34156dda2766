//! Mail domains: proved once, one tenant's in a realm, and what they tell of who signs in where.

use athyper_test_kit::{Answer, Client};
use serde_json::{Value, json};

use super::{Federated, person};

const DOMAINS: &str = "/v1/federation/domains";

/// Claims a domain, and gives back what was answered.
async fn claim(fed: &Federated, tenant: &str, name: &str, provider: Value) -> Answer {
    fed.admin(tenant).post(DOMAINS, &json!({"name": name, "provider": provider})).await.expect(201)
}

/// Has the proof looked for, once.
async fn verify(fed: &Federated, tenant: &str, domain: &Answer) -> Value {
    let (admin, path) = (fed.admin(tenant), domain.header("location"));
    admin.post_empty(&format!("{path}/verify")).await.expect(202);
    // A look that finds nothing is tried again later.
    let _ = fed.app.run_job().await;
    admin.get(&path).await.expect(200).json()
}

async fn discover(fed: &Federated, email: &str) -> Value {
    let client = Client::anonymous(fed.app.router.clone());
    client.post("/auth/discover", &json!({"email": email})).await.expect(200).json()
}

#[tokio::test]
async fn a_domain_counts_once_its_proof_was_seen() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let domain = claim(&fed, "demo", "ACME.example", json!(okta.id)).await;
    let address = domain.text("/proofUrl");
    assert_eq!(address, "https://acme.example/.well-known/athyper-domain-verification.txt");
    let at_realm = json!({"kind": "realm", "realm": "athyper", "loginUrl": "/auth/login?realm=athyper"});
    assert_eq!(discover(&fed, "ann@acme.example").await, at_realm);

    let missing = verify(&fed, "demo", &domain).await;
    assert_eq!(missing["status"], "pending");
    assert!(missing["problem"].as_str().unwrap().contains("404"), "{missing}");
    fed.web.put(&address, "athyper-domain-verification=guessed");
    // The job that waits looks again.
    let _ = fed.app.run_job().await;
    let wrong = fed.admin("demo").get(&domain.header("location")).await.expect(200).json();
    assert!(wrong["problem"].as_str().unwrap().contains("something else"), "{wrong}");
    assert_eq!(discover(&fed, "ann@acme.example").await, at_realm);

    fed.web.put(&address, &format!("{}\n", domain.text("/proof")));
    fed.app.run_job().await.unwrap();
    let shown = fed.admin("demo").get(&domain.header("location")).await.expect(200).json();
    assert_eq!((&shown["status"], shown.get("problem")), (&json!("verified"), None));
    let at_okta = json!({"kind": "provider", "realm": "athyper", "tenant": "demo", "provider": "okta", "displayName": "okta",
        "loginUrl": "/auth/login?realm=athyper&tenant=demo&provider=okta"});
    assert_eq!(discover(&fed, "ann@acme.example").await, at_okta);
    let path = format!("{}/verify", domain.header("location"));
    assert_eq!(fed.admin("demo").post_empty(&path).await.expect(409).code(), "federation.verified_already");
}

#[tokio::test]
async fn nobody_is_told_who_there_is() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let domain = claim(&fed, "demo", "acme.example", json!(okta.id)).await;
    fed.web.put(&domain.text("/proofUrl"), &domain.text("/proof"));
    verify(&fed, "demo", &domain).await;
    issuer.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    okta.sign_in(&fed.browser()).await.expect(303);
    let known = discover(&fed, "ann@acme.example").await;
    assert_eq!(known, discover(&fed, "nobody@acme.example").await);
    assert_eq!(known, discover(&fed, "NOBODY@Acme.Example").await);
    for odd in ["", "ann", "ann@", "@acme.example", "ann@acme.example@evil.example", "ann@sub.acme.example"] {
        assert_eq!(discover(&fed, odd).await["kind"], "realm", "{odd}");
    }
    let client = Client::anonymous(fed.app.router.clone());
    client.post("/auth/discover", &json!({"mail": "ann@acme.example"})).await.expect(400);
    client.post("/auth/discover", &json!({"email": "a@b.c", "realm": "nowhere"})).await.expect(404);
}

#[tokio::test]
async fn a_domain_is_one_tenants_of_a_realm() {
    let fed = Federated::new().await;
    let (first, second) = (
        claim(&fed, "demo", "acme.example", json!(null)).await,
        claim(&fed, "globex", "acme.example", json!(null)).await,
    );
    assert_ne!(first.text("/proof"), second.text("/proof"));
    fed.web.put(&first.text("/proofUrl"), &first.text("/proof"));
    assert_eq!(verify(&fed, "demo", &first).await["status"], "verified");
    // Whoever comes later has to wait until the first gives it up, also with a proof.
    fed.web.put(&second.text("/proofUrl"), &second.text("/proof"));
    let refused = verify(&fed, "globex", &second).await;
    assert_eq!(refused["status"], "pending");
    assert!(refused["problem"].as_str().unwrap().contains("another organization"), "{refused}");
    let local = |tenant: &str| json!({"kind": "local", "realm": "athyper", "tenant": tenant});
    assert_eq!(discover(&fed, "a@acme.example").await, local("demo"));

    let path = first.header("location");
    let admin = fed.admin("demo");
    let shown = admin.get(&path).await.expect(200);
    admin.with("if-match", &shown.header("etag")).delete(&path).await.expect(204);
    assert_eq!(discover(&fed, "a@acme.example").await["kind"], "realm");
    assert_eq!(verify(&fed, "globex", &second).await["status"], "verified");
    assert_eq!(discover(&fed, "a@acme.example").await, local("globex"));
}

#[tokio::test]
async fn a_sign_in_goes_straight_to_where_the_domain_leads() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let domain = claim(&fed, "demo", "acme.example", json!(okta.id)).await;
    fed.web.put(&domain.text("/proofUrl"), &domain.text("/proof"));
    verify(&fed, "demo", &domain).await;
    let browser = fed.browser();
    let login = |mail: &str| format!("/auth/login?email={mail}");
    assert!(browser.begin(&login("ann@acme.example")).await.starts_with(&issuer.url()));
    assert!(browser.begin(&login("ann@elsewhere.example")).await.starts_with(&fed.realm_issuer.url()));
    browser.get("/auth/login?email=a@acme.example&tenant=demo&provider=okta").await.expect(400);

    // Without its provider the people of the domain have local accounts.
    let admin = fed.admin("demo");
    let in_use = admin.get(&okta.path()).await.expect(200);
    let refused = admin.with("if-match", &in_use.header("etag")).delete(&okta.path()).await.expect(409);
    assert_eq!(refused.code(), "federation.provider_in_use");
    let path = domain.header("location");
    let shown = admin.get(&path).await.expect(200);
    let change = json!({"provider": null});
    admin.with("if-match", &shown.header("etag")).put(&path, &change).await.expect(200);
    assert_eq!(browser.get(&login("ann@acme.example")).await.expect(409).code(), "security.local_accounts");
}

#[tokio::test]
async fn what_is_no_domain_is_not_claimed() {
    let fed = Federated::new().await;
    let admin = fed.admin("demo");
    for name in [
        "localhost",
        "10.0.0.1",
        "a@acme.example",
        "https://acme.example",
        "acme.example/path",
        "acme.example:8443",
        "ac me.example",
    ] {
        let refused = admin.post(DOMAINS, &json!({"name": name})).await.expect(422);
        assert_eq!(refused.text("/errors/0/pointer"), "/name", "{name}");
    }
    claim(&fed, "demo", "acme.example", json!(null)).await;
    admin.post(DOMAINS, &json!({"name": "ACME.EXAMPLE"})).await.expect(409);
    let unknown = json!({"name": "b.example", "provider": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"});
    admin.post(DOMAINS, &unknown).await.expect(422);
}
