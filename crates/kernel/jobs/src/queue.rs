//! Queues as a whole: how much waits in each, and pausing one.

use athyper_kernel_db::{DbError, SystemTx, TenantConnection, TenantTx};
use athyper_kernel_types::PLATFORM_TENANT;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store;

/// A queue of the tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct QueueRecord {
    /// Its name.
    pub name: String,
    /// Jobs that could run now.
    pub due: i64,
    /// Jobs that wait for their time: enqueued for later, or backing off.
    pub later: i64,
    /// Jobs that a worker has.
    pub running: i64,
    /// Jobs that were given up.
    pub dead: i64,
    /// Since when it is paused for the tenant (UTC); absent when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<DateTime<Utc>>,
    /// Who paused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_by: Option<String>,
}

impl QueueRecord {
    /// A queue in which nothing waits.
    pub fn empty(name: impl Into<String>) -> Self {
        Self { name: name.into(), due: 0, later: 0, running: 0, dead: 0, paused_at: None, paused_by: None }
    }
}

/// The tenant's queues by name, `limit` of them and after the name `after` where that is given: those with jobs that
/// have not succeeded, and those it has paused.
///
/// # Errors
/// When the database does not answer.
pub async fn list_queues(
    tx: &mut impl TenantConnection,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<QueueRecord>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select coalesce(q.queue, p.queue) as name, coalesce(due, 0) as due, coalesce(later, 0) as later, \
           coalesce(running, 0) as running, coalesce(dead, 0) as dead, p.paused_at, p.paused_by \
         from (select queue, count(*) filter (where state = 'available' and run_at <= now()) as due, \
                 count(*) filter (where state = 'available' and run_at > now()) as later, \
                 count(*) filter (where state = 'running') as running, count(*) filter (where state = 'dead') as dead \
               from jobs.job where tenant_id = $1 and state in ('available', 'running', 'dead') group by queue) q \
         full join (select queue, paused_at, paused_by from jobs.queue_state where tenant_id = $1) p \
           on p.queue = q.queue \
         where $2::text is null or coalesce(q.queue, p.queue) > $2 order by 1 limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// The queue of this name, if the tenant has, or had not long ago, a job in it, or has paused it.
///
/// # Errors
/// When the database does not answer.
pub async fn find_queue(tx: &mut impl TenantConnection, name: &str) -> Result<Option<QueueRecord>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select $2 as name, count(*) filter (where state = 'available' and run_at <= now()) as due, \
           count(*) filter (where state = 'available' and run_at > now()) as later, \
           count(*) filter (where state = 'running') as running, count(*) filter (where state = 'dead') as dead, \
           p.paused_at, p.paused_by \
         from (select 1) as one left join jobs.job j on j.tenant_id = $1 and j.queue = $2 \
         left join jobs.queue_state p on p.tenant_id = $1 and p.queue = $2 \
         group by p.paused_at, p.paused_by having count(j.id) > 0 or p.paused_at is not null",
    )
    .bind(tenant)
    .bind(name)
    .fetch_optional(tx.conn())
    .await?)
}

/// Pauses a queue for the tenant: its jobs wait, those that run go on. Whether it was not paused already.
///
/// # Errors
/// When the database does not answer.
pub async fn pause_queue(tx: &mut TenantTx, queue: &str) -> Result<bool, DbError> {
    let (tenant, now, by) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    pause(tx.conn(), tenant, queue, &by, now).await
}

/// Ends the tenant's pause of a queue. Whether it was paused.
///
/// # Errors
/// When the database does not answer.
pub async fn resume_queue(tx: &mut TenantTx, queue: &str) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    resume(tx.conn(), tenant, queue).await
}

/// Pauses a queue for all tenants. A tenant's own pause is another one. Whether it was not paused already.
///
/// # Errors
/// When the database does not answer.
pub async fn pause_queue_for_all(tx: &mut SystemTx, queue: &str, by: &str) -> Result<bool, DbError> {
    let now = tx.now();
    pause(tx.conn(), PLATFORM_TENANT.uuid(), queue, by, now).await
}

/// Ends the pause of a queue for all tenants. Whether it was paused.
///
/// # Errors
/// When the database does not answer.
pub async fn resume_queue_for_all(tx: &mut SystemTx, queue: &str) -> Result<bool, DbError> {
    resume(tx.conn(), PLATFORM_TENANT.uuid(), queue).await
}

async fn pause(
    conn: &mut PgConnection,
    tenant: Uuid,
    queue: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let paused = sqlx::query(
        "insert into jobs.queue_state (tenant_id, queue, paused_at, paused_by) values ($1, $2, $3, $4) \
         on conflict (tenant_id, queue) do nothing",
    )
    .bind(tenant)
    .bind(queue)
    .bind(now)
    .bind(by)
    .execute(conn)
    .await?;
    Ok(paused.rows_affected() == 1)
}

async fn resume(conn: &mut PgConnection, tenant: Uuid, queue: &str) -> Result<bool, DbError> {
    let resumed = sqlx::query("delete from jobs.queue_state where tenant_id = $1 and queue = $2")
        .bind(tenant)
        .bind(queue)
        .execute(&mut *conn)
        .await?;
    store::announce(conn, queue).await?;
    Ok(resumed.rows_affected() == 1)
}
