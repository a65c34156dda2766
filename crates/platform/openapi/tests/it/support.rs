//! What the tests have in common: entities in force, and shorthands.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_records::{Entity, Error, new_entity_id, publish};
use athyper_openapi::MODULE;
use athyper_test_kit::{Answer, Client, TestApp};
use serde_json::{Value, json};

/// An application that describes itself.
pub(crate) async fn app() -> TestApp {
    TestApp::new(&[athyper_kernel_records::MODULE, MODULE]).await
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

/// Changes a record on the version that it has.
pub(crate) async fn change(client: &Client, path: &str, values: Value) -> Answer {
    let etag = client.get(path).await.expect(200).header("etag");
    client.with("if-match", &etag).patch(path, &values).await
}
