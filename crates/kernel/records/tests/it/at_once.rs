//! Records that are made by one statement: which ones are, and that they are no different.

use std::time::Duration;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::follow_changes;
use athyper_kernel_records::{publish, retire};
use athyper_test_kit::TestApp;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::support::{admin, app_with_records, entity, faults, field, indexed, make, put};

/// An application that hears what changes, as a process does, so that it knows definitions.
#[expect(clippy::disallowed_methods, reason = "it hears of changes for as long as the test")]
async fn following(definitions: &[Value]) -> TestApp {
    let app = app_with_records(definitions).await;
    let database = app.db.database.clone();
    tokio::spawn(follow_changes(database.clone()));
    while database.changes().stamp(app.db.tenant_id("demo"), "test", "test").is_none() {
        sleep(Duration::from_millis(5)).await;
    }
    app
}

/// Has the database write down by which statements records are made.
async fn watch_statements(app: &TestApp) {
    let watching = "create schema seen; create table seen.statement (at bigserial, text text); \
         create function seen.see() returns trigger language plpgsql security definer as \
         $$ begin insert into seen.statement (text) values (current_query()); return null; end $$; \
         create trigger seen after insert on records.record for each row execute function seen.see()";
    sqlx::raw_sql(watching).execute(&mut app.db.superuser().await).await.unwrap();
}

/// Whether each record that was made since the last look was made at once.
async fn were_at_once(app: &TestApp) -> Vec<bool> {
    let texts =
        "with gone as (delete from seen.statement returning at, text) select text from gone order by at";
    let texts: Vec<String> =
        sqlx::query_scalar(texts).fetch_all(&mut app.db.superuser().await).await.unwrap();
    texts.iter().map(|text| text.contains("insert into audit.event")).collect()
}

fn with(mut definition: Value, key: &str, value: Value) -> Value {
    definition[key] = value;
    definition
}

fn text(key: &str) -> Value {
    field(key, json!("text"))
}

#[tokio::test]
async fn what_needs_a_look_at_something_else_is_made_step_by_step() {
    let reference = |key: &str| field(key, json!({"reference": {"entity": "plain"}}));
    let lines = |of: Value| field("lines", json!({"child": {"fields": [of]}}));
    let definitions = [
        entity("plain", json!([text("name"), indexed("size", json!("integer"))])),
        entity("named", json!([text("name"), reference("of")])),
        entity("unique", json!([with(text("name"), "unique", json!(true)), text("other")])),
        entity("lines", json!([text("name"), lines(text("own"))])),
        entity("named_lines", json!([text("name"), lines(reference("own"))])),
        entity("file", json!([text("name"), field("file", json!({"attachment": {}}))])),
        with(entity("single", json!([text("name")])), "kind", json!("single")),
        with(
            entity("numbered", json!([text("name"), field("number", json!("text"))])),
            "numbering",
            json!({"field": "number", "pattern": "N-{SEQ:3}"}),
        ),
        with(
            entity(
                "timed",
                json!([
                    text("name"),
                    with(field("from", json!("date")), "required", json!(true)),
                    field("until", json!("date"))
                ]),
            ),
            "effective",
            json!({"from": "from", "until": "until", "within": []}),
        ),
    ];
    let app = following(&definitions).await;
    watch_statements(&app).await;
    let client = admin(&app);
    let plain = make(&client, "plain", json!({"name": "a"})).await;
    // Nobody had looked at the definition before.
    assert_eq!(were_at_once(&app).await, [false]);
    let cases = [
        ("plain", json!({"name": "a", "size": 3}), true),
        ("named", json!({"name": "a"}), true),
        ("named", json!({"name": "a", "of": plain}), false),
        ("unique", json!({"other": "a"}), true),
        ("unique", json!({"name": "a"}), false),
        ("lines", json!({"name": "a", "lines": [{"own": "b"}]}), true),
        ("named_lines", json!({"name": "a"}), false),
        ("file", json!({"name": "a"}), false),
        ("single", json!({"name": "a"}), false),
        ("numbered", json!({"name": "a"}), false),
        ("timed", json!({"name": "a", "from": "2025-01-01"}), false),
    ];
    for (entity, values, is_at_once) in cases {
        client.get(&format!("/v1/records/{entity}")).await.expect(200);
        make(&client, entity, values.clone()).await;
        assert_eq!(were_at_once(&app).await, [is_at_once], "{entity} {values}");
    }
    // An answer that is kept takes a transaction, and comes once.
    let keyed = client.with("idempotency-key", "one");
    let ids = [
        make(&keyed, "plain", json!({"name": "b"})).await,
        make(&keyed, "plain", json!({"name": "b"})).await,
    ];
    assert_eq!(ids[0], ids[1]);
    assert_eq!(were_at_once(&app).await, [false]);
    // What is wrong is said as ever.
    let refused = client.post("/v1/records/plain", &json!({"size": "x", "none": 1})).await.expect(422);
    assert_eq!(faults(&refused).len(), 2);
    assert_eq!(were_at_once(&app).await, [false; 0]);
}

/// All that is written of a record, its ids and times apart.
async fn written(app: &TestApp, record: &str) -> Value {
    let all = "select jsonb_build_object(\
         'record', (select to_jsonb(r) - '{id,created_at,updated_at}'::text[] from records.record r where r.id = $1), \
         'revisions', (select jsonb_agg(to_jsonb(v) - '{record_id,recorded_at}'::text[]) from records.revision v where v.record_id = $1), \
         'values', (select jsonb_agg(to_jsonb(v) - 'record_id' order by v.slot) from records.field_value v where v.record_id = $1), \
         'words', (select jsonb_agg(to_jsonb(w) - 'record_id' order by w.word) from records.word w where w.record_id = $1), \
         'touched', (select jsonb_agg(to_jsonb(t) - 'record_id') from records.touched t where t.record_id = $1), \
         'events', (select jsonb_agg(to_jsonb(e) - '{id,recorded_at,subject_id,request_id,trace_id,xid,personal}'::text[]) \
         from audit.event e where e.subject_id = $1::text))";
    let id: sqlx::types::Uuid = record.parse().unwrap();
    sqlx::query_scalar(all).bind(id).fetch_one(&mut app.db.superuser().await).await.unwrap()
}

#[tokio::test]
async fn a_record_that_is_made_at_once_is_as_any_other() {
    let fields = json!([
        with(indexed("name", json!("text")), "searchable", json!(true)),
        indexed("size", json!("integer")),
        with(indexed("kind", json!("text")), "default", json!("'none'")),
        text("note"),
    ]);
    let app = following(&[with(
        entity("item", fields),
        "states",
        json!({"initial": "open", "states": [{"key": "open", "label": "Open"}], "transitions": []}),
    )])
    .await;
    watch_statements(&app).await;
    let client = admin(&app);
    client.get("/v1/records/item").await.expect(200);
    for is_prepared in [false, true] {
        let preparing = sqlx::query("update records.entity set preparing = $1").bind(is_prepared);
        preparing.execute(&mut app.db.superuser().await).await.unwrap();
        let values = json!({"name": "A large mill", "size": 7, "note": "n"});
        let at_once = make(&client, "item", values.clone()).await;
        let step_by_step = make(&client.with("idempotency-key", &at_once), "item", values).await;
        assert_eq!(were_at_once(&app).await, [true, false]);
        let (one, other) = (written(&app, &at_once).await, written(&app, &step_by_step).await);
        assert_eq!(one, other);
        assert_eq!(one["touched"].is_array(), is_prepared);
        for what in ["revisions", "values", "words", "events"] {
            assert!(one[what].as_array().is_some_and(|all| !all.is_empty()), "{what}: {one}");
        }
        let shown = |id: &str| {
            let path = format!("/v1/records/item/{id}");
            let client = client.clone();
            async move { client.get(&path).await.expect(200).json() }
        };
        assert_eq!(shown(&at_once).await["kind"], shown(&step_by_step).await["kind"]);
    }
}

/// A definition that comes into force while a record is made of the one before holds for it: whoever makes it waits.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a task that is awaited")]
async fn a_record_is_made_of_the_definition_in_force() {
    let app = following(&[]).await;
    let item = put(&app, "demo", entity("item", json!([text("name")]))).await.unwrap();
    let client = admin(&app);
    make(&client, "item", json!({"name": "a"})).await;
    make(&client, "item", json!({"name": "a"})).await;

    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    let strict = entity("item", json!([text("name"), with(text("code"), "required", json!(true))]));
    publish(&mut tx, item.id, serde_json::from_value(strict).unwrap()).await.unwrap();
    let create = tokio::spawn({
        let client = client.clone();
        async move { client.post("/v1/records/item", &json!({"name": "b"})).await }
    });
    sleep(Duration::from_millis(200)).await;
    assert!(!create.is_finished(), "it does not wait for the definition");
    tx.commit(AuditEvent::info("test.publish")).await.unwrap();
    let refused = timeout(Duration::from_secs(20), create).await.unwrap().unwrap().expect(422);
    assert_eq!(faults(&refused), [("/code".to_owned(), "required".to_owned())]);

    // So does its end.
    make(&client, "item", json!({"name": "b", "code": "1"})).await;
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    retire(&mut tx, item.id).await.unwrap();
    let create = tokio::spawn({
        let client = client.clone();
        async move { client.post("/v1/records/item", &json!({"name": "c", "code": "1"})).await }
    });
    sleep(Duration::from_millis(200)).await;
    assert!(!create.is_finished(), "it does not wait for the definition");
    tx.commit(AuditEvent::info("test.retire")).await.unwrap();
    timeout(Duration::from_secs(20), create).await.unwrap().unwrap().expect(404);
}
