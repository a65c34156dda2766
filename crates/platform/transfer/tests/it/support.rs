//! What the tests have in common: entities in force, imports run to their end, and shorthands.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_records::{new_entity_id, publish};
use athyper_test_kit::{Answer, Client, TestApp};
use axum::http::Method;
use serde_json::{Value, json};

pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
pub(crate) const JSONL: &str = "application/x-ndjson";

pub(crate) async fn app() -> TestApp {
    TestApp::new(&[athyper_kernel_records::MODULE, athyper_transfer::MODULE]).await
}

/// An application with machines, and somebody who may do all with them.
pub(crate) async fn app_with_machines() -> (TestApp, Client) {
    let app = app().await;
    put(&app, "demo", machine()).await;
    let client = app.user("demo", "admin");
    (app, client)
}

/// Machines: a code that comes once, numbers, a state, and what follows.
pub(crate) fn machine() -> Value {
    json!({"key": "machine", "label": "Machine", "plural": "Machines", "fields": [
        {"key": "code", "label": "Code", "type": "text", "required": true, "unique": true},
        {"key": "name", "label": "Name", "type": "text", "searchable": true, "indexed": true},
        {"key": "axes", "label": "Axes", "type": {"integer": {"min": 0, "max": 12}}, "default": "3", "indexed": true},
        {"key": "price", "label": "Price", "type": "money"},
        {"key": "twice", "label": "Twice", "type": {"computed": {"expression": "axes * 2", "result": "integer"}}}
    ]})
}

/// Puts a definition in force in a tenant.
pub(crate) async fn put(app: &TestApp, tenant: &str, definition: Value) {
    let mut tx = app.db.database.tenant_tx(&app.db.context(tenant)).await.unwrap();
    let id = new_entity_id(&tx);
    let entity = publish(&mut tx, id, serde_json::from_value(definition).unwrap()).await.unwrap();
    tx.commit(AuditEvent::info("test.publish").about("records.entity", entity.id)).await.unwrap();
}

/// A text as part of a query string.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02X}"))
}

/// Sends a file of machines.
pub(crate) async fn send(client: &Client, query: &str, media_type: &str, file: impl Into<Vec<u8>>) -> Answer {
    let path = format!("/v1/transfer/imports?{query}");
    client.send(Method::POST, &path, Some(media_type), file.into().into()).await
}

/// Imports a file to its end, and gives the import.
pub(crate) async fn import(
    app: &TestApp,
    client: &Client,
    query: &str,
    media_type: &str,
    file: impl Into<Vec<u8>>,
) -> Value {
    let sent = send(client, query, media_type, file).await.expect(202);
    app.run_job().await.ok();
    client.get(&format!("/v1/transfer/imports/{}", sent.text("/id"))).await.expect(200).json()
}

/// Imports a CSV file of machines to its end, and gives the import.
pub(crate) async fn import_csv(app: &TestApp, client: &Client, more: &str, file: &str) -> Value {
    import(app, client, &format!("entity=machine&format=csv{more}"), "text/csv", file).await
}

/// What became of the rows of an import: created, updated, unchanged, failed.
pub(crate) fn tally(import: &Value) -> [i64; 4] {
    ["created", "updated", "unchanged", "failed"].map(|name| import[name].as_i64().unwrap())
}

/// The errors of an import: row, column and code.
pub(crate) async fn faults(client: &Client, import: &Value) -> Vec<(u64, String, String)> {
    let path = format!("/v1/transfer/imports/{}/errors?limit=200", import["id"].as_str().unwrap());
    let page = client.get(&path).await.expect(200).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |error: &Value| (error["row"].as_u64().unwrap(), text(&error["column"]), text(&error["code"]));
    page["items"].as_array().unwrap().iter().map(one).collect()
}

/// A fault as [`faults`] gives it.
pub(crate) fn fault(row: u64, column: &str, code: &str) -> (u64, String, String) {
    (row, column.to_owned(), code.to_owned())
}

/// All records of an entity, the oldest first.
pub(crate) async fn all(client: &Client, entity: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/records/{entity}?sort=createdAt&limit=200{cursor}");
        let page = client.get(&path).await.expect(200).json();
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["nextCursor"].as_str() else { return rows };
        cursor = format!("&cursor={next}");
    }
}

/// The machines: code, name, axes and version, by code.
pub(crate) async fn machines(client: &Client) -> Vec<(String, Value, Value, Value)> {
    let mut found: Vec<_> = all(client, "machine")
        .await
        .into_iter()
        .map(|m| {
            (
                m["code"].as_str().unwrap().to_owned(),
                m["name"].clone(),
                m["axes"].clone(),
                m["version"].clone(),
            )
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// Makes a record and gives its id.
pub(crate) async fn make(client: &Client, entity: &str, values: Value) -> String {
    client.post(&format!("/v1/records/{entity}"), &values).await.expect(201).text("/id")
}

/// How many rows a table has, of all tenants.
pub(crate) async fn count(app: &TestApp, table: &'static str) -> i64 {
    let mut admin = app.db.superuser().await;
    let statement = match table {
        "record" => "select count(*) from records.record",
        "revision" => "select count(*) from records.revision",
        "word" => "select count(*) from records.word",
        "field_value" => "select count(*) from records.field_value",
        "unique_value" => "select count(*) from records.unique_value",
        "reference" => "select count(*) from records.reference",
        "upload" => "select count(*) from jobs.upload",
        other => panic!("{other}"),
    };
    sqlx::query_scalar(statement).fetch_one(&mut admin).await.unwrap()
}
