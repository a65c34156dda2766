//! What the tests have in common: an application of joined domains, people in it, and shorthands.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_accounts::ports::{Sessions, SignedIn, Started};
use athyper_accounts::{PEOPLE, SESSIONS};
use athyper_audit::{
    AUDIT_KEYS, AuditKeys, CHECKPOINT_STORE, CheckpointStore, MemoryCheckpoints, PERSONS, Sealer,
    SealerSettings, SigningKey,
};
use athyper_bootstrap::bridges::accounts_uses_iam::people;
use athyper_bootstrap::bridges::audit_uses_iam::persons;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_types::PrincipalId;
use axum::http::HeaderMap;
use chrono::TimeDelta;

use athyper_bootstrap::bridges::governance_uses_iam::access;
use athyper_bootstrap::bridges::iam_uses_governance::duties;
use athyper_governance::ACCESS;
use athyper_iam::{DUTIES, IamAuthorizer};
use athyper_kernel_http::{Catalogue, Judge, NoPolicies, OPERATION_PERMISSIONS};
use athyper_kernel_jobs_http::JOB_PERMISSIONS;
use athyper_test_kit::{Answer, Client, Doors, TestApp, TestDatabase, TestOptions, plain_doors};
use serde_json::{Value, json};

/// An application of joined domains, with what its trail is sealed with.
pub(crate) struct Stage {
    pub(crate) app: TestApp,
    keys: Arc<AuditKeys>,
    checkpoints: MemoryCheckpoints,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let modules = [
            athyper_audit::MODULE,
            athyper_security::MODULE,
            athyper_iam::MODULE,
            athyper_governance::MODULE,
            athyper_accounts::MODULE,
        ];
        let key = SigningKey::from_base64(&SigningKey::generate().unwrap()).unwrap();
        let (keys, checkpoints) = (Arc::new(AuditKeys::new(key, Vec::new())), MemoryCheckpoints::default());
        let (of_app, store): (_, Arc<dyn CheckpointStore>) =
            (Arc::clone(&keys), Arc::new(checkpoints.clone()));
        let kernel = OPERATION_PERMISSIONS.iter().chain(JOB_PERMISSIONS);
        let all = modules.iter().flat_map(|module| module.permissions).chain(kernel);
        let catalogue = Catalogue::new(all.copied());
        let options = TestOptions {
            doors,
            parts: Box::new(|builder| {
                let sessions: Arc<dyn Sessions> = Arc::new(NoBrowsers);
                builder.value(&SESSIONS, sessions);
                builder.value(&PEOPLE, people());
                builder.value(&PERSONS, persons());
                builder.value(&AUDIT_KEYS, of_app);
                builder.value(&CHECKPOINT_STORE, store);
                builder.value(&DUTIES, duties());
                builder.value(&ACCESS, access(catalogue, duties()));
            }),
            ..TestOptions::default()
        };
        let app = TestApp::with(&modules, options).await;
        Self { app, keys, checkpoints }
    }

    /// Seals and signs all that was written.
    pub(crate) async fn seal(&self) {
        let settings = SealerSettings { checkpoint_every: TimeDelta::zero(), ..SealerSettings::default() };
        let store = Arc::new(self.checkpoints.clone());
        let sealer = Sealer::new(self.app.db.database.clone(), Arc::clone(&self.keys), store, settings);
        while sealer.turn().await.unwrap().sealed > 0 {}
    }
}

/// No browser comes here: a sign-in ends without a session.
struct NoBrowsers;

#[async_trait]
impl Sessions for NoBrowsers {
    async fn start(&self, _: &mut TenantTx, _: &SignedIn, _: &HeaderMap) -> Result<Started, Problem> {
        Ok(Started::default())
    }

    async fn end_all(&self, _: &mut TenantTx, _: PrincipalId, _: &str) -> Result<(), Problem> {
        Ok(())
    }
}

pub(crate) async fn app() -> TestApp {
    Stage::new().await.app
}

/// Bindings behind tokens of tests, as the processes have them.
fn doors(db: &TestDatabase, catalogue: &Catalogue) -> Doors {
    let (tokens, _) = plain_doors(db, catalogue);
    let authorizer = IamAuthorizer::new(db.database.clone(), catalogue.clone(), duties());
    (tokens, Judge::new(Arc::new(authorizer), Arc::new(NoPolicies::default())))
}

/// Somebody with a principal and without roles of the token.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) client: Client,
}

/// The administrator of tenant `demo`, by the role of the token.
pub(crate) fn admin(app: &TestApp) -> Client {
    app.user("demo", "admin")
}

/// Enters somebody whose token names a role: one that there is, or none.
pub(crate) async fn person(app: &TestApp, name: &str) -> Person {
    let admin = admin(app);
    let made = admin.post("/v1/iam/principals", &json!({ "userName": name })).await.expect(201);
    let id = made.text("/id");
    let link = json!({ "subject": format!("{name}@demo") });
    admin.post(&format!("/v1/iam/principals/{id}/links"), &link).await.expect(201);
    Person { id, client: app.user("demo", name) }
}

/// Somebody who has a role in a scope.
pub(crate) async fn person_with(app: &TestApp, name: &str, role: &str, scope: Value) -> Person {
    let person = person(app, name).await;
    bind(&admin(app), &person.id, role, scope).await.expect(201);
    person
}

pub(crate) fn tenant() -> Value {
    json!({ "kind": "tenant" })
}

pub(crate) async fn bind(by: &Client, principal: &str, role: &str, scope: Value) -> Answer {
    let body = json!({ "subject": { "principal": principal }, "role": role, "scope": scope });
    by.post("/v1/iam/role-bindings", &body).await
}

pub(crate) async fn bind_group(by: &Client, group: &str, role: &str, scope: Value) -> Answer {
    let body = json!({ "subject": { "group": group }, "role": role, "scope": scope });
    by.post("/v1/iam/role-bindings", &body).await
}

pub(crate) async fn group(by: &Client, name: &str) -> String {
    by.post("/v1/iam/groups", &json!({ "displayName": name })).await.expect(201).text("/id")
}

pub(crate) async fn add(by: &Client, group: &str, member: &str) -> Answer {
    by.post(&format!("/v1/iam/groups/{group}/members"), &json!({ "principal": member })).await
}

pub(crate) async fn nest(by: &Client, group: &str, child: &str) -> Answer {
    by.post(&format!("/v1/iam/groups/{group}/members"), &json!({ "group": child })).await
}

pub(crate) async fn role(by: &Client, name: &str, permissions: &[&str]) -> String {
    let body = json!({ "name": name, "permissions": permissions });
    by.post("/v1/iam/roles", &body).await.expect(201).text("/id")
}

/// The same client on whatever version a record has.
pub(crate) fn any(client: &Client) -> Client {
    client.with("if-match", "*")
}

/// The audit events of a type, oldest first: subject and facts.
pub(crate) async fn events(app: &TestApp, kind: &str) -> Vec<(Option<String>, Value)> {
    let mut admin = app.db.superuser().await;
    sqlx::query_as("select subject_id, meta from audit.event where type = $1 order by recorded_at, id")
        .bind(kind)
        .fetch_all(&mut admin)
        .await
        .unwrap()
}
