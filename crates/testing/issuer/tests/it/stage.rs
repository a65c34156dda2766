//! The platform behind its edge with sessions, an issuer or two, and browsers that keep their cookies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use athyper_adapter_auth::{OidcAuthenticator, OidcClient};
use athyper_bootstrap::OidcIssuers;
use athyper_issuer::Issuer;
use athyper_kernel_config::{Environment, FileSource, IamConfig, LoadInput, Mode, load};
use athyper_kernel_db::{Database, DatabaseAuditWriter, TenantDirectory};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_resilience::Breakers;
use athyper_security::{NoProviders, SessionParts, Sessions};
use athyper_test_kit::{Answer, BrowserDoor, Client, TestApp, TestDatabase, TestOptions, test_vault};
use axum::Router;
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use chrono::TimeDelta;
use serde_json::{Value, json};

/// The address under which the platform is known.
pub(crate) const BASE: &str = "https://app.example";

/// A realm that is served.
pub(crate) const REALM: &str = "athyper";

/// The platform and its issuer.
pub(crate) struct Stage {
    pub(crate) app: TestApp,
    pub(crate) issuer: Issuer,
    pub(crate) sessions: Sessions,
    /// Goes with the stage.
    _lifecycle: Lifecycle,
}

/// The realm of an issuer, with all guards on.
pub(crate) fn realm(issuer: &Issuer) -> Value {
    json!({
        "iam": {"clientId": "athyper", "issuerUrl": issuer.url()},
        "redirectUriAllowlist": [format!("{BASE}/auth/callback")],
        "featureFlags": {"bffSessions": true, "refreshRotation": true, "csrfProtection": true, "pkceFlow": true,
            "strictIssuerCheck": true},
        "tenants": {"demo": {"name": "Demo"}, "globex": {"name": "Globex"}},
    })
}

pub(crate) fn merge(target: &mut Value, changes: &Value) {
    match (target, changes) {
        (Value::Object(target), Value::Object(changes)) => {
            for (key, change) in changes {
                merge(target.entry(key.clone()).or_insert(Value::Null), change);
            }
        }
        (target, changes) => *target = changes.clone(),
    }
}

pub(crate) fn iam(realms: &Value) -> Arc<IamConfig> {
    let file = json!({ "iam": { "realms": realms } });
    let input = LoadInput {
        file: Some(FileSource::Text { name: "test".to_owned(), text: file.to_string() }),
        env: BTreeMap::from([("ATHYPER_SUPER__IAM_STRATEGY".to_owned(), "multi_realm".to_owned())]),
        overrides: Vec::new(),
    };
    let loaded = load(input, Mode::Api).unwrap_or_else(|errors| panic!("{errors}"));
    Arc::new(loaded.config.iam.clone())
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(&json!({})).await
    }

    /// With other settings of the realm.
    pub(crate) async fn with(changes: &Value) -> Self {
        let issuer = Issuer::start(0);
        let mut realm = realm(&issuer);
        merge(&mut realm, changes);
        Self::of(issuer, json!({ REALM: realm })).await
    }

    /// Where everybody of the realm is an operator too, as far as their role goes.
    pub(crate) async fn of_operators() -> Self {
        let issuer = Issuer::start(0);
        let realms = json!({ REALM: realm(&issuer) });
        let mut iam = (*iam(&realms)).clone();
        iam.platform_realm_key = Some(REALM.to_owned());
        Self::of_config(issuer, Arc::new(iam)).await
    }

    /// With these realms; `issuer` is the one that the tests speak of.
    pub(crate) async fn of(issuer: Issuer, realms: Value) -> Self {
        Self::of_config(issuer, iam(&realms)).await
    }

    async fn of_config(issuer: Issuer, iam: Arc<IamConfig>) -> Self {
        // What a failing test says of its cause; a second test of the process has it already.
        let _ = tracing_subscriber::fmt().with_test_writer().try_init();
        let lifecycle = Lifecycle::new(LifecycleOptions::default());
        let modules = [athyper_security::MODULE, athyper_kernel_records::MODULE, athyper_finance::MODULE];
        let made: Arc<Mutex<Option<Sessions>>> = Arc::default();
        let (kept, realms, runs) = (Arc::clone(&made), Arc::clone(&iam), lifecycle.clone());
        let door = move |db: &TestDatabase| {
            let (sessions, authenticator) = sessions_on(&db.database, &realms, &runs);
            *kept.lock().unwrap() = Some(sessions.clone());
            BrowserDoor {
                authenticator: Arc::new(authenticator),
                open: sessions.routes(),
                sessions: Arc::new(sessions),
            }
        };
        let options = TestOptions { iam, browsers: Some(Box::new(door)), ..TestOptions::default() };
        let app = TestApp::with(&modules, options).await;
        let sessions = made.lock().unwrap().take().unwrap();
        let stage = Self { app, issuer, sessions, _lifecycle: lifecycle };
        stage.tell_time();
        stage.issuer.behave(|manners| manners.person = person("demo", "admin"));
        stage
    }

    /// A browser without any cookie.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.app.router.clone())
    }

    /// A browser that has signed in as this role of a tenant.
    pub(crate) async fn signed_in(&self, tenant: &str, role: &str) -> Browser {
        self.issuer.behave(|manners| manners.person = person(tenant, role));
        self.tick();
        let browser = self.browser();
        browser.sign_in().await.expect(303);
        browser
    }

    /// Moves the time of platform and issuer.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.app.db.clock.advance(by);
        self.tell_time();
    }

    /// Lets a moment pass, so that what comes next is later in the trail.
    pub(crate) fn tick(&self) {
        self.advance(TimeDelta::milliseconds(1));
    }

    fn tell_time(&self) {
        self.issuer.set_now(self.app.db.database.clock().now().timestamp());
    }

    /// Type and facts of the events of a tenant's trail, or of the platform's, in order.
    pub(crate) async fn events(&self, tenant: Option<&str>) -> Vec<(String, Value)> {
        let tenant = tenant.map_or(uuid::Uuid::nil(), |tenant| self.app.db.tenant_id(tenant).uuid());
        sqlx::query_as("select type, meta from audit.event where tenant_id = $1 order by recorded_at, id")
            .bind(tenant)
            .fetch_all(&mut self.app.db.superuser().await)
            .await
            .unwrap()
    }

    /// Checks that the last event of the trail is this one, for this reason.
    pub(crate) async fn last_event(&self, tenant: Option<&str>, kind: &str, reason: &str) {
        let events = self.events(tenant).await;
        let found = events.iter().rev().find(|(known, _)| known == kind);
        let (_, meta) = found.unwrap_or_else(|| panic!("no {kind} in {events:#?}"));
        assert!(meta["reason"].as_str().unwrap_or_default().contains(reason), "{meta}");
    }

    /// How many events of this kind there are.
    pub(crate) async fn count(&self, tenant: Option<&str>, kind: &str) -> usize {
        self.events(tenant).await.iter().filter(|(known, _)| known == kind).count()
    }
}

/// Sessions of a process on this handle of the database, and who verifies tokens there.
pub(crate) fn sessions_on(
    database: &Database,
    iam: &Arc<IamConfig>,
    lifecycle: &Lifecycle,
) -> (Sessions, OidcAuthenticator) {
    let clock = database.clock().clone();
    let breakers = Breakers::new(clock.clone());
    let authenticator =
        OidcAuthenticator::new(Environment::Local, iam, &[], clock, lifecycle, &breakers).unwrap();
    let parts = SessionParts {
        database: database.clone(),
        tenants: TenantDirectory::new(database, iam),
        iam: Arc::clone(iam),
        environment: Environment::Local,
        base_url: BASE.to_owned(),
        issuers: Arc::new(OidcIssuers::of_realms(OidcClient::new(&authenticator, iam))),
        providers: Arc::new(NoProviders),
        vault: test_vault(),
        audit: Arc::new(DatabaseAuditWriter::new(database.clone())),
        lifecycle: lifecycle.clone(),
        rates: None,
    };
    (Sessions::new(parts), authenticator)
}

/// A person of a tenant with one role.
pub(crate) fn person(tenant: &str, role: &str) -> Value {
    json!({"sub": format!("{role}@{tenant}"), "name": "Ann", "tenantKey": tenant, "roles": [role]})
}

/// A browser: it keeps cookies by their rules, follows nothing by itself, and says where its requests come from.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    jar: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Browser {
    pub(crate) fn new(router: Router) -> Self {
        Self { router, jar: Arc::default() }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    /// The id in the cookie of the realm.
    pub(crate) fn id(&self) -> String {
        self.cookie("__Host-athyper-session-athyper").expect("a session")
    }

    pub(crate) fn plant(&self, name: &str, value: &str) {
        self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// The same browser, before another process.
    pub(crate) fn at(&self, router: Router) -> Self {
        Self { router, jar: Arc::clone(&self.jar) }
    }

    /// A browser with the same cookies, which go their own way from here on.
    pub(crate) fn copy(&self) -> Self {
        let jar = self.jar.lock().unwrap().clone();
        Self { router: self.router.clone(), jar: Arc::new(Mutex::new(jar)) }
    }

    fn client(&self) -> Client {
        let jar = self.jar.lock().unwrap();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let client = Client::anonymous(self.router.clone());
        if cookies.is_empty() { client } else { client.with("cookie", &cookies.join("; ")) }
    }

    fn keep(&self, headers: &HeaderMap) {
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut jar = self.jar.lock().unwrap();
            if line.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut client = self.client();
        for (name, value) in headers {
            client = client.with(name, value);
        }
        let (media_type, body) = match body {
            Value::Null => (None, Bytes::new()),
            body => (Some("application/json"), Bytes::from(body.to_string())),
        };
        let answer = client.send(method, path, media_type, body).await;
        self.keep(&answer.headers);
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("sec-fetch-site", "same-origin")], &Value::Null).await
    }

    /// A change by a page of the platform, with the session's token.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let token = self.csrf_token().await;
        let headers = [("origin", BASE), ("sec-fetch-site", "same-origin"), ("x-csrf-token", &*token)];
        self.send(Method::POST, path, &headers, body).await
    }

    pub(crate) async fn csrf_token(&self) -> String {
        self.get("/auth/session").await.expect(200).text("/csrfToken")
    }

    /// Begins to sign in and gives back where the issuer wants the browser.
    pub(crate) async fn begin(&self, path: &str) -> String {
        self.get(path).await.expect(303).header("location")
    }

    /// Lets the issuer sign the person in, and gives back where it sends the browser.
    pub(crate) async fn at_issuer(&self, location: &str) -> String {
        let client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        let answer = client.unwrap().get(location).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 302);
        let back = answer.headers()["location"].to_str().unwrap().to_owned();
        back.strip_prefix(BASE).expect("our callback").to_owned()
    }

    /// Signs in and gives the answer of the callback.
    pub(crate) async fn sign_in(&self) -> Answer {
        let back = self.at_issuer(&self.begin("/auth/login?returnTo=/orders").await).await;
        self.get(&back).await
    }
}
