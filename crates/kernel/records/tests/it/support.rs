//! What the tests have in common: entities in force, and shorthands.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_records::{Entity, Error, MODULE, new_entity_id, publish};
use athyper_test_kit::{Answer, Client, TestApp};
use http::Method;
use serde_json::{Value, json};

use crate::domain;

pub(crate) async fn app() -> TestApp {
    TestApp::new(&[MODULE]).await
}

/// An application with entities of these definitions, which the tenant `demo` has made.
pub(crate) async fn app_with_records(definitions: &[Value]) -> TestApp {
    let app = app().await;
    for definition in definitions {
        put(&app, "demo", definition.clone()).await.unwrap();
    }
    app
}

/// An application with entities of these definitions, which a domain has: each in a table of its own. Under the keys without
/// the domain's name they are found as those of [`app_with_records`] are.
pub(crate) async fn app_with_tables(definitions: &[Value]) -> TestApp {
    let entities: Vec<_> = definitions.iter().map(domain::Sample::of).collect();
    let mut app = TestApp::new(&[MODULE, domain::module(&entities)]).await;
    domain::make_tables(&app, &entities).await;
    app.router = domain::without_name(app.router.clone());
    app
}

/// Puts a definition in force in a tenant.
pub(crate) async fn put(app: &TestApp, tenant: &str, definition: Value) -> Result<Entity, Error> {
    let database = &app.db.database;
    let mut tx = database.tenant_tx(&app.db.context(tenant)).await.unwrap();
    let id = new_entity_id(&tx);
    let entity = publish(&mut tx, id, serde_json::from_value(definition).unwrap()).await?;
    tx.commit(AuditEvent::info("test.publish").about("records.entity", entity.id)).await.unwrap();
    Ok(entity)
}

/// Puts another version of an entity's definition in force.
pub(crate) async fn put_again(app: &TestApp, tenant: &str, entity: &Entity, definition: Value) -> Entity {
    let mut tx = app.db.database.tenant_tx(&app.db.context(tenant)).await.unwrap();
    let entity = publish(&mut tx, entity.id, serde_json::from_value(definition).unwrap()).await.unwrap();
    tx.commit(AuditEvent::info("test.publish").about("records.entity", entity.id)).await.unwrap();
    entity
}

/// Somebody who may do all with records.
pub(crate) fn admin(app: &TestApp) -> Client {
    app.user("demo", "admin")
}

/// A definition of an entity with these fields.
pub(crate) fn entity(key: &str, fields: Value) -> Value {
    json!({"key": key, "label": key, "plural": key, "fields": fields})
}

/// A field.
pub(crate) fn field(key: &str, kind: Value) -> Value {
    json!({"key": key, "label": key, "type": kind})
}

/// A field that is indexed.
pub(crate) fn indexed(key: &str, kind: Value) -> Value {
    json!({"key": key, "label": key, "type": kind, "indexed": true})
}

/// Makes a record and gives its id.
pub(crate) async fn make(client: &Client, entity: &str, values: Value) -> String {
    client.post(&format!("/v1/records/{entity}"), &values).await.expect(201).text("/id")
}

/// Changes a record on the version that it has.
pub(crate) async fn change(client: &Client, path: &str, values: Value) -> Answer {
    let etag = client.get(path).await.expect(200).header("etag");
    client.with("if-match", &etag).patch(path, &values).await
}

/// Deletes a record on the version that it has.
pub(crate) async fn delete(client: &Client, path: &str) -> Answer {
    let etag = client.get(path).await.expect(200).header("etag");
    client.with("if-match", &etag).delete(path).await
}

/// Posts to a command of a record on the version that it has.
pub(crate) async fn run(client: &Client, path: &str, command: &str, body: Value) -> Answer {
    let etag = client.get(path).await.expect(200).header("etag");
    client.with("if-match", &etag).json(Method::POST, &format!("{path}/{command}"), &body).await
}

/// The field errors of an answer, as pointers and codes.
pub(crate) fn faults(answer: &Answer) -> Vec<(String, String)> {
    let json = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

/// The values of a field in a list.
pub(crate) async fn list(client: &Client, entity: &str, query: &str, field: &str) -> Vec<Value> {
    let page = client.get(&format!("/v1/records/{entity}?{query}")).await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}

/// A text as part of a query string.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02X}"))
}
