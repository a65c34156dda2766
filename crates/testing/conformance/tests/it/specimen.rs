//! A module that breaks every rule on purpose, so that each check is seen to find something.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{DbError, Migration, Schema, TenantConnection as _};
use athyper_kernel_http::{Command, Json, OperationKind, Permission, ProblemResponse, Read, Reply};
use athyper_kernel_module::{DomainModule, DomainParts};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::platform::{Call, Example, Platform, User};

/// Name of the module.
pub(crate) const NAME: &str = "specimen";

const SCHEMA: Schema = Schema {
    name: NAME,
    migrations: &[Migration {
        version: 1,
        description: "expand note",
        sql: "grant usage on schema specimen to athyper_app, athyper_system; \
              create table specimen.note (tenant_id uuid not null, id uuid not null, text text not null, \
              primary key (tenant_id, id)); \
              select platform.protect_table('specimen.note');",
    }],
};

const PERMISSIONS: &[Permission] = &[
    Permission::new("read_everything", OperationKind::Administer, &[]),
    Permission::new("specimen.create_note", OperationKind::Administer, &[]),
    Permission::new("specimen.get_note", OperationKind::Administer, &[]),
    Permission::new("specimen.list_notes", OperationKind::Administer, &[]),
    Permission::new("specimen.change_note", OperationKind::Administer, &[]),
    Permission::new("specimen.delete_note", OperationKind::Administer, &[]),
    Permission::new("specimen.open_door", OperationKind::Administer, &[]),
    Permission::new("specimen.no_operation", OperationKind::Administer, &[]),
];

pub(crate) const MODULE: DomainModule = DomainModule {
    name: NAME,
    schema: Some(SCHEMA),
    permissions: PERMISSIONS,
    schedules: &[],
    entities: &[],
    sealed: &[],
    dependencies: &[],
    openapi: || routes().into_openapi(),
    build: |_scope| Box::pin(async { Ok(DomainParts { router: routes(), jobs: Vec::new() }) }),
};

/// The module on a database of its own.
pub(crate) async fn broken() -> Platform {
    let example = |operation, prepare| Example { operation, prepare };
    let examples = vec![
        example("read_everything", |_| Box::pin(async { Call::to("/v1/elsewhere") })),
        example("specimen.create_note", |_| {
            Box::pin(async { Call::to("/v1/specimen/notes").json(json!({ "text": "new" })) })
        }),
        example("specimen.get_note", |user| Box::pin(async move { Call::to(note(&user).await) })),
        example("specimen.list_notes", |user| {
            Box::pin(async move {
                note(&user).await;
                Call::to("/v1/specimen/notes")
            })
        }),
        example("specimen.change_note", |user| {
            Box::pin(async move {
                Call::to(note(&user).await).json(json!({ "text": "changed" })).if_match(Some("\"1\""))
            })
        }),
        example("specimen.delete_note", |user| Box::pin(async move { Call::to(note(&user).await) })),
        example("specimen.open_door", |_| {
            Box::pin(async { Call::to("/v1/specimen/doors").json(json!({ "text": "open" })) })
        }),
        example("specimen.nobodys", |_| Box::pin(async { Call::to("/v1/specimen/nobodys") })),
    ];
    let mut platform = Platform::of(&[MODULE], examples).await;
    // The kernel's own operations keep the rules, and are checked with the real modules.
    platform.operations.retain(|operation| !operation.id.starts_with("platform."));
    platform.permissions.retain(|permission| !permission.name.starts_with("platform."));
    platform
}

/// Makes a note and gives back its path.
async fn note(user: &User) -> String {
    let answer = user.client.post("/v1/specimen/notes", &json!({ "text": "first" })).await.expect(201);
    answer.header("location")
}

fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(read_everything))
        .routes(routes!(create_note, list_notes))
        .routes(routes!(get_note, change_note, delete_note))
        .routes(routes!(change_note_again))
        .routes(routes!(open_door))
        .routes(routes!(nobodys))
        .route("/v1/specimen/back-door", post(|| async { "open" }))
}

// No id of the module, no summary, no tag, outside its path, no document of its answer, and a list without pages.
#[utoipa::path(get, path = "/v1/elsewhere", responses((status = 200, description = "")))]
async fn read_everything() -> axum::Json<Value> {
    axum::Json(json!(["everything"]))
}

/// Makes a note, as it should be.
#[utoipa::path(post, path = "/v1/specimen/notes", operation_id = "specimen.create_note", tag = NAME)]
async fn create_note(mut command: Command<Json<Value>>) -> Result<Reply, ProblemResponse> {
    let (id, tenant) = (Uuid::new_v4(), command.tx.tenant_id().uuid());
    sqlx::query("insert into specimen.note (tenant_id, id, text) values ($1, $2, $3)")
        .bind(tenant)
        .bind(id)
        .bind(command.body.0["text"].as_str())
        .execute(command.tx.conn())
        .await
        .map_err(DbError::from)?;
    let reply = Reply::created(format!("/v1/specimen/notes/{id}"), &json!({ "id": id }))?;
    command.finish(AuditEvent::info("specimen.create_note"), reply).await
}

/// Ignores limit and cursor, never ends, and documents a problem as something else.
#[utoipa::path(
    get, path = "/v1/specimen/notes", operation_id = "specimen.list_notes", tag = NAME,
    params(("cursor" = Option<String>, Query)),
    responses((status = 404, description = "none", body = String))
)]
async fn list_notes(mut read: Read<Value>) -> Result<Reply, ProblemResponse> {
    let tenant = read.tx.tenant_id().uuid();
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from specimen.note where tenant_id = $1")
        .bind(tenant)
        .fetch_all(read.tx.conn())
        .await
        .map_err(DbError::from)?;
    Ok(Reply::ok(&json!({ "items": ids, "nextCursor": "again" }))?)
}

/// Shows no version.
#[utoipa::path(get, path = "/v1/specimen/notes/{id}", operation_id = "specimen.get_note", tag = NAME)]
async fn get_note(Path(id): Path<String>, _read: Read) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&json!({ "id": id }))?)
}

/// Takes anything on any version, crosses tenants, and writes another event.
#[utoipa::path(put, path = "/v1/specimen/notes/{id}", operation_id = "specimen.change_note", tag = NAME)]
async fn change_note(
    Path(id): Path<Uuid>,
    mut command: Command<Json<Value>>,
) -> Result<Reply, ProblemResponse> {
    let text = command.body.0.to_string() + &Uuid::new_v4().to_string();
    for statement in
        ["set local role athyper_system", "update specimen.note set text = $2 where id = $1", "reset role"]
    {
        let query = sqlx::query(statement);
        let query = if statement.contains('$') { query.bind(id).bind(&text) } else { query };
        query.execute(command.tx.conn()).await.map_err(DbError::from)?;
    }
    command.finish(AuditEvent::info("specimen.other"), Reply::ok(&json!({ "id": id }))?).await
}

/// Has the id of another operation.
#[utoipa::path(post, path = "/v1/specimen/notes/{id}/change", operation_id = "specimen.change_note", tag = NAME)]
async fn change_note_again() -> &'static str {
    "changed"
}

/// Says yes to every id.
#[utoipa::path(delete, path = "/v1/specimen/notes/{id}", operation_id = "specimen.delete_note", tag = NAME)]
async fn delete_note() -> &'static str {
    "gone"
}

/// Takes any request, honours no key, writes nothing down, and shows what is behind it.
#[utoipa::path(
    post, path = "/v1/specimen/doors", operation_id = "specimen.open_door", tag = NAME, request_body = String
)]
async fn open_door(body: String) -> (StatusCode, String) {
    match serde_json::from_str::<Value>(&body) {
        Ok(_) => (StatusCode::OK, body),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("sqlx: select failed: {error}")),
    }
}

/// Nobody may call it.
#[utoipa::path(get, path = "/v1/specimen/nobodys", operation_id = "specimen.nobodys", tag = NAME)]
async fn nobodys() -> &'static str {
    "nobody sees this"
}
