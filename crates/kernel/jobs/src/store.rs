//! The SQL by which a job comes into being and ends with success. Every statement on a running job names the lease
//! token: a worker that lost its lease changes nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use athyper_kernel_db::DbError;
use athyper_kernel_telemetry::TraceContext;
use athyper_kernel_tenant_context::Actor;
use athyper_kernel_types::{Id, JobId, TenantId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::enqueue::Gate;
use crate::{ClaimedJob, NewJob, RowError, UniqueFor, WAKE_CHANNEL};

/// What jobs that are written together have in common: whose they are and what caused them.
#[derive(Clone, Copy, Debug)]
pub struct JobCause<'a> {
    /// Whose jobs they are.
    pub tenant: TenantId,
    /// Key of the realm.
    pub realm_key: &'a str,
    /// Key of the tenant.
    pub tenant_key: &'a str,
    /// Key of the organisation, if one was chosen.
    pub org_key: Option<&'a str>,
    /// Who asked for them.
    pub actor: &'a Actor,
    /// Id of the request that caused them.
    pub request_id: &'a str,
    /// Id of the trace that they belong to (W3C Trace Context).
    pub trace_id: Option<&'a str>,
    /// When they were enqueued (UTC).
    pub enqueued_at: DateTime<Utc>,
}

/// Writes jobs and announces their queues, and returns their ids, side by side; where another job holds a unique key,
/// that one's id. The jobs continue the trace of the work under way.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_jobs(
    conn: &mut PgConnection,
    cause: &JobCause<'_>,
    jobs: &[(JobId, NewJob)],
) -> Result<Vec<JobId>, DbError> {
    let columns = JobColumns::new(jobs);
    let inserted: HashSet<Uuid> = insert(conn, cause, &columns).await?.into_iter().collect();
    let queues: BTreeSet<&str> =
        jobs.iter().filter(|(id, _)| inserted.contains(&id.uuid())).map(|(_, job)| &*job.queue).collect();
    announce_all(conn, &queues.into_iter().collect::<Vec<_>>()).await?;
    if inserted.len() == jobs.len() {
        return Ok(jobs.iter().map(|(id, _)| *id).collect());
    }
    let holders = holders(conn, cause.tenant, jobs).await?;
    let id_of = |(id, job): &(JobId, NewJob)| {
        if inserted.contains(&id.uuid()) {
            return Ok(*id);
        }
        let holder = job.unique.as_ref().and_then(|(key, _)| holders.get(&(&*job.name, key.as_str())));
        holder.map(|id| Id::from_uuid(*id)).ok_or_else(|| DbError::Corrupt(format!("{id} was not inserted")))
    };
    jobs.iter().map(id_of).collect()
}

/// Who holds the unique keys of these jobs, by type and key.
async fn holders<'a>(
    conn: &mut PgConnection,
    tenant: TenantId,
    jobs: &'a [(JobId, NewJob)],
) -> Result<HashMap<(&'a str, &'a str), Uuid>, DbError> {
    let wanted: Vec<(&str, &str)> =
        jobs.iter().filter_map(|(_, job)| Some((&*job.name, job.unique.as_ref()?.0.as_str()))).collect();
    let (types, keys): (Vec<&str>, Vec<&str>) = wanted.iter().copied().unzip();
    let ids: Vec<Option<Uuid>> = sqlx::query_scalar(
        "select held.job_id from unnest($2::text[], $3::text[]) with ordinality as wanted(type, key, place) \
         left join jobs.unique_key held \
           on held.tenant_id = $1 and held.type = wanted.type and held.key = wanted.key order by wanted.place",
    )
    .bind(tenant.uuid())
    .bind(types)
    .bind(keys)
    .fetch_all(conn)
    .await?;
    Ok(wanted.into_iter().zip(ids).filter_map(|(key, id)| Some((key, id?))).collect())
}

/// The jobs, column by column, as one statement takes them.
#[derive(Default)]
struct JobColumns<'a> {
    ids: Vec<Uuid>,
    names: Vec<&'a str>,
    queues: Vec<&'a str>,
    payloads: Vec<&'a Value>,
    versions: Vec<i16>,
    priorities: Vec<i16>,
    run_at: Vec<Option<DateTime<Utc>>>,
    max_attempts: Vec<i16>,
    unique_keys: Vec<Option<&'a str>>,
    unique_scopes: Vec<Option<&'static str>>,
    unique_seconds: Vec<Option<f64>>,
    serial_keys: Vec<Option<&'a str>>,
    limit_keys: Vec<Option<&'a str>>,
    limits: Vec<Option<i16>>,
    parked: Vec<bool>,
}

impl<'a> JobColumns<'a> {
    /// Of jobs with one unique key the first is taken alone: a statement cannot take a key twice.
    fn new(jobs: &'a [(JobId, NewJob)]) -> Self {
        let mut columns = Self::default();
        let mut taken: HashSet<(&str, &str)> = HashSet::new();
        let mut carriers: HashMap<&Gate, i16> = HashMap::new();
        for (id, job) in jobs {
            if let Some((key, _)) = &job.unique
                && !taken.insert((&*job.name, key.as_str()))
            {
                continue;
            }
            columns.push(*id, job);
            columns.parked.push(is_parked(job, &mut carriers));
        }
        columns
    }

    fn push(&mut self, id: JobId, job: &'a NewJob) {
        self.ids.push(id.uuid());
        self.names.push(&job.name);
        self.queues.push(&job.queue);
        self.payloads.push(&job.payload);
        self.versions.push(job.version);
        self.priorities.push(job.priority);
        self.run_at.push(job.run_at);
        self.max_attempts.push(job.max_attempts);
        self.unique_keys.push(job.unique.as_ref().map(|(key, _)| key.as_str()));
        let scope = job.unique.as_ref().map(|(_, scope)| *scope);
        self.unique_scopes.push(scope.map(|scope| match scope {
            UniqueFor::Ever => "ever",
            UniqueFor::WhileUnfinished => "unfinished",
            UniqueFor::Period(_) => "period",
        }));
        self.unique_seconds.push(scope.and_then(|scope| match scope {
            UniqueFor::Period(period) => Some(period.as_seconds_f64()),
            UniqueFor::Ever | UniqueFor::WhileUnfinished => None,
        }));
        let (serial_key, limit) = match &job.gate {
            None => (None, None),
            Some(Gate::Serial(key)) => (Some(key.as_str()), None),
            Some(Gate::Limit(key, at_once)) => (None, Some((key.as_str(), *at_once))),
        };
        self.serial_keys.push(serial_key);
        self.limit_keys.push(limit.map(|(key, _)| key));
        self.limits.push(limit.map(|(_, at_once)| at_once));
    }
}

/// Whether a job begins behind a closed gate, where no claim looks at it: so many as the gate lets through stand before
/// it, become visible with it, and wake it when they leave. Only jobs that are certain to be made and due at once count,
/// and only such a job is parked.
fn is_parked<'a>(job: &'a NewJob, carriers: &mut HashMap<&'a Gate, i16>) -> bool {
    let Some(gate) = job.gate.as_ref().filter(|_| job.run_at.is_none()) else { return false };
    let before = carriers.entry(gate).or_default();
    let is_parked = *before >= gate.at_once();
    if job.unique.is_none() && !is_parked {
        *before += 1;
    }
    is_parked
}

/// Takes the unique keys that are free, inserts the jobs that have none or got theirs, and returns their ids.
///
/// A key that is held while its job is unfinished is free when that job is seen to have ended. A job that is not seen
/// was made by a transaction that committed meanwhile: it holds its key.
async fn insert(
    conn: &mut PgConnection,
    cause: &JobCause<'_>,
    jobs: &JobColumns<'_>,
) -> Result<Vec<Uuid>, DbError> {
    let trace = TraceContext::current();
    let trace_id = trace.as_ref().map(TraceContext::trace_id);
    Ok(sqlx::query_scalar(
        "with wanted as (\
           select * from unnest($10::uuid[], $11::text[], $12::text[], $13::jsonb[], $14::smallint[], $15::smallint[], \
             $16::timestamptz[], $17::smallint[], $18::text[], $19::text[], $20::float8[], $21::text[], $22::text[], \
             $23::smallint[], $24::boolean[]) with ordinality \
             as w(id, type, queue, payload, payload_version, priority, run_at, max_attempts, unique_key, scope, seconds, \
             serial_key, limit_key, limit_max, parked, place)), \
         taken as (\
           insert into jobs.unique_key as held (tenant_id, type, key, job_id, scope, taken_at, until) \
           select $1, type, unique_key, id, scope, now(), coalesce(now() + make_interval(secs => seconds), 'infinity') \
           from wanted where unique_key is not null order by type, unique_key \
           on conflict (tenant_id, type, key) do update set job_id = excluded.job_id, scope = excluded.scope, \
             taken_at = excluded.taken_at, until = excluded.until \
           where held.until <= now() or held.scope = 'unfinished' and exists (\
             select 1 from jobs.job j where j.tenant_id = held.tenant_id and j.id = held.job_id \
               and j.state in ('succeeded', 'dead', 'cancelled')) \
           returning job_id) \
         insert into jobs.job (tenant_id, realm_key, tenant_key, org_key, actor_kind, actor_id, request_id, trace_id, \
           enqueued_at, traceparent, tracestate, id, type, queue, payload, payload_version, priority, run_at, \
           max_attempts, unique_key, serial_key, limit_key, limit_max, parked) \
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $25, $26, id, type, queue, payload, payload_version, priority, \
           coalesce(run_at, now()), max_attempts, unique_key, serial_key, limit_key, limit_max, parked \
         from wanted where unique_key is null or id in (select job_id from taken) order by place returning id",
    )
    .bind(cause.tenant.uuid())
    .bind(cause.realm_key)
    .bind(cause.tenant_key)
    .bind(cause.org_key)
    .bind(cause.actor.kind.as_str())
    .bind(&cause.actor.id)
    .bind(cause.request_id)
    .bind(cause.trace_id.or(trace_id.as_deref()))
    .bind(cause.enqueued_at)
    .bind(&jobs.ids)
    .bind(&jobs.names)
    .bind(&jobs.queues)
    .bind(&jobs.payloads)
    .bind(&jobs.versions)
    .bind(&jobs.priorities)
    .bind(&jobs.run_at)
    .bind(&jobs.max_attempts)
    .bind(&jobs.unique_keys)
    .bind(&jobs.unique_scopes)
    .bind(&jobs.unique_seconds)
    .bind(&jobs.serial_keys)
    .bind(&jobs.limit_keys)
    .bind(&jobs.limits)
    .bind(&jobs.parked)
    .bind(trace.as_ref().map(TraceContext::traceparent))
    .bind(trace.as_ref().and_then(TraceContext::tracestate))
    .fetch_all(conn)
    .await?)
}

/// Tells workers that a job of this queue can be claimed. It is delivered when the transaction commits; several in one
/// transaction arrive as one.
///
/// # Errors
/// When the database does not answer.
pub async fn announce(conn: &mut PgConnection, queue: &str) -> Result<(), DbError> {
    announce_all(conn, &[queue]).await
}

/// Tells workers of these queues, each once.
///
/// # Errors
/// When the database does not answer.
pub async fn announce_all(conn: &mut PgConnection, queues: &[&str]) -> Result<(), DbError> {
    sqlx::query("select pg_notify($1, queue) from unnest($2::text[]) as q(queue)")
        .bind(WAKE_CHANNEL)
        .bind(queues)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether this worker holds the job; locks its row until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn hold(conn: &mut PgConnection, job: &ClaimedJob) -> Result<bool, DbError> {
    let held: Option<i32> = sqlx::query_scalar(
        "select 1 from jobs.job where tenant_id = $1 and id = $2 and lease_token = $3 and state = 'running' \
         for no key update",
    )
    .bind(job.context.tenant_id().uuid())
    .bind(job.id.uuid())
    .bind(job.lease_token)
    .fetch_optional(conn)
    .await?;
    Ok(held.is_some())
}

/// Ends the job with success, and with it an operation that is still open; false when the lease was lost.
///
/// # Errors
/// When the database does not answer.
pub async fn succeed(conn: &mut PgConnection, job: &ClaimedJob, now: DateTime<Utc>) -> Result<bool, DbError> {
    let ended: Option<Uuid> = sqlx::query_scalar(
        "with ended as (\
           update jobs.job set state = 'succeeded', lease_token = null, leased_until = null, finished_at = $4 \
           where tenant_id = $1 and id = $2 and lease_token = $3 and state = 'running' returning tenant_id, id), \
         closed as (\
           update jobs.operation o set state = 'succeeded', finished_at = $4 from ended \
           where o.tenant_id = ended.tenant_id and o.job_id = ended.id and o.state in ('queued', 'running')) \
         select id from ended",
    )
    .bind(job.context.tenant_id().uuid())
    .bind(job.id.uuid())
    .bind(job.lease_token)
    .bind(now)
    .fetch_optional(conn)
    .await?;
    Ok(ended.is_some())
}

/// Ends the operation of a job without success.
///
/// # Errors
/// When the database does not answer.
pub async fn fail_operation(
    conn: &mut PgConnection,
    tenant: TenantId,
    job: JobId,
    errors: &[RowError],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query(
        "update jobs.operation set state = 'failed', errors = $3, finished_at = $4 \
         where tenant_id = $1 and job_id = $2 and state in ('queued', 'running')",
    )
    .bind(tenant.uuid())
    .bind(job.uuid())
    .bind(Json(errors))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
