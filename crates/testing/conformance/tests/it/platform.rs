//! The modules on a database of their own, with an example of each operation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use athyper_bootstrap::bridges::edge_uses_iam::{authorizer, with_service_keys};
use athyper_bootstrap::bridges::iam_uses_governance::duties;
use athyper_bootstrap::{document, modules};
use athyper_kernel_db::Database;
use athyper_kernel_entity::SystemEntity;
use athyper_kernel_http::{Catalogue, Judge, OPERATION_PERMISSIONS, Permission};
use athyper_kernel_jobs_http::JOB_PERMISSIONS;
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_module::DomainModule;
use athyper_kernel_records::{Entities, SystemEntities};
use athyper_kernel_tenant_context::TenantContext;
use athyper_policy::InForce;
use athyper_test_kit::{Answer, Client, Doors, TestApp, TestDatabase, TestOptions, plain_doors, subject};
use axum::http::Method;
use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::document::{Operation, operations};
use crate::findings::Findings;
use crate::{fixtures, parts};

/// The roles that together may do everything.
pub(crate) const ADMIN: &str = "admin+platform_admin";

/// The modules, mounted behind the edge.
pub(crate) struct Platform {
    pub(crate) app: TestApp,
    pub(crate) operations: Vec<Operation>,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) catalogue: Catalogue,
    examples: Vec<Example>,
}

/// A user of a tenant, as an example needs one.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) client: Client,
    pub(crate) database: Database,
    pub(crate) context: TenantContext,
    /// Subject of the user's token.
    pub(crate) subject: String,
}

/// How to call an operation so that it succeeds. Each time it makes new records for it.
pub(crate) struct Example {
    pub(crate) operation: &'static str,
    pub(crate) prepare: fn(User) -> BoxFuture<'static, Call>,
}

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) body: Payload,
    /// `If-Match`, where the operation asks for the version.
    pub(crate) if_match: Option<String>,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    None,
    Json(Value),
    Csv(String),
    File(String),
}

impl Call {
    /// A request without a body.
    pub(crate) fn to(path: impl Into<String>) -> Self {
        Self { path: path.into(), body: Payload::None, if_match: None }
    }

    /// With this body.
    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Payload::Json(body);
        self
    }

    /// With this file.
    pub(crate) fn csv(mut self, file: impl Into<String>) -> Self {
        self.body = Payload::Csv(file.into());
        self
    }

    /// With this file of any type.
    pub(crate) fn file(mut self, file: impl Into<String>) -> Self {
        self.body = Payload::File(file.into());
        self
    }

    /// With a body that nothing takes: one of no known form, and for a file of any type an empty one.
    pub(crate) fn malformed(self, body: Value) -> Self {
        if matches!(self.body, Payload::File(_)) { self.file("") } else { self.json(body) }
    }

    /// The command of this name on the record.
    pub(crate) fn then(mut self, command: &str) -> Self {
        self.path = format!("{}/{command}", self.path);
        self
    }

    /// On the version that this answer showed.
    pub(crate) fn on_version_of(mut self, answer: &Answer) -> Self {
        self.if_match = Some(answer.header("etag"));
        self
    }

    /// On this version.
    pub(crate) fn if_match(mut self, tag: Option<&str>) -> Self {
        self.if_match = tag.map(str::to_owned);
        self
    }

    /// Sends it.
    pub(crate) async fn send(&self, client: &Client, method: &Method) -> Answer {
        let client = match &self.if_match {
            Some(tag) => client.with("if-match", tag),
            None => client.clone(),
        };
        let (media_type, bytes) = match &self.body {
            Payload::None => (None, Bytes::new()),
            Payload::Json(body) => (Some("application/json"), body.to_string().into()),
            Payload::Csv(file) => (Some("text/csv"), file.clone().into()),
            Payload::File(file) => (Some("application/octet-stream"), file.clone().into()),
        };
        client.send(method.clone(), &self.path, media_type, bytes).await
    }
}

impl Platform {
    /// All modules of the platform, with the operations of the document that is printed.
    pub(crate) async fn new() -> Self {
        let mut platform = Self::of(&modules(), fixtures::examples()).await;
        platform.operations = operations(&document());
        platform
    }

    /// The same, told to refuse everything to everybody.
    pub(crate) async fn denying_all() -> Self {
        let doors = |db: &TestDatabase, catalogue: &Catalogue| doors_that(db, catalogue, true);
        let mut platform = Self::behind(&modules(), fixtures::examples(), doors).await;
        platform.operations = operations(&document());
        platform
    }

    /// These modules.
    pub(crate) async fn of(modules: &[DomainModule], examples: Vec<Example>) -> Self {
        Self::behind(modules, examples, |db, catalogue| doors_that(db, catalogue, false)).await
    }

    async fn behind(
        modules: &[DomainModule],
        examples: Vec<Example>,
        doors: fn(&TestDatabase, &Catalogue) -> Doors,
    ) -> Self {
        let app = TestApp::with(modules, TestOptions { doors, ..parts::options() }).await;
        let kernel = OPERATION_PERMISSIONS.iter().chain(JOB_PERMISSIONS);
        let permissions = modules.iter().flat_map(|module| module.permissions).chain(kernel);
        let permissions: Vec<_> = permissions.copied().collect();
        let catalogue = Catalogue::new(permissions.iter().copied());
        Self { operations: operations(&app.openapi), app, permissions, catalogue, examples }
    }

    /// The platform with one of so many parts of its operations: what compares all rows before and after each of them takes time by
    /// the square of their number.
    pub(crate) async fn part(part: usize, parts: usize) -> Self {
        let mut platform = Self::new().await;
        let all = std::mem::take(&mut platform.operations).into_iter().enumerate();
        platform.operations =
            all.filter(|(place, _)| place % parts == part).map(|(_, operation)| operation).collect();
        platform
    }

    /// The user who may do everything in a tenant.
    pub(crate) fn admin(&self, tenant: &str) -> User {
        self.user(tenant, ADMIN)
    }

    /// A user of a tenant with one role.
    pub(crate) fn user(&self, tenant: &str, role: &str) -> User {
        User {
            client: self.app.user(tenant, role),
            database: self.app.db.database.clone(),
            context: self.app.db.context(tenant),
            subject: subject(tenant, role),
        }
    }

    /// Makes what the operation needs, as this user, and the request for it.
    pub(crate) async fn prepare(&self, operation: &Operation, user: &User) -> Call {
        let id = &operation.id;
        let example = self.examples.iter().find(|example| example.operation == id);
        let example = example.unwrap_or_else(|| panic!("no example of {id}: add one to tests/it/fixtures"));
        (example.prepare)(user.clone()).await
    }

    /// The built-in roles.
    pub(crate) fn roles(&self) -> Vec<&str> {
        self.catalogue.roles().map(|role| role.key.as_str()).collect()
    }

    /// Whether a role has a permission on some records, about which its handler asks.
    pub(crate) fn has_part(&self, permission: &str, role: &str) -> bool {
        let asks = self.catalogue.find(permission).is_some_and(|permission| permission.asks);
        asks && self.catalogue.role(role).is_some_and(|role| role.permissions.contains_key(permission))
    }

    /// The built-in roles that have a permission in the whole tenant.
    pub(crate) fn roles_of(&self, permission: &str) -> Vec<&str> {
        self.catalogue.roles_with(permission)
    }
}

/// The doors that the processes have, over tokens of tests. A module on its own has no access of its own to ask.
fn doors_that(db: &TestDatabase, catalogue: &Catalogue, deny_all: bool) -> Doors {
    let (tokens, plain) = plain_doors(db, catalogue);
    if catalogue.find("iam.get_me").is_none() {
        return (tokens, plain);
    }
    let database = db.database.clone();
    let roles = authorizer(database.clone(), catalogue.clone(), duties());
    let entities: Vec<SystemEntity> = modules().iter().flat_map(|module| module.entities).copied().collect();
    let entities = Entities::new(&database, SystemEntities::read(&entities).unwrap());
    // Decisions are written down for as long as the test runs.
    let lifecycle = Box::leak(Box::new(Lifecycle::new(LifecycleOptions::default())));
    let policies = InForce::new(&database, catalogue.clone(), entities, lifecycle);
    let judge = Judge::new(roles, Arc::new(policies.denying_all(deny_all)));
    (with_service_keys(database, db.tenants.clone(), tokens), judge)
}

/// An example of an operation.
pub(crate) fn example(operation: &'static str, prepare: fn(User) -> BoxFuture<'static, Call>) -> Example {
    Example { operation, prepare }
}

/// Sends a request that makes something, and gives back the request for what was made.
pub(crate) async fn made(user: &User, call: &Call, status: u16) -> Call {
    let answer = call.send(&user.client, &Method::POST).await.expect(status);
    answer
        .headers
        .get("location")
        .map_or_else(|| call.clone(), |location| Call::to(location.to_str().expect("location")))
}

/// The request on the version that the record has now.
pub(crate) async fn versioned(user: &User, record: Call) -> Call {
    let answer = user.client.get(&record.path).await.expect(200);
    record.on_version_of(&answer)
}

/// The list that the record is in.
pub(crate) fn listed(_record: Call, path: &str) -> Call {
    Call::to(path)
}

/// A number that this process has not used, for names that must be unique.
pub(crate) fn unique() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Every operation has an example, and every example is of an operation.
fn check_examples(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    for operation in &platform.operations {
        let has_one = platform.examples.iter().any(|example| example.operation == operation.id);
        findings.expect(has_one, "example", operation.name(), "add an example of it to tests/it/fixtures");
    }
    for example in &platform.examples {
        let is_known = platform.operations.iter().any(|operation| operation.id == example.operation);
        findings.expect(
            is_known,
            "example",
            example.operation,
            "there is no such operation, remove its example",
        );
    }
    findings
}

#[tokio::test]
async fn every_operation_has_an_example() {
    check_examples(&Platform::new().await).none();
}

/// Every example does what it is there for: without this, the checks that stand on it would show nothing.
#[tokio::test]
async fn every_example_succeeds() {
    let platform = Platform::new().await;
    let mut findings = Findings::default();
    for operation in &platform.operations {
        let user = platform.admin("demo");
        let answer = platform.prepare(operation, &user).await.send(&user.client, &operation.method).await;
        let documented = operation.responses.contains_key(&answer.status);
        findings.expect(
            (200..300).contains(&answer.status) && documented,
            "success",
            operation.name(),
            format!("answers {}: {}", answer.status, String::from_utf8_lossy(&answer.body)),
        );
    }
    findings.none();
}
