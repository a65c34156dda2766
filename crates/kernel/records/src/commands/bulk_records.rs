//! Makes, changes and deletes many records at once.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::Values;
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemBody, ProblemResponse, Reply, UrlQuery};
use athyper_kernel_record_model::{Entity, Error, RecordId};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::Deps;
use crate::catalogue::Entities;
use crate::commands::{create_record, delete_record, update_record};
use crate::guard::Guard;
use crate::matches::{AllowDuplicates, told};
use crate::path::EntityPath;
use crate::store::records;

/// Most operations of a request.
const MAX_OPERATIONS: usize = 500;

/// What to do with many records.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = records::BulkRecords)]
pub(crate) struct BulkRecords {
    /// Whether nothing is kept as soon as one fails. Otherwise each stands by itself.
    #[serde(default)]
    atomic: bool,
    /// What to do, in this order; at most 500.
    operations: Vec<BulkOperation>,
}

/// One of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "operation", deny_unknown_fields)]
#[schema(as = records::BulkOperation)]
pub(crate) enum BulkOperation {
    /// Makes a record.
    Create {
        /// Its values.
        #[schema(value_type = Object)]
        values: Values,
    },
    /// Changes a record.
    Update {
        /// Its id.
        #[schema(value_type = String, format = Uuid)]
        id: RecordId,
        /// The version that is changed.
        version: i64,
        /// What changes; null takes a value away.
        #[schema(value_type = Object)]
        values: Values,
    },
    /// Deletes a record.
    Delete {
        /// Its id.
        #[schema(value_type = String, format = Uuid)]
        id: RecordId,
        /// The version that is deleted.
        version: i64,
    },
}

/// What became of one operation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = records::BulkResult)]
pub(crate) struct BulkResult {
    /// HTTP status that it would have answered with by itself.
    status: u16,
    /// Id of the record; null where there is none.
    #[schema(value_type = Option<String>, format = Uuid)]
    id: Option<RecordId>,
    /// Version of the record now; null where there is none.
    version: Option<i64>,
    /// Code of what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

/// What became of all operations.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = records::BulkResults)]
pub(crate) struct BulkResults {
    /// One for each operation, in their order.
    results: Vec<BulkResult>,
    /// How many failed; with `atomic` nothing was kept if any did.
    failed: usize,
}

/// Make, change and delete many records
///
/// Each operation has a result of its own. Whoever calls needs the right to each kind of operation as well.
#[utoipa::path(
    post,
    path = "/v1/records/{entity}/bulk",
    operation_id = "records.bulk_records",
    tag = "records",
    params(("entity" = String, Path, description = "Key of the entity"), AllowDuplicates),
    request_body(content = BulkRecords, example = json!({"operations": [{"operation": "create", "values": {"name": "Lathe"}}]})),
    responses(
        (status = 200, description = "What became of each", body = BulkResults),
        (
            status = 404,
            description = "No such entity in this tenant",
            body = ProblemBody,
            content_type = "application/problem+json"
        ),
        CreateProblems
    )
)]
pub(crate) async fn bulk_records(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    UrlQuery(allow): UrlQuery<AllowDuplicates>,
    mut cmd: Command<Json<BulkRecords>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let entity = allow.over(&caller, deps.to_write(&mut cmd, &key).await?)?;
    let count = cmd.body.0.operations.len();
    if !(1..=MAX_OPERATIONS).contains(&count) {
        let message = format!("send 1 to {MAX_OPERATIONS} operations");
        return Err(Error::Form(vec![FieldError::new("/operations", "length", message)]).into());
    }
    let guard = Guard::of(&caller);
    let results = execute(&mut cmd.tx, &deps.entities, &entity, &guard, &cmd.body.0).await?;
    let done: Vec<Value> = results
        .results
        .iter()
        .filter(|result| result.code.is_none())
        .map(|result| json!({"id": result.id, "version": result.version}))
        .collect();
    let event = AuditEvent::info("records.bulk_records")
        .about("records.entity", entity.id)
        .with("entity", entity.def.key.as_str())
        .with("failed", results.failed)
        .with(
            "records",
            Value::Array(if cmd.body.0.atomic && results.failed > 0 { Vec::new() } else { done }),
        );
    let reply = Reply::ok(&results)?;
    cmd.finish(event, reply).await
}

async fn execute(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    input: &BulkRecords,
) -> Result<BulkResults, Problem> {
    tx.savepoint("everything").await?;
    let mut results = Vec::new();
    for operation in &input.operations {
        tx.savepoint("operation").await?;
        let done = run(tx, entities, entity, guard, operation).await;
        match &done {
            Ok(_) => tx.end_savepoint("operation", true).await?,
            // What the database cannot do now ends the request as a whole.
            Err(problem) if problem.kind.is_fault() => return done.map(|_| BulkResults::default()),
            Err(_) => tx.end_savepoint("operation", false).await?,
        }
        results.push(result(done));
    }
    let failed = results.iter().filter(|result| result.code.is_some()).count();
    if input.atomic && failed > 0 {
        tx.end_savepoint("everything", false).await?;
    }
    Ok(BulkResults { results, failed })
}

/// Status, id and version.
type Outcome = (u16, RecordId, Option<i64>);

async fn run(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    operation: &BulkOperation,
) -> Result<Outcome, Problem> {
    let permission = match operation {
        BulkOperation::Create { .. } => "records.create_record",
        BulkOperation::Update { .. } => "records.update_record",
        BulkOperation::Delete { .. } => "records.delete_record",
    };
    let guard = &guard.doing(permission);
    guard.admit(entity)?;
    match operation {
        BulkOperation::Create { values } => {
            let done = create_record::execute(tx, entities, entity, guard, &values.0).await;
            let done = told(tx, guard, entity, done).await?;
            Ok((201, done.output.id, Some(done.output.version)))
        }
        BulkOperation::Update { id, version, values } => {
            let record = locked(tx, entity, guard, *id, *version).await?;
            let done = update_record::execute(tx, entities, entity, guard, record, &values.0).await;
            let done = told(tx, guard, entity, done).await?;
            Ok((200, done.output.id, Some(done.output.version)))
        }
        BulkOperation::Delete { id, version } => {
            let record = locked(tx, entity, guard, *id, *version).await?;
            delete_record::execute(tx, entities, entity, guard, record).await?;
            Ok((204, *id, None))
        }
    }
}

/// The record, locked, if it has this version.
async fn locked(
    tx: &mut TenantTx,
    entity: &Entity,
    guard: &Guard,
    id: RecordId,
    version: i64,
) -> Result<athyper_kernel_record_model::Record, Problem> {
    let record = records::lock(tx, entity, id).await?.ok_or(Error::RecordNotFound)?;
    guard.check(entity, &record)?;
    if record.version == version {
        return Ok(record);
    }
    Err(Problem::version_changed(record.version))
}

fn result(done: Result<Outcome, Problem>) -> BulkResult {
    match done {
        Ok((status, id, version)) => {
            BulkResult { status, id: Some(id), version, code: None, detail: None, errors: Vec::new() }
        }
        Err(problem) => BulkResult {
            status: problem.kind.status(),
            id: None,
            version: problem.current_version,
            code: Some(problem.code.to_owned()),
            detail: Some(problem.detail),
            errors: problem.fields,
        },
    }
}
