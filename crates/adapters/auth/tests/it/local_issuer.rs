//! The built-in issuer: its tokens are accepted, its key is one and private, and it is for `local` alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use athyper_adapter_auth::{
    DEMO_USERS, LocalIssuer, LocalIssuerError, OidcAuthenticator, SetupError, TokenRequest, issuer_routes,
    read_base_url, write_base_url,
};
use athyper_kernel_config::{Environment, IamConfig, RealmConfig};
use athyper_kernel_http::Authenticator as _;
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_resilience::Breakers;
use athyper_kernel_types::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::support::{NOW, clock, realm};

const BASE: &str = "http://localhost:3000";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn built_in() -> Value {
    json!({"iam": {"clientId": "athyper"}, "builtInIssuer": true, "tenants": {"demo": {}, "globex": {}}})
}

fn iam(realms: Value) -> IamConfig {
    serde_json::from_value(json!({"realms": realms})).unwrap()
}

fn open(data_dir: &Path, base_url: &str) -> Result<LocalIssuer, LocalIssuerError> {
    let realm: RealmConfig = serde_json::from_value(built_in()).unwrap();
    LocalIssuer::open(Environment::Local, data_dir, base_url, "athyper", &realm)
}

fn token(issuer: &LocalIssuer, tenant: &str, user: &str) -> String {
    issuer.issue(&TokenRequest::new(tenant, user), now()).unwrap().expose_secret().to_owned()
}

fn authenticator(issuer: LocalIssuer) -> (OidcAuthenticator, athyper_kernel_types::ManualClock) {
    let (clock, hand) = clock();
    let lifecycle = Lifecycle::new(LifecycleOptions::default());
    let iam = iam(json!({"athyper": built_in()}));
    let made = OidcAuthenticator::new(
        Environment::Local,
        &iam,
        &[Arc::new(issuer)],
        clock,
        &lifecycle,
        &Breakers::new(Clock::system()),
    );
    (made.unwrap(), hand)
}

#[tokio::test]
async fn every_demo_user_of_every_tenant_gets_a_token_that_is_accepted() {
    let folder = TempDir::new().unwrap();
    let (authenticator, _) = authenticator(open(folder.path(), BASE).unwrap());
    let issuer = open(folder.path(), &format!("{BASE}/")).unwrap();
    let mut subjects = Vec::new();
    for tenant in ["demo", "globex"] {
        for user in DEMO_USERS {
            let identity = authenticator.authenticate(&token(&issuer, tenant, user.user)).await.unwrap();
            assert_eq!(identity.realm_key, "athyper");
            assert_eq!(*identity.roles, *user.roles);
            assert_eq!(identity.claims["tenantKey"], tenant);
            assert_eq!(identity.claims["realmKey"], "athyper");
            assert_eq!(identity.claims["name"], user.name);
            subjects.push(identity.actor.id.clone());
        }
    }
    let again = authenticator.authenticate(&token(&issuer, "demo", "admin")).await.unwrap();
    assert_eq!(again.actor.id, subjects[0], "a subject never changes");
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 6, "and is no other's");
}

#[tokio::test]
async fn a_token_is_valid_for_twelve_hours_unless_asked_otherwise() {
    let folder = TempDir::new().unwrap();
    let issuer = open(folder.path(), BASE).unwrap();
    let day = token(&issuer, "demo", "viewer");
    let mut request = TokenRequest::new("demo", "viewer");
    request.lifetime = TimeDelta::minutes(1);
    let minute = issuer.issue(&request, now()).unwrap().expose_secret().to_owned();
    assert_ne!(day, token(&issuer, "demo", "viewer"), "each has an id of its own");
    let (authenticator, hand) = authenticator(issuer);
    hand.advance(TimeDelta::seconds(90));
    assert!(authenticator.authenticate(&minute).await.unwrap_err().detail.contains("expired"));
    hand.set(now() + TimeDelta::hours(12));
    authenticator.authenticate(&day).await.unwrap();
    hand.set(now() + TimeDelta::hours(12) + TimeDelta::seconds(30));
    assert!(authenticator.authenticate(&day).await.unwrap_err().detail.contains("expired"));
}

#[test]
fn who_asks_for_something_unknown_is_told_what_there_is() {
    let folder = TempDir::new().unwrap();
    let issuer = open(folder.path(), BASE).unwrap();
    let ask = |tenant: &str, user: &str| {
        issuer.issue(&TokenRequest::new(tenant, user), now()).unwrap_err().to_string()
    };
    assert_eq!(
        ask("initech", "admin"),
        "realm athyper has no tenant \"initech\": ask for one of demo, globex"
    );
    assert_eq!(ask("demo", "root"), "there is no user \"root\": ask for one of admin, accountant, viewer");
}

#[test]
fn it_cannot_be_opened_outside_local() {
    let folder = TempDir::new().unwrap();
    let realm: RealmConfig = serde_json::from_value(built_in()).unwrap();
    for environment in [Environment::Staging, Environment::Production] {
        let refused = LocalIssuer::open(environment, folder.path(), BASE, "athyper", &realm).unwrap_err();
        assert!(
            matches!(refused, LocalIssuerError::BuiltInIssuerOutsideLocal(which) if which == environment)
        );
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "no key is made either");
        // One that was opened all the same is not served.
        let opened = Arc::new(open(TempDir::new().unwrap().path(), BASE).unwrap());
        let lifecycle = Lifecycle::new(LifecycleOptions::default());
        let iam = iam(json!({"athyper": built_in()}));
        let refused = OidcAuthenticator::new(
            environment,
            &iam,
            &[opened],
            clock().0,
            &lifecycle,
            &Breakers::new(Clock::system()),
        )
        .unwrap_err();
        assert!(matches!(refused, SetupError::BuiltInIssuerOutsideLocal(which) if which == environment));
    }
}

#[test]
fn it_is_opened_for_realms_that_use_it_and_have_a_key() {
    let folder = TempDir::new().unwrap();
    let open = |key: &str, realm: Value| {
        let realm: RealmConfig = serde_json::from_value(realm).unwrap();
        LocalIssuer::open(Environment::Local, folder.path(), BASE, key, &realm).unwrap_err()
    };
    let other = open("athyper", json!({"iam": {"clientId": "athyper"}}));
    assert!(matches!(other, LocalIssuerError::NotBuiltIn(_)));
    for key in ["../athyper", "", "a/b", "a.b"] {
        assert!(matches!(open(key, built_in()), LocalIssuerError::NotARealmKey(_)), "{key}");
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn the_key_is_private_and_made_once() {
    let folder = TempDir::new().unwrap();
    let data_dir = folder.path().join("not/there/yet");
    open(&data_dir, BASE).unwrap();
    let file = data_dir.join("issuer/athyper.json");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&data_dir.join("issuer")), mode(&file)), (0o700, 0o600));
    let before = fs::read(&file).unwrap();
    fs::set_permissions(data_dir.join("issuer"), fs::Permissions::from_mode(0o755)).unwrap();
    open(&data_dir, BASE).unwrap();
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(mode(&data_dir.join("issuer")), 0o700, "a folder that was opened to others is closed");
    assert_eq!(fs::read_dir(data_dir.join("issuer")).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn processes_that_start_together_agree_on_one_key() {
    let folder = TempDir::new().unwrap();
    let keys: Vec<String> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    let token = token(&open(folder.path(), BASE).unwrap(), "demo", "admin");
                    token.split('.').next().unwrap().to_owned()
                })
            })
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    // The header of a token names its key.
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(fs::read_dir(folder.path().join("issuer")).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_not_the_key_is_named() {
    let folder = TempDir::new().unwrap();
    open(folder.path(), BASE).unwrap();
    let path = folder.path().join("issuer/athyper.json");
    let whole: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut other_id = whole.clone();
    other_id["kid"] = json!("other");
    let mut cut = whole.clone();
    cut["pkcs8"] = json!(whole["pkcs8"].as_str().unwrap()[..40]);
    for broken in [String::new(), "{}".to_owned(), other_id.to_string(), cut.to_string()] {
        fs::write(&path, broken).unwrap();
        let error = open(folder.path(), BASE).unwrap_err();
        assert!(error.to_string().contains("athyper.json is not a key"), "{error}");
    }
}

#[tokio::test]
async fn another_program_can_verify_its_tokens_by_discovery() {
    let folder = TempDir::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let issuer = Arc::new(open(folder.path(), &base).unwrap());
    assert_eq!(issuer.issuer_url(), format!("{base}/realms/athyper"));
    let lifecycle = Lifecycle::new(LifecycleOptions::default());
    let routes = issuer_routes(&[Arc::clone(&issuer)], clock().0);
    lifecycle.spawn("issuer", async move { axum::serve(listener, routes).await.unwrap() });

    let iam = iam(json!({"elsewhere": realm(issuer.issuer_url())}));
    let elsewhere = OidcAuthenticator::new(
        Environment::Local,
        &iam,
        &[],
        clock().0,
        &lifecycle,
        &Breakers::new(Clock::system()),
    )
    .unwrap();
    let identity = elsewhere.authenticate(&token(&issuer, "demo", "accountant")).await.unwrap();
    assert_eq!((identity.realm_key.as_str(), &*identity.roles[0]), ("elsewhere", "accountant"));

    let keys = reqwest::get(format!("{base}/realms/athyper/protocol/openid-connect/certs")).await.unwrap();
    let keys: Value = keys.json().await.unwrap();
    assert_eq!(keys["keys"][0]["alg"], "ES256");
    assert_eq!(keys["keys"][0]["use"], "sig");
    assert!(keys["keys"][0].get("d").is_none(), "the private half stays here");
    let unknown =
        reqwest::get(format!("{base}/realms/other/.well-known/openid-configuration")).await.unwrap();
    assert_eq!(unknown.status(), 404);
}

#[test]
fn the_base_url_of_the_process_that_serves_is_kept_for_others() {
    let folder = TempDir::new().unwrap();
    assert_eq!(read_base_url(folder.path()).unwrap(), None);
    for base in ["http://localhost:3000", "http://127.0.0.1:4000"] {
        write_base_url(folder.path(), base).unwrap();
        assert_eq!(read_base_url(folder.path()).unwrap().as_deref(), Some(base));
    }
    let issuer = folder.path().join("issuer");
    assert_eq!(fs::metadata(&issuer).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(issuer).unwrap().count(), 1);
}
