//! Gates: what a serial key, a limit by key, by type or by queue lets through. Whoever claims behind a gate holds its lock until
//! the claim is committed, so counts are exact however many workers claim.

use athyper_kernel_db::DbError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Jobs parked at most at once, so that no claim is long.
const PARKED_AT_ONCE: i64 = 1_000;
/// Gates that one look after parked jobs opens at most.
const SWEPT_AT_ONCE: i64 = 1_000;

/// How many jobs are behind a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Behind {
    /// Those that run.
    pub(crate) running: i64,
    /// Position of the first that runs or waits, for gates with an order.
    pub(crate) first: Option<i64>,
}

/// Takes the locks of these names until the transaction ends, without waiting, and says side by side which it got.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn try_lock(conn: &mut PgConnection, names: &[String]) -> Result<Vec<bool>, DbError> {
    let rows = sqlx::query_scalar(
        "select pg_try_advisory_xact_lock(hashtextextended(w.name, 0)) \
         from unnest($1::text[]) with ordinality as w(name, place) order by w.place",
    )
    .bind(names)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// What is behind these gates, side by side.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn behind(
    conn: &mut PgConnection,
    tenants: &[Uuid],
    gates: &[String],
) -> Result<Vec<Behind>, DbError> {
    let rows: Vec<(i64, Option<i64>)> = sqlx::query_as(
        "select (select count(*) from jobs.job r where r.tenant_id = w.tenant_id and r.gate = w.gate \
             and r.state = 'running'), \
           (select f.position from jobs.job f where f.tenant_id = w.tenant_id and f.gate = w.gate \
             and f.state in ('available', 'running') order by f.position limit 1) \
         from unnest($1::uuid[], $2::text[]) with ordinality as w(tenant_id, gate, place) order by w.place",
    )
    .bind(tenants)
    .bind(gates)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(running, first)| Behind { running, first }).collect())
}

/// How many jobs of these types, or in these queues where the type is `None`, run for these tenants, side by side.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn running(
    conn: &mut PgConnection,
    tenants: &[Uuid],
    types: &[Option<&str>],
    queues: &[Option<&str>],
) -> Result<Vec<i64>, DbError> {
    Ok(sqlx::query_scalar(
        "select (select count(*) from jobs.job r where r.tenant_id = w.tenant_id and r.state = 'running' \
             and (w.type is null or r.type = w.type) and (w.queue is null or r.queue = w.queue)) \
         from unnest($1::uuid[], $2::text[], $3::text[]) with ordinality as w(tenant_id, type, queue, place) \
         order by w.place",
    )
    .bind(tenants)
    .bind(types)
    .bind(queues)
    .fetch_all(conn)
    .await?)
}

/// Parks due jobs before these closed gates, whose locks the caller holds. The first job of a gate with an order stays.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn park(
    conn: &mut PgConnection,
    tenants: &[Uuid],
    gates: &[String],
) -> Result<u64, DbError> {
    let parked = sqlx::query(
        "with closed as (\
           select j.tenant_id, j.id from unnest($1::uuid[], $2::text[]) as w(tenant_id, gate) cross join lateral (\
             select f.position from jobs.job f where f.tenant_id = w.tenant_id and f.gate = w.gate \
               and f.state in ('available', 'running') order by f.position limit 1) as first \
           cross join lateral (\
             select w2.tenant_id, w2.id from jobs.job w2 \
             where w2.tenant_id = w.tenant_id and w2.gate = w.gate and w2.state = 'available' and not w2.parked \
               and w2.run_at <= now() and (w2.serial_key is null or w2.position > first.position) \
             limit $3 for no key update skip locked) j) \
         update jobs.job j set parked = true from closed where j.tenant_id = closed.tenant_id and j.id = closed.id",
    )
    .bind(tenants)
    .bind(gates)
    .bind(PARKED_AT_ONCE)
    .execute(conn)
    .await?;
    Ok(parked.rows_affected())
}

/// Wakes parked jobs wherever fewer run than their gate lets through. Those who leave a gate do that by themselves; this
/// is for what they cannot know: a limit that was raised, or a woken job that no worker takes.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn sweep(conn: &mut PgConnection) -> Result<u64, DbError> {
    let woken = sqlx::query(
        "with recursive gate(place, tenant_id, gate) as (\
           (select 1::bigint, j.tenant_id, j.gate from jobs.job j where j.parked and j.state = 'available' \
              and j.gate is not null order by j.tenant_id, j.gate limit 1) \
           union all \
           select gate.place + 1, next.tenant_id, next.gate from gate cross join lateral (\
             select j.tenant_id, j.gate from jobs.job j where j.parked and j.state = 'available' \
               and (j.tenant_id, j.gate) > (gate.tenant_id, gate.gate) order by j.tenant_id, j.gate limit 1) next \
           where gate.place < $1), \
         woken as (\
           select w.tenant_id, w.id from gate cross join lateral (\
             select h.serial_key is not null as serial, greatest(coalesce(h.limit_max, 1) - (select count(*) \
                 from jobs.job r where r.tenant_id = gate.tenant_id and r.gate = gate.gate and r.state = 'running'), 0) \
               as room \
             from jobs.job h where h.tenant_id = gate.tenant_id and h.gate = gate.gate and h.parked \
               and h.state = 'available' limit 1) open \
           cross join lateral (\
             (select j.tenant_id, j.id from jobs.job j where not open.serial and j.tenant_id = gate.tenant_id \
                and j.gate = gate.gate and j.parked and j.state = 'available' \
                order by j.priority, j.run_at, j.position limit open.room) \
             union all \
             (select j.tenant_id, j.id from jobs.job j where open.serial and j.tenant_id = gate.tenant_id \
                and j.gate = gate.gate and j.parked and j.state in ('available', 'running') \
                order by j.position limit open.room)) w), \
         free as (\
           select j.tenant_id, j.id from woken join jobs.job j on j.tenant_id = woken.tenant_id and j.id = woken.id \
           where j.parked for no key update of j skip locked) \
         update jobs.job j set parked = false from free where j.tenant_id = free.tenant_id and j.id = free.id",
    )
    .bind(SWEPT_AT_ONCE)
    .execute(conn)
    .await?;
    Ok(woken.rows_affected())
}
