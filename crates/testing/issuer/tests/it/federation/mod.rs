//! Tenants with providers of their own: each sign-in goes through the whole platform, to issuers that really sign.

mod attacks;
mod domains;
mod mapping;
mod provisioning;
mod records;
mod sessions;
mod sign_in;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use athyper_adapter_auth::{
    IssuerClient, OidcAuthenticator, OidcClient, ProviderParts, ProviderSettings, Reach,
};
use athyper_bootstrap::OidcIssuers;
use athyper_bootstrap::bridges::edge_uses_iam::authorizer;
use athyper_bootstrap::bridges::federation_uses_iam::directory;
use athyper_bootstrap::bridges::federation_uses_security::sessions_of_providers;
use athyper_bootstrap::bridges::governance_uses_iam::access;
use athyper_bootstrap::bridges::iam_uses_governance::duties;
use athyper_bootstrap::bridges::security_uses_federation::ProviderDoor;
use athyper_bootstrap::modules;
use athyper_federation::Connection;
use athyper_federation::ports::Outside;
use athyper_issuer::Issuer;
use athyper_kernel_config::{Environment, IamConfig};
use athyper_kernel_db::{Database, DatabaseAuditWriter, TenantDirectory, follow_changes};
use athyper_kernel_http::{Catalogue, Judge, NoPolicies, OPERATION_PERMISSIONS};
use athyper_kernel_jobs_http::JOB_PERMISSIONS;
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_resilience::Breakers;
use athyper_security::{SessionParts, Sessions};
use athyper_test_kit::{
    Answer, BrowserDoor, Client, TestApp, TestAuthenticator, TestDatabase, TestOptions, test_vault, token,
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::stage::{BASE, Browser, REALM, iam, merge, realm};

/// The platform with a realm of its own, and what tenants name outside it.
pub(crate) struct Federated {
    pub(crate) app: TestApp,
    pub(crate) realm_issuer: Issuer,
    pub(crate) web: Web,
    iam: Arc<IamConfig>,
    lifecycle: Lifecycle,
}

/// What lies outside: issuers as they are, and web servers with the files that a test puts there.
#[derive(Clone)]
pub(crate) struct Web {
    files: Arc<Mutex<BTreeMap<String, String>>>,
    parts: ProviderParts,
}

impl Web {
    /// Puts a file somewhere.
    pub(crate) fn put(&self, address: &str, text: &str) {
        self.files.lock().unwrap().insert(address.to_owned(), text.to_owned());
    }
}

#[async_trait]
impl Outside for Web {
    async fn probe(&self, connection: &Connection) -> Vec<String> {
        let settings = ProviderSettings {
            name: connection.key.clone(),
            issuer: connection.issuer.clone(),
            client_id: connection.client_id.clone(),
            client_secret: connection.client_secret.clone(),
            scopes: connection.scopes.clone(),
        };
        IssuerClient::of_provider(settings, &self.parts).unwrap().probe().await
    }

    async fn text(&self, url: &Url) -> Result<String, String> {
        let found = self.files.lock().unwrap().get(url.as_str()).cloned();
        found.ok_or_else(|| format!("{url} answered 404 Not Found"))
    }
}

/// All permissions.
pub(crate) fn catalogue() -> Catalogue {
    let all = modules();
    let kernel = OPERATION_PERMISSIONS.iter().chain(JOB_PERMISSIONS);
    Catalogue::new(all.iter().flat_map(|module| module.permissions).chain(kernel).copied())
}

/// The sessions of a process on this handle of the database.
fn process(
    database: &Database,
    iam: &Arc<IamConfig>,
    lifecycle: &Lifecycle,
) -> (Sessions, OidcAuthenticator) {
    let clock = database.clock().clone();
    let breakers = Breakers::new(clock.clone());
    let authenticator =
        OidcAuthenticator::new(Environment::Local, iam, &[], clock.clone(), lifecycle, &breakers).unwrap();
    let tenants = TenantDirectory::new(database, iam);
    let parts = ProviderParts { reach: Reach::Anywhere, clock, lifecycle: lifecycle.clone() };
    let door =
        ProviderDoor::new(database, tenants.clone(), test_vault(), directory(catalogue(), duties()), parts);
    let realms = OidcClient::new(&authenticator, iam);
    let sessions = Sessions::new(SessionParts {
        database: database.clone(),
        tenants,
        iam: Arc::clone(iam),
        environment: Environment::Local,
        base_url: BASE.to_owned(),
        issuers: Arc::new(OidcIssuers::new(realms, door.clone())),
        providers: Arc::new(door),
        vault: test_vault(),
        audit: Arc::new(DatabaseAuditWriter::new(database.clone())),
        lifecycle: lifecycle.clone(),
        rates: None,
    });
    (sessions, authenticator)
}

impl Federated {
    /// The open routes of another process on the same database, which follows what changes.
    pub(crate) async fn another_process(&self) -> (axum::Router, tokio::task::JoinHandle<()>) {
        let database = self.app.db.another_handle().await;
        let following = self.lifecycle.spawn("changes", follow_changes(database.clone()));
        let (sessions, _) = process(&database, &self.iam, &self.lifecycle);
        while database.changes().stamp(self.app.db.tenant_id("demo"), "test", "test").is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        (sessions.routes(), following)
    }

    pub(crate) async fn new() -> Self {
        let _ = tracing_subscriber::fmt().with_test_writer().try_init();
        let realm_issuer = Issuer::start(0);
        let own = realm(&realm_issuer);
        let iam = iam(&json!({ REALM: own }));
        let lifecycle = Lifecycle::new(LifecycleOptions::default());
        let (realms, kept, runs) = (Arc::clone(&iam), Arc::clone(&iam), lifecycle.clone());
        let door = move |db: &TestDatabase| {
            let (sessions, _) = process(&db.database, &realms, &runs);
            BrowserDoor {
                authenticator: Arc::new(TestAuthenticator),
                open: sessions.routes(),
                sessions: Arc::new(sessions),
            }
        };
        let parts = ProviderParts {
            reach: Reach::Anywhere,
            clock: athyper_kernel_types::Clock::system(),
            lifecycle: lifecycle.clone(),
        };
        let web = Web { files: Arc::default(), parts };
        let outside: Arc<dyn Outside> = Arc::new(web.clone());
        let options = TestOptions {
            iam,
            browsers: Some(Box::new(door)),
            doors: |db, catalogue| {
                let roles = authorizer(db.database.clone(), catalogue.clone(), duties());
                (Arc::new(TestAuthenticator), Judge::new(roles, Arc::new(NoPolicies::default())))
            },
            parts: Box::new(move |builder| {
                builder.value(&athyper_federation::DIRECTORY, directory(catalogue(), duties()));
                builder.value(&athyper_federation::SESSIONS, sessions_of_providers());
                builder.value(&athyper_iam::DUTIES, duties());
                builder.value(&athyper_governance::ACCESS, access(catalogue(), duties()));
                builder.value(&athyper_federation::OUTSIDE, outside);
            }),
            ..TestOptions::default()
        };
        let modules = [
            athyper_security::MODULE,
            athyper_iam::MODULE,
            athyper_governance::MODULE,
            athyper_federation::MODULE,
            athyper_kernel_records::MODULE,
            athyper_finance::MODULE,
        ];
        let app = TestApp::with(&modules, options).await;
        Self { app, realm_issuer, web, iam: kept, lifecycle }
    }

    /// An administrator of a tenant, by a token.
    pub(crate) fn admin(&self, tenant: &str) -> Client {
        Client::new(self.app.router.clone(), &token(tenant, "admin"))
    }

    /// A user of a tenant whose token has no role.
    pub(crate) fn nobody(&self, tenant: &str, name: &str) -> Client {
        Client::new(self.app.router.clone(), &token(tenant, name))
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.app.router.clone())
    }

    /// An issuer outside, whose time is the platform's.
    pub(crate) fn issuer(&self) -> Issuer {
        Issuer::start(self.now())
    }

    fn now(&self) -> i64 {
        self.app.db.database.clock().now().timestamp()
    }

    /// Lets time pass, here and at an issuer.
    pub(crate) fn advance(&self, issuer: &Issuer, by: TimeDelta) {
        self.app.db.clock.advance(by);
        issuer.set_now(self.now());
    }

    /// A provider of a tenant that is enabled, at this issuer.
    pub(crate) async fn provider(
        &self,
        tenant: &str,
        key: &str,
        issuer: &Issuer,
        changes: Value,
    ) -> Provider {
        let admin = self.admin(tenant);
        let mut body = json!({
            "key": key, "issuer": issuer.url(), "displayName": key, "clientId": athyper_issuer::CLIENT_ID,
            "jitProvisioning": "create", "allowedDomains": ["acme.example"],
        });
        merge(&mut body, &changes);
        let made = admin.post("/v1/federation/providers", &body).await.expect(201);
        let id = made.text("/id");
        admin.post_empty(&format!("/v1/federation/providers/{id}/enable")).await.expect(200);
        Provider { tenant: tenant.to_owned(), key: key.to_owned(), id: id.parse().unwrap() }
    }

    /// Type and facts of the events of a tenant's trail, in order.
    pub(crate) async fn events(&self, tenant: &str) -> Vec<(String, Value)> {
        sqlx::query_as("select type, meta from audit.event where tenant_id = $1 order by recorded_at, id")
            .bind(self.app.db.tenant_id(tenant).uuid())
            .fetch_all(&mut self.app.db.superuser().await)
            .await
            .unwrap()
    }

    /// The reasons for which sign-ins failed in a tenant, in order.
    pub(crate) async fn refusals(&self, tenant: &str) -> Vec<String> {
        let names = ["auth.login_failed", "auth.issuer_mismatch"];
        let events = self.events(tenant).await.into_iter();
        let events = events.filter(|(kind, _)| names.contains(&kind.as_str()));
        events.map(|(_, meta)| meta["reason"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// One value of one row, asked as the superuser.
    pub(crate) async fn ask<T>(&self, statement: &'static str, id: Uuid) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let mut superuser = self.app.db.superuser().await;
        sqlx::query_scalar(statement).bind(id).fetch_one(&mut superuser).await.expect(statement)
    }
}

/// A provider of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) tenant: String,
    pub(crate) key: String,
    pub(crate) id: Uuid,
}

impl Provider {
    /// Where a browser begins.
    pub(crate) fn login(&self) -> String {
        format!("/auth/login?tenant={}&provider={}&returnTo=/orders", self.tenant, self.key)
    }

    /// Where it is administered.
    pub(crate) fn path(&self) -> String {
        format!("/v1/federation/providers/{}", self.id)
    }

    /// Signs a browser in as whoever the issuer says, and gives the answer of the callback.
    pub(crate) async fn sign_in(&self, browser: &Browser) -> Answer {
        let back = browser.at_issuer(&browser.begin(&self.login()).await).await;
        browser.get(&back).await
    }
}

/// Whom an issuer signs in: a subject, with a mail address that it has verified or not.
pub(crate) fn person(subject: &str, mail: &str, is_verified: bool) -> Value {
    json!({"sub": subject, "name": "Ann Example", "given_name": "Ann", "family_name": "Example",
        "preferred_username": subject, "email": mail, "email_verified": is_verified})
}
