//! What the tests have in common: entities in force, and shorthands.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_records::{Entity, Error, VIEWS, new_entity_id, publish};
use athyper_test_kit::{Answer, Client, TestApp, TestOptions};
use athyper_views::{MODULE, views};
use serde_json::{Value, json};

/// An application whose lists are read by views.
pub(crate) async fn app() -> TestApp {
    let options = TestOptions {
        parts: Box::new(|builder| {
            builder.value(&VIEWS, views());
        }),
        ..TestOptions::default()
    };
    TestApp::with(&[athyper_kernel_records::MODULE, MODULE], options).await
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

/// The field errors of an answer, as pointers and codes.
pub(crate) fn faults(answer: &Answer) -> Vec<(String, String)> {
    let json = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}
