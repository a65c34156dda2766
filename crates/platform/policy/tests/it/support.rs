//! What the tests have in common: an application with policies and records, people, and shorthands.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::{Catalogue, GrantedRights, Judge, TokenAuthorizer};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_kernel_policy::{Subject, SubjectKind};
use athyper_kernel_records::{Entities, SystemEntities, new_entity_id, publish};
use athyper_kernel_types::{Clock, PrincipalId};
use athyper_policy::ports::{NamedKind, Subjects};
use athyper_policy::{InForce, MODULE, SUBJECTS};
use athyper_test_kit::{Client, Doors, TestApp, TestDatabase, TestOptions, plain_doors};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const POLICIES: &str = "/v1/policy/policies";

/// A principal that the tenant knows: a viewer.
pub(crate) const ADA: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

/// Another one: an agent.
pub(crate) const BEN: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072";

/// And a service that administers.
pub(crate) const CARRIER: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073";

/// Knows some principals.
struct People(Catalogue, Clock);

impl People {
    /// All of them, by id.
    fn all(&self) -> Vec<(PrincipalId, Arc<GrantedRights>)> {
        let one = |id: &str, name: &str, kind, role: &str| {
            let subject = Subject {
                id: name.to_owned(),
                principal: Some(id.to_owned()),
                kind,
                roles: vec![role.to_owned()],
                ..Subject::default()
            };
            let id = PrincipalId::from_uuid(id.parse().unwrap());
            (id, Arc::new(GrantedRights::of_roles(&self.0, &self.1, subject)))
        };
        vec![
            one(ADA, "ada", SubjectKind::Person, "viewer"),
            one(BEN, "ben", SubjectKind::Person, "agent"),
            one(CARRIER, "carrier", SubjectKind::Service, "tenant_admin"),
        ]
    }
}

#[async_trait]
impl Subjects for People {
    async fn principal(
        &self,
        _: &mut dyn TenantConnection,
        id: PrincipalId,
    ) -> Result<Option<Arc<GrantedRights>>, DbError> {
        Ok(self.all().into_iter().find(|(known, _)| *known == id).map(|(_, rights)| rights))
    }

    async fn known(
        &self,
        _: &mut dyn TenantConnection,
        ids: &[Uuid],
    ) -> Result<Vec<(Uuid, NamedKind)>, DbError> {
        let kind = |subject: &Subject| match subject.kind {
            SubjectKind::Person => NamedKind::Person,
            SubjectKind::Service => NamedKind::Service,
        };
        let all = self.all().into_iter().map(|(id, rights)| (id.uuid(), kind(&rights.subject)));
        Ok(all.filter(|(id, _)| ids.contains(id)).collect())
    }

    async fn principals(
        &self,
        _: &mut dyn TenantConnection,
        after: Option<PrincipalId>,
        limit: u32,
    ) -> Result<Vec<(PrincipalId, Arc<GrantedRights>)>, DbError> {
        let mut all = self.all();
        all.retain(|(id, _)| after.is_none_or(|after| *id > after));
        all.truncate(limit.try_into().unwrap());
        Ok(all)
    }
}

/// Roles of tokens, under the policies of the database.
pub(crate) fn doors(db: &TestDatabase, catalogue: &Catalogue) -> Doors {
    let (tokens, _) = plain_doors(db, catalogue);
    let authorizer = TokenAuthorizer::new(catalogue.clone(), db.database.clock().clone());
    // It writes decisions down for as long as the test runs.
    let lifecycle = Box::leak(Box::new(Lifecycle::new(LifecycleOptions::default())));
    let policies = InForce::new(
        &db.database,
        catalogue.clone(),
        Entities::new(&db.database, SystemEntities::default()),
        lifecycle,
    );
    (tokens, Judge::new(Arc::new(authorizer), Arc::new(policies)))
}

pub(crate) async fn app() -> TestApp {
    let modules = [athyper_kernel_records::MODULE, MODULE];
    let catalogue = Catalogue::new(modules.iter().flat_map(|module| module.permissions).copied());
    let options = TestOptions {
        doors,
        parts: Box::new(move |builder| {
            let people: Arc<dyn Subjects> = Arc::new(People(catalogue, Clock::system()));
            builder.value(&SUBJECTS, people);
        }),
        ..TestOptions::default()
    };
    TestApp::with(&modules, options).await
}

/// Puts an entity `order` in force, with an amount, an owner and a secret.
pub(crate) async fn with_orders(app: &TestApp) {
    let field = |key: &str, kind: &str| json!({"key": key, "label": key, "type": kind});
    let definition = json!({"key": "order", "label": "Order", "plural": "Orders",
        "fields": [field("amount", "integer"), field("owner", "text"), field("secret", "text")]});
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    let id = new_entity_id(&tx);
    publish(&mut tx, id, serde_json::from_value(definition).unwrap()).await.unwrap();
    tx.commit(AuditEvent::info("test.publish")).await.unwrap();
}

/// Makes an order of this amount.
pub(crate) async fn order(app: &TestApp, amount: i64) -> String {
    let body = json!({"amount": amount, "owner": "ada"});
    app.user("demo", "admin").post("/v1/records/order", &body).await.expect(201).text("/id")
}

/// Who writes policies, and who agrees to them.
pub(crate) fn author(app: &TestApp) -> Client {
    app.user("demo", "policy_author")
}

pub(crate) fn reviewer(app: &TestApp) -> Client {
    app.user("demo", "policy_reviewer")
}

/// A rule that denies changing large orders to everyone.
pub(crate) fn large_orders() -> Value {
    json!({"rules": [{"key": "large", "effect": "deny", "subjects": {"everyone": true},
        "operations": ["records.update_record"], "resource": {"entity": "order"},
        "condition": "resource.amount > 100"}]})
}

/// A test of that.
pub(crate) fn large_test(amount: i64, allowed: bool) -> Value {
    json!({"name": format!("an order of {amount}"), "test": {
        "question": {"subject": {"id": "x", "roles": ["agent"]}, "operation": "records.update_record",
            "entity": "order", "record": {"amount": amount}},
        "expect": {"allowed": allowed}}})
}

/// Begins a policy with these rules.
pub(crate) async fn begin(app: &TestApp, key: &str, document: &Value) -> String {
    let body = json!({"key": key, "title": key, "document": document});
    let made = author(app).post(POLICIES, &body).await.expect(201);
    format!("{POLICIES}/{}", made.text("/id"))
}

/// Puts a policy with these rules and this test in force.
pub(crate) async fn put_in_force(app: &TestApp, key: &str, document: &Value, test: &Value) -> String {
    put_in_force_of(app, "demo", (key, document, test)).await
}

/// The same in this tenant.
pub(crate) async fn put_in_force_of(
    app: &TestApp,
    tenant: &str,
    (key, document, test): (&str, &Value, &Value),
) -> String {
    let (author, reviewer) = (app.user(tenant, "policy_author"), app.user(tenant, "policy_reviewer"));
    let body = json!({"key": key, "title": key, "document": document});
    let path = format!("{POLICIES}/{}", author.post(POLICIES, &body).await.expect(201).text("/id"));
    author.post(&format!("{path}/tests"), test).await.expect(201);
    author.post_empty(&format!("{path}/submit")).await.expect(200);
    reviewer.post_empty(&format!("{path}/publish")).await.expect(200);
    path
}
