//! What a tenant changes of the entities of domains: fields added, relabelled, hidden, rules tightened, and none loosened.

use athyper_kernel_db::{Migration, Schema};
use athyper_kernel_entity::{LineTable, Stored, SystemEntity, TableParts};
use athyper_kernel_http::{OperationKind, Permission};
use athyper_kernel_module::{DomainModule, DomainParts};
use athyper_metadata::MODULE;
use athyper_test_kit::{Client, TestApp};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::support::{ENTITIES, Thing, change, changes, definition, field, found, record, run_operation};

const PARTS: TableParts = TableParts { state: false, updated: true, deleted: true, custom: true };

/// A domain with things that the records service writes, and tickets that the domain's commands write.
const SAMPLES: DomainModule = DomainModule {
    name: "samples",
    schema: Some(Schema {
        name: "samples",
        migrations: &[Migration {
            version: 1,
            description: "expand samples",
            sql: "grant usage on schema samples to athyper_app, athyper_system; \
                  create table samples.item (tenant_id uuid not null, id uuid not null, version bigint not null, \
                  name text collate \"C\" not null, size bigint, created_at timestamptz not null, created_by text not null, \
                  updated_at timestamptz not null, updated_by text not null, deleted_at timestamptz, deleted_by text, \
                  custom jsonb not null default '{}', primary key (tenant_id, id)); \
                  select platform.protect_table('samples.item'); \
                  create index item_by_name on samples.item (tenant_id, name, id); \
                  create table samples.ticket (tenant_id uuid not null, id uuid not null, version bigint not null, \
                  title text not null, created_at timestamptz not null, created_by text not null, \
                  custom jsonb not null default '{}', primary key (tenant_id, id)); \
                  select platform.protect_table('samples.ticket'); \
                  create table samples.ticket_line (tenant_id uuid not null, ticket_id uuid not null, line integer not null, \
                  text text not null, primary key (tenant_id, ticket_id, line)); \
                  select platform.protect_table('samples.ticket_line')",
        }],
    }),
    permissions: &[
        Permission::new("samples.read", OperationKind::Read, &[]),
        Permission::new("samples.write", OperationKind::Update, &[]),
        Permission::new("samples.secret", OperationKind::Administer, &[]),
    ],
    schedules: &[],
    entities: &[
        SystemEntity {
            definition: r#"{"key": "samples.item", "label": "Item", "plural": "Items", "fields": [
                {"key": "name", "label": "Name", "type": "text", "required": true, "indexed": true, "searchable": true},
                {"key": "size", "label": "Size", "type": "integer", "readOnlyWhen": "old != null && old.size == 99"}]}"#,
            table: "samples.item",
            fields: &[("name", Stored::Column("name")), ("size", Stored::Column("size"))],
            parts: PARTS,
            read: "samples.read",
            write: "samples.write",
        },
        SystemEntity {
            definition: r#"{"key": "samples.ticket", "label": "Ticket", "plural": "Tickets", "writer": "commands", "fields": [
                {"key": "title", "label": "Title", "type": "text", "required": true, "searchable": true},
                {"key": "lines", "label": "Lines", "type": {"child": {"fields": [
                    {"key": "text", "label": "Text", "type": "text"}]}}}]}"#,
            table: "samples.ticket",
            fields: &[("title", Stored::Column("title")), ("lines", Stored::Lines(&LINES))],
            parts: TableParts { state: false, updated: false, deleted: false, custom: true },
            read: "samples.read",
            write: "samples.secret",
        },
    ],
    sealed: &[],
    dependencies: &[],
    openapi: || OpenApiRouter::<()>::new().into_openapi(),
    build: |_| Box::pin(async { Ok(DomainParts { router: OpenApiRouter::new(), jobs: Vec::new() }) }),
};

const LINES: LineTable = LineTable {
    table: "samples.ticket_line",
    record: "ticket_id",
    position: "line",
    columns: &[("text", "text")],
};

async fn app() -> TestApp {
    TestApp::new(&[athyper_kernel_records::MODULE, MODULE, SAMPLES]).await
}

async fn read(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200).json()
}

/// Changes a record on the version that it has.
async fn patch(client: &Client, path: &str, values: Value) -> athyper_test_kit::Answer {
    let etag = client.get(path).await.expect(200).header("etag");
    client.with("if-match", &etag).patch(path, &values).await
}

#[tokio::test]
async fn fields_are_added_to_an_entity_of_a_domain_for_one_tenant() {
    let app = app().await;
    let (admin, other) = (app.user("demo", "admin"), app.user("globex", "admin"));
    let early = record(&admin, "samples.item", &json!({"name": "Early"})).await;
    let overlay = json!({"key": "samples.item", "label": "Part",
        "fields": [
            field("xColour", &json!("text"), &json!({"indexed": true, "searchable": true})),
            field("xSerial", &json!("text"), &json!({"unique": true})),
            field("xTwice", &json!({"computed": {"expression": "size * 2", "result": "integer"}}), &json!({})),
            field("xOther", &json!({"reference": {"entity": "samples.item"}}), &json!({})),
        ],
        "changes": {"size": {"label": "Length", "required": true, "rules": [{"must": "value < 50", "message": "too long"}]}}});
    let thing = Thing::begin(&admin, &overlay).await;
    assert_eq!(thing.read().await["faults"], json!([]));
    let plan = thing.plan().await;
    assert!(changes(&plan).contains(&change("required_added", "destructive", 1)), "{plan:#}");
    assert_eq!(thing.publish(&json!({})).await.expect(409).code(), "metadata.confirmation_required");
    patch(&admin, &format!("/v1/records/samples.item/{early}"), json!({"size": 3})).await.expect(200);
    thing.publish(&json!({})).await.expect(200);

    let values = json!({"name": "New", "size": 4, "xColour": "Deep red", "xSerial": "s-1", "xOther": early});
    let new = record(&admin, "samples.item", &values).await;
    let path = format!("/v1/records/samples.item/{new}");
    let shown = read(&admin, &path).await;
    assert_eq!(
        (&shown["xColour"], &shown["xTwice"], &shown["size"]),
        (&json!("Deep red"), &json!(8), &json!(4))
    );
    for query in [
        "filter=xColour%20%3D%3D%20%22Deep%20red%22",
        "search=red",
        "sort=xColour&limit=1",
        "filter=xTwice%3E7",
    ] {
        assert_eq!(
            found(&admin, &format!("samples.item?{query}")).await,
            std::slice::from_ref(&new),
            "{query}"
        );
    }
    let listed = read(&admin, "/v1/records/samples.item?expand=xOther&search=deep").await;
    assert_eq!(listed["items"][0]["expanded"]["xOther"]["name"], "Early");
    for (wrong, code) in [
        (json!({"name": "x", "size": 4, "xSerial": "s-1"}), 409),
        (json!({"name": "x", "size": 50}), 422),
        (json!({"name": "x"}), 422),
        (json!({"size": 4}), 422),
    ] {
        admin.post("/v1/records/samples.item", &wrong).await.expect(code);
    }
    // What the domain says holds on: a value of 99 could not be changed, with another condition beside it or not.
    patch(&admin, &path, json!({"size": 5, "xColour": null})).await.expect(200);
    let revisions = read(&admin, &format!("{path}/revisions")).await;
    assert_eq!(revisions["items"][0]["changes"]["xColour"], json!({"before": "Deep red", "after": null}));

    // The other tenant has the domain's entity as it is.
    let theirs = record(&other, "samples.item", &json!({"name": "Theirs"})).await;
    assert!(read(&other, &format!("/v1/records/samples.item/{theirs}")).await.get("xColour").is_none());
    other.post("/v1/records/samples.item", &json!({"name": "x", "xColour": "red"})).await.expect(422);
    assert_eq!(read(&other, "/v1/records/entities/samples.item").await["definition"]["label"], "Item");
    assert_eq!(read(&admin, "/v1/records/entities/samples.item").await["definition"]["label"], "Part");
    let keys: Vec<Value> = read(&other, "/v1/records/entities").await["items"].as_array().unwrap().clone();
    assert_eq!(
        keys.iter().map(|entity| &entity["key"]).collect::<Vec<_>>(),
        ["samples.item", "samples.ticket"]
    );
}

#[tokio::test]
async fn nothing_of_a_domain_is_loosened() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    for (overlay, pointer) in [
        (json!({"fields": [field("colour", &json!("text"), &json!({}))]}), "/fields/0/key"),
        (json!({"changes": {"missing": {"label": "x"}}}), "/changes/missing"),
        (json!({"changes": {"name": {"hidden": true}}}), "/changes/name/hidden"),
        (json!({"changes": {"name": {"required": false, "unique": true}}}), "/changes/name"),
        (json!({"states": null}), ""),
        (json!({"rules": [{"must": "size >", "message": "x"}]}), "/rules/0/must"),
        (
            json!({"fields": [field("xA", &json!({"reference": {"entity": "nobody"}}), &json!({}))]}),
            "/fields/2/type/reference/entity",
        ),
    ] {
        let mut overlay = overlay;
        overlay["key"] = json!("samples.item");
        let seen = admin.post("/v1/metadata/definitions/validate", &json!({"definition": overlay})).await;
        let seen = seen.expect(200).json();
        let pointers: Vec<&str> = seen["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| fault["pointer"].as_str().unwrap())
            .collect();
        assert!(pointers.iter().any(|found| found.starts_with(pointer)), "{overlay}: {seen}");
    }
    let unknown = json!({"definition": {"key": "samples.nothing"}});
    let seen = admin.post("/v1/metadata/definitions/validate", &unknown).await.expect(200).json();
    assert_eq!(seen["faults"][0]["code"], "unknown_entity");
    // There is one draft of it in a tenant, it stays what it is, and it is not archived.
    let thing =
        Thing::publish_new(&admin, &json!({"key": "samples.item", "changes": {"size": {"hidden": true}}}))
            .await;
    let again = admin.post(ENTITIES, &json!({"definition": {"key": "samples.item"}})).await.expect(409);
    assert_eq!(again.code(), "metadata.draft_exists");
    thing.draft(&definition("own", &json!([])), &json!({})).await.expect(422);
    assert_eq!(
        admin.post_empty(&format!("{}/archive", thing.path())).await.expect(409).code(),
        "metadata.of_domain"
    );
    let id = record(&admin, "samples.item", &json!({"name": "a", "size": 1})).await;
    assert!(read(&admin, &format!("/v1/records/samples.item/{id}")).await.get("size").is_none());
    // Going back to the domain's own shows it again.
    thing.draft(&json!({"key": "samples.item"}), &json!({})).await.expect(200);
    thing.publish(&json!({})).await.expect(200);
    assert_eq!(read(&admin, &format!("/v1/records/samples.item/{id}")).await["size"], 1);
}

#[tokio::test]
async fn what_commands_write_takes_added_fields_and_nothing_else() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let refused = json!({"key": "samples.ticket", "rules": [{"must": "title != ''", "message": "x"}],
        "fields": [field("xA", &json!("text"), &json!({"required": true}))], "changes": {"title": {"required": true}}});
    let seen = admin.post("/v1/metadata/definitions/validate", &json!({"definition": refused})).await.json();
    let mut pointers: Vec<&str> =
        seen["faults"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/changes/title", "/fields/0/required", "/rules"]);

    let mut superuser = app.db.superuser().await;
    let tenant = app.db.context("demo").tenant_id().uuid();
    let ticket = uuid::Uuid::from_u128(7);
    sqlx::query(
        "insert into samples.ticket (tenant_id, id, version, title, created_at, created_by) \
         values ($1, $2, 1, 'Printer on fire', now(), 'x')",
    )
    .bind(tenant)
    .bind(ticket)
    .execute(&mut superuser)
    .await
    .unwrap();
    let fields = json!([field("xOwner", &json!("text"), &json!({"indexed": true}))]);
    Thing::publish_new(&admin, &json!({"key": "samples.ticket", "fields": fields})).await;
    // A record of which nothing is made is not rewritten: it may be one that never changes.
    assert_eq!(read(&admin, &format!("/v1/records/samples.ticket/{ticket}")).await["version"], 1);
    sqlx::query(
        "insert into samples.ticket_line select $1, $2, n, 'line ' || n from generate_series(1, 2) n",
    )
    .bind(tenant)
    .bind(ticket)
    .execute(&mut superuser)
    .await
    .unwrap();
    let path = format!("/v1/records/samples.ticket/{ticket}");
    assert_eq!(read(&admin, &path).await["lines"], json!([{"text": "line 1"}, {"text": "line 2"}]));
    patch(&admin, &path, json!({"xOwner": "ann"})).await.expect(200);
    let shown = read(&admin, &path).await;
    assert_eq!(
        (&shown["xOwner"], &shown["title"], &shown["version"]),
        (&json!("ann"), &json!("Printer on fire"), &json!(2))
    );
    for query in [
        "search=print%20fire",
        "filter=xOwner%20%3D%3D%20%22ann%22",
        "sort=xOwner",
        "filter=lines.exists(l%2C%20l.text%20%3D%3D%20%22line%202%22)",
    ] {
        assert_eq!(found(&admin, &format!("samples.ticket?{query}")).await.len(), 1, "{query}");
    }
    for query in ["search=ire", "filter=lines.exists(l%2C%20l.text%20%3D%3D%20%22line%203%22)"] {
        assert!(found(&admin, &format!("samples.ticket?{query}")).await.is_empty(), "{query}");
    }
    let refused = patch(&admin, &path, json!({"title": "x"})).await.expect(409);
    assert_eq!(refused.code(), "records.written_by_commands");
    let made = admin.post("/v1/records/samples.ticket", &json!({"title": "x"})).await.expect(409);
    assert_eq!(made.code(), "records.written_by_commands");
    admin.with("if-match", "*").delete(&path).await.expect(409);
    // Who reads and writes records needs the domain's permission as well.
    let user = app.user("demo", "manager");
    user.get(&path).await.expect(200);
    patch(&user, &path, json!({"xOwner": "bob"})).await.expect(403);
}

#[tokio::test]
async fn many_records_of_a_domain_are_brought_to_a_change_by_a_job() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let fields = |kind: &str, more: Value| json!([field("xCode", &json!(kind), &more)]);
    let thing =
        Thing::publish_new(&admin, &json!({"key": "samples.item", "fields": fields("text", json!({}))}))
            .await;
    let mut superuser = app.db.superuser().await;
    let tenant = app.db.context("demo").tenant_id().uuid();
    sqlx::query(
        "insert into samples.item (tenant_id, id, version, name, created_at, created_by, updated_at, updated_by, custom) \
         select $1, gen_random_uuid(), 1, 'n' || n, now(), 'x', now(), 'x', jsonb_build_object('1001', n::text) \
         from generate_series(1, 700) n",
    )
    .bind(tenant)
    .execute(&mut superuser)
    .await
    .unwrap();
    let overlay = json!({"key": "samples.item", "fields": fields("integer", json!({"indexed": true}))});
    thing.draft(&overlay, &json!({})).await.expect(200);
    let plan = thing.plan().await;
    assert!(changes(&plan).iter().any(|(_, _, affected)| *affected == 700), "{plan:#}");
    let accepted = thing.publish_confirmed().await;
    let operation = run_operation(&app, &admin, accepted).await;
    assert_eq!(operation["state"], "succeeded", "{operation:#}");
    let page = read(&admin, "/v1/records/samples.item?sort=-xCode&limit=1").await;
    assert_eq!((&page["items"][0]["xCode"], &page["items"][0]["name"]), (&json!(700), &json!("n700")));
}
