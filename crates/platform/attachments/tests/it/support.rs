//! What the tests have in common: entities in force, and shorthands.

use athyper_attachments::{MODULE, attachments};
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_records::{ATTACHMENTS, Entity, Error, new_entity_id, publish};
use athyper_test_kit::{Answer, Client, TestApp, TestOptions};
use http::Method;
use serde_json::{Value, json};

/// An application whose records hold files.
pub(crate) async fn app() -> TestApp {
    let options = TestOptions {
        parts: Box::new(|builder| {
            builder.value(&ATTACHMENTS, attachments());
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
