//! Table `approvals.request`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_http::Proposal;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::request::{Request, RequestId, State};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    operation: String,
    path: String,
    snapshot: Json<Value>,
    role: String,
    requester_id: Option<Uuid>,
    by_service: bool,
    state: String,
    expires_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
    decided_by: Option<String>,
    decider_id: Option<Uuid>,
    by_token: Option<bool>,
    reason: Option<String>,
    used_at: Option<DateTime<Utc>>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for Request {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = || DbError::Corrupt(format!("approval request {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            state: State::parse(&row.state).ok_or_else(corrupt)?,
            operation: row.operation,
            path: row.path,
            snapshot: row.snapshot.0,
            role: row.role,
            expires_at: row.expires_at,
            created_at: row.created_at,
            created_by: row.created_by,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
            reason: row.reason,
            used_at: row.used_at,
            version: row.version,
            requester: row.requester_id.map(Id::from_uuid),
            by_service: row.by_service,
            decider: row.decider_id.map(Id::from_uuid),
            by_token: row.by_token.unwrap_or_default(),
        })
    }
}

/// Keeps other requests of this actor waiting until the transaction ends: so none is asked for twice, and none too many.
pub(crate) async fn lock_asker(tx: &mut TenantTx) -> Result<(), DbError> {
    let key = format!("approvals {} {}", tx.tenant_id(), tx.context().actor().id);
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))").bind(key).execute(tx.conn()).await?;
    Ok(())
}

/// How many requests of the actor wait for a decision at this time (UTC).
pub(crate) async fn count_pending(tx: &mut TenantTx) -> Result<i64, DbError> {
    let (tenant, actor, now) = (tx.tenant_id().uuid(), tx.context().actor().id.clone(), tx.now());
    Ok(sqlx::query_scalar(
        "select count(*) from approvals.request \
         where tenant_id = $1 and created_by = $2 and state = 'pending' and expires_at > $3",
    )
    .bind(tenant)
    .bind(actor)
    .bind(now)
    .fetch_one(tx.conn())
    .await?)
}

/// What is pending or approved of exactly this, asked for by this actor; also what has run out and is not marked yet.
pub(crate) async fn alive(
    tx: &mut (impl TenantConnection + ?Sized),
    actor: &str,
    proposal: &Proposal,
) -> Result<Vec<Request>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, operation, path, snapshot, role, requester_id, by_service, state, expires_at, decided_at, decided_by, \
         decider_id, by_token, reason, used_at, version, created_at, created_by from approvals.request \
         where tenant_id = $1 and created_by = $2 and operation = $3 and digest = $4 and state in ('pending', 'approved') \
         order by role",
    )
    .bind(tenant)
    .bind(actor)
    .bind(&*proposal.operation)
    .bind(&proposal.digest[..])
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Request::try_from).collect()
}

/// The request of this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: RequestId) -> Result<Option<Request>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, operation, path, snapshot, role, requester_id, by_service, state, expires_at, decided_at, decided_by, \
         decider_id, by_token, reason, used_at, version, created_at, created_by from approvals.request \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Request::try_from).transpose()
}

/// The same, kept from all others until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: RequestId) -> Result<Option<Request>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, operation, path, snapshot, role, requester_id, by_service, state, expires_at, decided_at, decided_by, \
         decider_id, by_token, reason, used_at, version, created_at, created_by from approvals.request \
         where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Request::try_from).transpose()
}

/// Enters a request.
pub(crate) async fn insert(tx: &mut TenantTx, request: &Request, digest: &[u8; 32]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into approvals.request (tenant_id, id, operation, path, digest, snapshot, role, requester_id, by_service, \
         state, expires_at, version, created_at, created_by, updated_at, updated_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, $14)",
    )
    .bind(tenant)
    .bind(request.id.uuid())
    .bind(&request.operation)
    .bind(&request.path)
    .bind(&digest[..])
    .bind(Json(&request.snapshot))
    .bind(&request.role)
    .bind(request.requester.map(Id::uuid))
    .bind(request.by_service)
    .bind(request.state.as_str())
    .bind(request.expires_at)
    .bind(request.version)
    .bind(request.created_at)
    .bind(&request.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what became of a request, as its next version. What was asked stays as it is.
pub(crate) async fn update(tx: &mut TenantTx, request: Request) -> Result<Request, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let request = Request { version: request.version + 1, ..request };
    sqlx::query(
        "update approvals.request set state = $3, expires_at = $4, decided_at = $5, decided_by = $6, decider_id = $7, \
         by_token = $8, reason = $9, used_at = $10, version = $11, updated_at = $12, updated_by = $13 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(request.id.uuid())
    .bind(request.state.as_str())
    .bind(request.expires_at)
    .bind(request.decided_at)
    .bind(&request.decided_by)
    .bind(request.decider.map(Id::uuid))
    .bind(request.by_token)
    .bind(&request.reason)
    .bind(request.used_at)
    .bind(request.version)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(request)
}

/// Marks requests that have run out, so many at most; gives how many.
pub(crate) async fn expire(tx: &mut TenantTx, batch: i64) -> Result<u64, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let marked = sqlx::query(
        "update approvals.request set state = 'expired', version = version + 1, updated_at = $2, updated_by = $3 \
         where tenant_id = $1 and id in ( \
             select id from approvals.request where tenant_id = $1 and state in ('pending', 'approved') \
                 and expires_at <= $2 order by expires_at limit $4 for update skip locked)",
    )
    .bind(tenant)
    .bind(now)
    .bind(actor)
    .bind(batch)
    .execute(tx.conn())
    .await?;
    Ok(marked.rows_affected())
}

/// Forgets requests that ended before this time (UTC), so many at most; gives how many.
pub(crate) async fn purge(tx: &mut TenantTx, before: DateTime<Utc>, batch: i64) -> Result<u64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let gone = sqlx::query(
        "delete from approvals.request where tenant_id = $1 and id in ( \
             select id from approvals.request where tenant_id = $1 and state not in ('pending', 'approved') \
                 and updated_at < $2 order by updated_at limit $3)",
    )
    .bind(tenant)
    .bind(before)
    .bind(batch)
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected())
}
