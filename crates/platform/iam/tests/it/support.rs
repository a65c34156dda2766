//! What the tests have in common: an application with the doors of the processes, people in it, and shorthands.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_iam::ports::{BrokenRule, Duties, Holder};
use athyper_iam::{DUTIES, IamAuthorizer, KeyAuthenticator, MODULE};
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::{Catalogue, Judge, NoPolicies};
use athyper_test_kit::{Answer, Client, Doors, TestApp, TestDatabase, TestOptions, plain_doors};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub(crate) async fn app() -> TestApp {
    let options = TestOptions {
        doors,
        parts: Box::new(|builder| {
            builder.value(&DUTIES, no_duties());
        }),
        ..TestOptions::default()
    };
    TestApp::with(&[MODULE], options).await
}

/// Keys and bindings behind tokens of tests, as the processes have them.
fn doors(db: &TestDatabase, catalogue: &Catalogue) -> Doors {
    let (tokens, _) = plain_doors(db, catalogue);
    let database = db.database.clone();
    let keys = KeyAuthenticator::new(database.clone(), db.tenants.clone(), tokens);
    let authorizer = IamAuthorizer::new(database, catalogue.clone(), no_duties());
    (Arc::new(keys), Judge::new(Arc::new(authorizer), Arc::new(NoPolicies::default())))
}

/// Nothing is kept apart here: what governance does is tested where both are joined.
struct NoDuties;

pub(crate) fn no_duties() -> Arc<dyn Duties> {
    Arc::new(NoDuties)
}

#[async_trait]
impl Duties for NoDuties {
    async fn are_kept_apart(&self, _: &mut dyn TenantConnection) -> Result<bool, DbError> {
        Ok(false)
    }

    async fn broken(
        &self,
        _: &mut dyn TenantConnection,
        _: DateTime<Utc>,
        _: &[Holder],
    ) -> Result<Vec<BrokenRule>, DbError> {
        Ok(Vec::new())
    }
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

/// Enters somebody whose token names a role that there is not.
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

pub(crate) fn module(name: &str) -> Value {
    json!({ "kind": "module", "module": name })
}

pub(crate) fn in_unit(id: &str) -> Value {
    json!({ "kind": "org_unit", "id": id })
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

pub(crate) async fn unit(by: &Client, code: &str, parent: Option<&str>) -> String {
    let body = json!({ "code": code, "name": code, "parent": parent });
    by.post("/v1/iam/org-units", &body).await.expect(201).text("/id")
}

pub(crate) async fn role(by: &Client, name: &str, permissions: &[&str]) -> String {
    let body = json!({ "name": name, "permissions": permissions });
    by.post("/v1/iam/roles", &body).await.expect(201).text("/id")
}

/// The same client on whatever version a record has.
pub(crate) fn any(client: &Client) -> Client {
    client.with("if-match", "*")
}

/// The permissions that a principal has, each once.
pub(crate) async fn permissions(by: &Client, principal: &str) -> Vec<String> {
    let path = format!("/v1/iam/principals/{principal}/effective-permissions");
    let answer = by.get(&path).await.expect(200).json();
    let entries = answer["permissions"].as_array().unwrap().clone();
    let mut names: Vec<_> =
        entries.iter().map(|entry| entry["permission"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names.dedup();
    names
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

/// The personal values of this field in events of a type, oldest first: whose, and what.
pub(crate) async fn personal(app: &TestApp, kind: &str, field: &str) -> Vec<(String, String)> {
    let mut admin = app.db.superuser().await;
    sqlx::query_as(
        "select p.person, p.value from audit.personal_value p join audit.event e \
         on e.tenant_id = p.tenant_id and e.id = p.event_id where e.type = $1 and p.field = $2 \
         order by e.recorded_at, e.id",
    )
    .bind(kind)
    .bind(field)
    .fetch_all(&mut admin)
    .await
    .unwrap()
}
