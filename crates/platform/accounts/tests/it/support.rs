//! What the tests have in common: persons and sessions that are only noted, and shorthands.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use athyper_accounts::ports::{People, Person, Sessions, SignedIn, Started, Strength};
use athyper_accounts::{MODULE, PEOPLE, SESSIONS};
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Authenticator, Catalogue, Identity, Judge, NoPolicies, TokenAuthorizer};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::PrincipalId;
use athyper_test_kit::{Answer, Client, Doors, TestApp, TestAuthenticator, TestDatabase, TestOptions};
use axum::http::{HeaderMap, HeaderValue};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

/// A password that every policy takes.
pub(crate) const PASSWORD: &str = "Correct-horse-7";
/// Another one.
pub(crate) const OTHER: &str = "Battery-staple-8";

/// The person behind a name in a tenant: the same id wherever it is asked.
pub(crate) fn principal(tenant: &str, name: &str) -> PrincipalId {
    PrincipalId::from_uuid(Uuid::new_v5(&Uuid::NAMESPACE_DNS, format!("{name}@{tenant}").as_bytes()))
}

/// Persons of the tests: everybody named in it exists in both tenants.
#[derive(Debug, Default)]
pub(crate) struct Register(Mutex<BTreeMap<(String, PrincipalId), Person>>);

impl Register {
    fn add(&self, tenant: &str, name: &str) {
        let person = Person {
            id: principal(tenant, name),
            login: name.to_owned(),
            mail: Some(format!("{name}@{tenant}.example")),
            is_active: true,
        };
        self.0.lock().unwrap().insert((tenant.to_owned(), person.id), person);
    }

    pub(crate) fn change(&self, tenant: &str, name: &str, change: impl FnOnce(&mut Person)) {
        let key = (tenant.to_owned(), principal(tenant, name));
        change(self.0.lock().unwrap().get_mut(&key).unwrap());
    }
}

#[async_trait]
impl People for Register {
    async fn by_login(
        &self,
        _conn: &mut PgConnection,
        context: &TenantContext,
        login: &str,
    ) -> Result<Option<Person>, Problem> {
        let wanted = login.to_lowercase();
        let persons = self.0.lock().unwrap();
        let mut own = persons.iter().filter(|((tenant, _), _)| tenant == context.tenant_key());
        let found = own.find(|(_, person)| person.login == wanted || person.mail.as_deref() == Some(&wanted));
        Ok(found.map(|(_, person)| person.clone()))
    }

    async fn by_id(
        &self,
        _conn: &mut PgConnection,
        context: &TenantContext,
        id: PrincipalId,
    ) -> Result<Option<Person>, Problem> {
        Ok(self.0.lock().unwrap().get(&(context.tenant_key().to_owned(), id)).cloned())
    }
}

/// Sessions of the tests: what was started and ended.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) started: Mutex<Vec<(String, Strength)>>,
    pub(crate) ended: Mutex<Vec<(PrincipalId, String)>>,
}

#[async_trait]
impl Sessions for Desk {
    async fn start(
        &self,
        _tx: &mut TenantTx,
        signed_in: &SignedIn,
        _headers: &HeaderMap,
    ) -> Result<Started, Problem> {
        self.started.lock().unwrap().push((signed_in.person.login.clone(), signed_in.strength));
        let cookie = HeaderValue::from_static("__Host-session=opaque; Secure; HttpOnly; Path=/");
        Ok(Started { cookies: vec![cookie], session: None })
    }

    async fn end_all(&self, _tx: &mut TenantTx, person: PrincipalId, reason: &str) -> Result<(), Problem> {
        self.ended.lock().unwrap().push((person, reason.to_owned()));
        Ok(())
    }
}

/// Knows the principal of each token of the tests.
#[derive(Debug)]
struct Doorkeeper;

#[async_trait]
impl Authenticator for Doorkeeper {
    async fn authenticate(&self, token: &str) -> Result<Arc<Identity>, Problem> {
        let mut identity = Arc::unwrap_or_clone(TestAuthenticator.authenticate(token).await?);
        let (name, tenant) = identity.actor.id.split_once('@').unwrap();
        identity.principal = Some(principal(tenant, name));
        Ok(Arc::new(identity))
    }
}

fn doors(db: &TestDatabase, catalogue: &Catalogue) -> Doors {
    let authorizer = TokenAuthorizer::new(catalogue.clone(), db.database.clock().clone());
    (Arc::new(Doorkeeper), Judge::new(Arc::new(authorizer), Arc::new(NoPolicies::default())))
}

/// The module with its doubles.
pub(crate) struct Stage {
    pub(crate) app: TestApp,
    pub(crate) people: Arc<Register>,
    pub(crate) desk: Arc<Desk>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let (people, desk) = (Arc::new(Register::default()), Arc::new(Desk::default()));
        for tenant in ["demo", "globex"] {
            for name in ["admin", "viewer", "zoe", "kim"] {
                people.add(tenant, name);
            }
        }
        let (as_people, as_sessions): (Arc<dyn People>, Arc<dyn Sessions>) = (people.clone(), desk.clone());
        let options = TestOptions {
            doors,
            parts: Box::new(move |builder| {
                builder.value(&PEOPLE, as_people);
                builder.value(&SESSIONS, as_sessions);
            }),
            ..TestOptions::default()
        };
        Self { app: TestApp::with(&[MODULE], options).await, people, desk }
    }

    /// Who administers the tenant.
    pub(crate) fn admin(&self) -> Client {
        self.app.user("demo", "admin")
    }

    /// The signed-in person of this name. All have the role of a viewer.
    pub(crate) fn user(&self, name: &str) -> Client {
        self.app.user("demo", &format!("{name}+viewer"))
    }

    /// Calls an operation of guests at a tenant.
    pub(crate) async fn guest_at(&self, tenant: &str, operation: &str, mut body: Value) -> Answer {
        body["realm"] = json!("athyper");
        body["tenant"] = json!(tenant);
        self.app.anonymous().post(&format!("/v1/accounts/{operation}"), &body).await
    }

    /// The same at the tenant `demo`.
    pub(crate) async fn guest(&self, operation: &str, body: Value) -> Answer {
        self.guest_at("demo", operation, body).await
    }

    pub(crate) async fn sign_in(&self, login: &str, password: &str) -> Answer {
        self.guest("sign-in", json!({"login": login, "password": password})).await
    }

    pub(crate) async fn invite(&self, tenant: &str, name: &str) -> Answer {
        let body = json!({"principal": principal(tenant, name)});
        self.app.user(tenant, "admin").post("/v1/accounts/people", &body).await
    }

    /// Invites a person and sets this password by the link.
    pub(crate) async fn account(&self, name: &str) {
        self.account_at("demo", name).await;
    }

    pub(crate) async fn account_at(&self, tenant: &str, name: &str) {
        self.invite(tenant, name).await.expect(201);
        let body = json!({"token": self.last_token().await, "password": PASSWORD});
        self.guest_at(tenant, "set-password", body).await.expect(200);
    }

    /// The mails that wait to be sent, oldest first: address, subject, text.
    pub(crate) async fn mails(&self) -> Vec<(String, String, String)> {
        let mut admin = self.app.db.superuser().await;
        sqlx::query_as(
            "select payload->'to'->>0, payload->>'subject', payload->>'text' from jobs.job \
             where type = 'platform.send_mail' order by position",
        )
        .fetch_all(&mut admin)
        .await
        .unwrap()
    }

    /// The token of the link that was sent last.
    pub(crate) async fn last_token(&self) -> String {
        let (_, _, text) = self.mails().await.pop().expect("a mail");
        let link = text.lines().find(|line| line.starts_with("http")).expect("a link");
        link.split_once('#').expect("a token").1.to_owned()
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        self.app.db.clock.advance(time);
    }

    /// The audit events of a type, oldest first: tenant's facts alone.
    pub(crate) async fn events(&self, kind: &str) -> Vec<Value> {
        let mut admin = self.app.db.superuser().await;
        sqlx::query_scalar("select meta from audit.event where type = $1 order by recorded_at, id")
            .bind(kind)
            .fetch_all(&mut admin)
            .await
            .unwrap()
    }

    pub(crate) fn started(&self) -> Vec<(String, Strength)> {
        self.desk.started.lock().unwrap().clone()
    }

    /// Gives a person a confirmed factor of codes, and its secret with the recovery codes.
    pub(crate) async fn totp(&self, name: &str) -> (String, Vec<String>) {
        let user = self.user(name);
        let begun = user.post("/v1/accounts/me/factors/totp", &json!({"label": "Phone"})).await.expect(201);
        let (id, secret) = (begun.text("/id"), begun.text("/secret"));
        let body = json!({"code": self.code(&secret)});
        let path = format!("/v1/accounts/me/factors/{id}/confirm");
        let confirmed = user.post(&path, &body).await.expect(200).json();
        self.pass(TimeDelta::minutes(2));
        let codes = confirmed["recoveryCodes"].as_array().cloned().unwrap_or_default();
        (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
    }

    /// The code of a secret now, as an authenticator program makes it.
    pub(crate) fn code(&self, secret: &str) -> String {
        crate::authenticator::totp(secret, self.app.db.database.clock().now().timestamp())
    }
}
