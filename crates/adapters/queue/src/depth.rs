//! How much waits in the queue, for health and metrics.

use athyper_kernel_db::{Database, DbError, SystemReason};

/// What is in the queue of all tenants at one moment, by the database's clock.
#[derive(Clone, Copy, Debug, PartialEq, sqlx::FromRow)]
pub struct QueueDepth {
    /// Jobs that could run now, if a worker were free and their serial key allowed it.
    pub due: i64,
    /// Jobs that wait for their time: scheduled, or backing off.
    pub later: i64,
    /// Jobs claimed by a worker.
    pub running: i64,
    /// Jobs parked as dead.
    pub dead: i64,
    /// For how long the oldest due job has been waiting, in seconds; 0 when none is due.
    pub oldest_due_seconds: f64,
}

/// Counts the jobs in the queue.
///
/// # Errors
/// When the database does not answer.
pub async fn queue_depth(database: &Database) -> Result<QueueDepth, DbError> {
    let mut tx = database.system_tx(SystemReason::RunQueue).await?;
    let depth = sqlx::query_as(
        "select due, later, oldest_due_seconds, \
         (select count(*) from jobs.job where state = 'running') as running, \
         (select count(*) from jobs.job where state = 'dead') as dead \
         from (select count(*) filter (where run_at <= now()) as due, \
               count(*) filter (where run_at > now()) as later, \
               greatest(coalesce(extract(epoch from now() - min(run_at)), 0), 0)::float8 as oldest_due_seconds \
               from jobs.job where state = 'available') as waiting",
    )
    .fetch_one(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(depth)
}

/// What is in one queue of all tenants at one moment, by the database's clock.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct QueueState {
    /// Name of the queue.
    pub queue: String,
    /// Jobs that could run now, if a worker were free and no limit kept them back.
    pub due: i64,
    /// Jobs that wait for their time.
    pub later: i64,
    /// Jobs claimed by a worker.
    pub running: i64,
    /// Jobs parked as dead.
    pub dead: i64,
    /// For how long the oldest due job has been waiting, in seconds; 0 when none is due.
    pub oldest_due_seconds: f64,
}

/// Counts the jobs queue by queue, for metrics. It looks at every job that has not succeeded: ask a few times a minute.
///
/// # Errors
/// When the database does not answer.
pub async fn queue_states(database: &Database) -> Result<Vec<QueueState>, DbError> {
    let mut tx = database.system_tx(SystemReason::RunQueue).await?;
    let states = sqlx::query_as(
        "select queue, count(*) filter (where state = 'available' and run_at <= now()) as due, \
           count(*) filter (where state = 'available' and run_at > now()) as later, \
           count(*) filter (where state = 'running') as running, count(*) filter (where state = 'dead') as dead, \
           greatest(coalesce(extract(epoch from now() - min(run_at) filter (where state = 'available')), 0), 0)::float8 \
             as oldest_due_seconds \
         from jobs.job where state in ('available', 'running', 'dead') group by queue order by queue",
    )
    .fetch_all(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(states)
}
