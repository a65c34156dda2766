//! Long work that a caller follows: `queued` → `running` → `succeeded` or `failed`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_types::{Id, JobId, OperationId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{NewJob, enqueue};

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Waits for a worker.
    Queued,
    /// A worker is at it, or will take it up again.
    Running,
    /// Done, all of it.
    Succeeded,
    /// Ended without success; the errors say why.
    Failed,
}

/// What is wrong with a row of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RowError {
    /// Line of the file, counted from 1 with the header line; absent when the error is about no single row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// Column of the file, where one is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Stable code of the rule.
    pub code: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl From<FieldError> for RowError {
    fn from(field: FieldError) -> Self {
        let column = field.pointer.trim_start_matches('/').to_owned();
        let column = (!column.is_empty()).then_some(column);
        Self { row: field.row, column, code: field.code, message: field.message }
    }
}

/// An operation as a caller sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Id; the path of the operation is `/v1/operations/{id}`.
    pub id: OperationId,
    /// What is done: the operation id of the request that started it.
    pub kind: String,
    /// Where it stands.
    pub state: OperationState,
    /// Units done so far.
    pub done: i64,
    /// Units in all, once that is known.
    pub total: Option<i64>,
    /// What is wrong with the input, by row.
    pub errors: Vec<RowError>,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// When it was asked for (UTC).
    pub created_at: DateTime<Utc>,
    /// When it ended (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    state: String,
    done: i64,
    total: Option<i64>,
    errors: Json<Vec<RowError>>,
    result: Option<Value>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Operation {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let state = match row.state.as_str() {
            "queued" => OperationState::Queued,
            "running" => OperationState::Running,
            "succeeded" => OperationState::Succeeded,
            "failed" => OperationState::Failed,
            other => return Err(DbError::Corrupt(format!("operation state {other}"))),
        };
        Ok(Self {
            id: Id::from_uuid(row.id),
            kind: row.kind,
            state,
            done: row.done,
            total: row.total,
            errors: row.errors.0,
            result: row.result,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

/// Starts an operation: its record and its job, in the caller's transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn start_operation(tx: &mut TenantTx, kind: &str, job: NewJob) -> Result<Operation, DbError> {
    let job_id = enqueue(tx, job).await?;
    let id = OperationId::new(tx.clock());
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into jobs.operation (tenant_id, id, kind, job_id, created_by, created_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(kind)
    .bind(job_id.uuid())
    .bind(actor)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(Operation {
        id,
        kind: kind.to_owned(),
        state: OperationState::Queued,
        done: 0,
        total: None,
        errors: Vec::new(),
        result: None,
        created_at: now,
        finished_at: None,
    })
}

/// The operation with this id, if the tenant has it.
///
/// # Errors
/// When the database does not answer.
pub async fn find_operation(
    tx: &mut impl TenantConnection,
    id: OperationId,
) -> Result<Option<Operation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, kind, state, done, total, errors, result, created_at, finished_at \
         from jobs.operation where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Operation::try_from).transpose()
}

/// The operation of this job, if it has one.
pub(crate) async fn operation_of(
    tx: &mut impl TenantConnection,
    job: JobId,
) -> Result<Option<Operation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, kind, state, done, total, errors, result, created_at, finished_at \
         from jobs.operation where tenant_id = $1 and job_id = $2",
    )
    .bind(tenant)
    .bind(job.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Operation::try_from).transpose()
}

/// The tenant's operations, newest first, `limit` of them and older than `before` where that is given.
///
/// # Errors
/// When the database does not answer.
pub async fn list_operations(
    tx: &mut impl TenantConnection,
    before: Option<OperationId>,
    limit: i64,
) -> Result<Vec<Operation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, kind, state, done, total, errors, result, created_at, finished_at \
         from jobs.operation where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3",
    )
    .bind(tenant)
    .bind(before.map(Id::uuid))
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Operation::try_from).collect()
}

/// Those of these operations that the tenant has.
///
/// # Errors
/// When the database does not answer.
pub async fn find_operations(
    tx: &mut impl TenantConnection,
    ids: &[OperationId],
) -> Result<Vec<Operation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, kind, state, done, total, errors, result, created_at, finished_at \
         from jobs.operation where tenant_id = $1 and id = any ($2)",
    )
    .bind(tenant)
    .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Operation::try_from).collect()
}

/// Says how far the operation of this job is; it is `running` from then on.
///
/// Where more is done than before, the job's attempts start anew: they bound how often it may fail at one place.
///
/// # Errors
/// When the database does not answer.
pub async fn set_progress(
    tx: &mut TenantTx,
    job: JobId,
    done: i64,
    total: Option<i64>,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "with before as (\
           select done from jobs.operation where tenant_id = $1 and job_id = $2 for no key update), \
         moved as (\
           update jobs.operation set state = 'running', done = $3, total = coalesce($4, total) \
           where tenant_id = $1 and job_id = $2 and state in ('queued', 'running')) \
         update jobs.job j set attempt = 1 from before \
         where j.tenant_id = $1 and j.id = $2 and j.state = 'running' and before.done < $3",
    )
    .bind(tenant)
    .bind(job.uuid())
    .bind(done)
    .bind(total)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends the operation of this job with success.
///
/// # Errors
/// When the database does not answer.
pub async fn succeed_operation(tx: &mut TenantTx, job: JobId, result: Value) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update jobs.operation set state = 'succeeded', result = $3, finished_at = $4 \
         where tenant_id = $1 and job_id = $2",
    )
    .bind(tenant)
    .bind(job.uuid())
    .bind(result)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends the operation of this job without success, with the reasons.
///
/// # Errors
/// When the database does not answer.
pub async fn fail_operation(tx: &mut TenantTx, job: JobId, errors: &[RowError]) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    crate::store::fail_operation(tx.conn(), tenant, job, errors, now).await
}
