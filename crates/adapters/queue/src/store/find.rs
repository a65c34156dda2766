//! Finds due jobs, tenant by tenant: what waits in one tenant costs a claim nothing in another.

use athyper_kernel_db::DbError;
use athyper_kernel_types::PLATFORM_TENANT;
use sqlx::PgConnection;
use uuid::Uuid;

/// Tenants that one look visits at most.
pub(crate) const VISITS: i64 = 64;

/// What a look asks for.
#[derive(Debug)]
pub(crate) struct Look<'a> {
    /// Names of the types that the worker can run.
    pub(crate) types: &'a [String],
    /// Side by side: types that are limited for each tenant, and how many of their jobs run at once.
    pub(crate) limited_types: (&'a [String], &'a [i64]),
    /// Side by side: queues that are limited for each tenant, and how many of their jobs run at once.
    pub(crate) queues: (&'a [String], &'a [i64]),
    /// How many jobs at most.
    pub(crate) limit: usize,
    /// The tenant after which the round goes on.
    pub(crate) after: Uuid,
}

/// A due job, locked until the transaction ends.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Candidate {
    pub(crate) tenant_id: Uuid,
    pub(crate) id: Uuid,
    #[sqlx(rename = "type")]
    pub(crate) name: String,
    pub(crate) queue: String,
    pub(crate) position: i64,
    pub(crate) gate: Option<String>,
    /// How many jobs its gate lets through; `None` when they are to go one by one and in order.
    pub(crate) limit_max: Option<i16>,
    /// Its tenant's place in this look.
    visit: i64,
}

/// What a look found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The jobs, in the order of the tenants' turns.
    pub(crate) jobs: Vec<Candidate>,
    /// The tenant after which the next look goes on.
    pub(crate) next: Uuid,
    /// Whether the look saw all tenants that have jobs.
    pub(crate) saw_all: bool,
    /// Whether it saw a lane with a due job, even one that another claim holds.
    pub(crate) saw_due: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    visited: i64,
    last: Option<Uuid>,
    is_due: bool,
    #[sqlx(flatten)]
    job: MaybeCandidate,
}

#[derive(sqlx::FromRow)]
struct MaybeCandidate {
    tenant_id: Option<Uuid>,
    id: Option<Uuid>,
    name: Option<String>,
    queue: Option<String>,
    position: Option<i64>,
    gate: Option<String>,
    limit_max: Option<i16>,
    visit: Option<i64>,
}

impl MaybeCandidate {
    fn job(self) -> Option<Candidate> {
        Some(Candidate {
            tenant_id: self.tenant_id?,
            id: self.id?,
            name: self.name?,
            queue: self.queue?,
            position: self.position?,
            gate: self.gate,
            limit_max: self.limit_max,
            visit: self.visit?,
        })
    }
}

/// Goes round the tenants from the one after `after`, steps from lane to lane of each by the index alone, and locks due
/// jobs: one for each tenant in turn, the most urgent first.
///
/// The index is stepped through by "the first entry after this one", so a look costs a few probes for each tenant and
/// lane, however many jobs wait in it.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn find(conn: &mut PgConnection, look: &Look<'_>) -> Result<Found, DbError> {
    let rows: Vec<Row> = sqlx::query_as(FIND)
        .bind(look.types)
        .bind(look.limited_types.0)
        .bind(look.limited_types.1)
        .bind(look.queues.0)
        .bind(look.queues.1)
        .bind(i64::try_from(look.limit).unwrap_or(i64::MAX))
        .bind(look.after)
        .bind(VISITS)
        .bind(PLATFORM_TENANT.uuid())
        .fetch_all(conn)
        .await?;
    let first = rows.first();
    let saw_all = first.is_none_or(|row| row.visited < VISITS);
    let saw_due = first.is_some_and(|row| row.is_due);
    let last = first.and_then(|row| row.last).unwrap_or(look.after);
    let jobs: Vec<Candidate> = rows.into_iter().filter_map(|row| row.job.job()).collect();
    // Who came after the last that got a turn is first the next time.
    let is_full = jobs.len() >= look.limit;
    let served = jobs.iter().max_by_key(|job| job.visit).filter(|_| is_full);
    let next = served.map_or(last, |job| job.tenant_id);
    Ok(Found { jobs, next, saw_all, saw_due })
}

const FIND: &str = "with recursive ring(visit, tenant_id, wrapped) as (\
    select 1::bigint, first.tenant_id, first.wrapped from (\
      (select j.tenant_id, false as wrapped from jobs.job j where j.state = 'available' and not j.parked \
         and j.tenant_id > $7 order by j.tenant_id limit 1) \
      union all \
      (select j.tenant_id, true from jobs.job j where j.state = 'available' and not j.parked \
         and j.tenant_id <= $7 order by j.tenant_id limit 1) \
      order by wrapped limit 1) first \
    union all \
    select ring.visit + 1, next.tenant_id, next.wrapped from ring cross join lateral (\
      (select j.tenant_id, ring.wrapped as wrapped from jobs.job j where j.state = 'available' and not j.parked \
         and j.tenant_id > ring.tenant_id and (not ring.wrapped or j.tenant_id <= $7) \
         order by j.tenant_id limit 1) \
      union all \
      (select j.tenant_id, true from jobs.job j where not ring.wrapped and j.state = 'available' and not j.parked \
         and j.tenant_id <= $7 order by j.tenant_id limit 1) \
      order by wrapped limit 1) next \
    where ring.visit < $8), \
  lane(visit, tenant_id, queue, type, priority) as (\
    select ring.visit, ring.tenant_id, first.queue, first.type, first.priority from ring cross join lateral (\
      select j.queue, j.type, j.priority from jobs.job j \
      where j.state = 'available' and not j.parked and j.tenant_id = ring.tenant_id \
      order by j.queue, j.type, j.priority limit 1) first \
    union all \
    select lane.visit, lane.tenant_id, next.queue, next.type, next.priority from lane cross join lateral (\
      select j.queue, j.type, j.priority from jobs.job j \
      where j.state = 'available' and not j.parked and j.tenant_id = lane.tenant_id \
        and (j.queue, j.type, j.priority) > (lane.queue, lane.type, lane.priority) \
      order by j.queue, j.type, j.priority limit 1) next), \
  due as (\
    select lane.* from lane \
    left join unnest($2::text[], $3::bigint[]) as known(type, at_once) on known.type = lane.type \
    left join unnest($4::text[], $5::bigint[]) as limited(queue, at_once) on limited.queue = lane.queue \
    where lane.type = any($1) and not exists (select 1 from jobs.queue_state paused where paused.queue = lane.queue \
        and paused.tenant_id in (lane.tenant_id, $9)) \
      and (known.at_once is null or known.at_once > (select count(*) from jobs.job r \
        where r.tenant_id = lane.tenant_id and r.type = lane.type and r.state = 'running')) \
      and (limited.at_once is null or limited.at_once > (select count(*) from jobs.job r \
        where r.tenant_id = lane.tenant_id and r.queue = lane.queue and r.state = 'running')) \
      and (select j.run_at from jobs.job j where j.state = 'available' and not j.parked \
        and j.tenant_id = lane.tenant_id and j.queue = lane.queue and j.type = lane.type \
        and j.priority = lane.priority order by j.run_at limit 1) <= now()), \
  waiting as (\
    select due.*, dense_rank() over (order by visit) as place, (select count(distinct visit) from due) as tenants from due), \
  locked as (\
    select w.visit, w.tenant_id, w.queue, w.type, w.priority, j.id, j.position, j.run_at, j.gate, j.limit_max \
    from waiting w cross join lateral (\
      select j.id, j.position, j.run_at, j.gate, j.limit_max from jobs.job j \
      where j.state = 'available' and not j.parked and j.tenant_id = w.tenant_id and j.queue = w.queue \
        and j.type = w.type and j.priority = w.priority and j.run_at <= now() \
      order by j.run_at, j.position limit ($6 + w.tenants - 1) / w.tenants \
      for no key update skip locked) j \
    where w.place <= $6), \
  chosen as (\
    select l.*, row_number() over (partition by visit order by priority, run_at, position) as turn from locked l \
    order by turn, visit limit $6) \
  select seen.visited, seen.last, exists (select 1 from due) as is_due, chosen.tenant_id, chosen.id, \
    chosen.type as name, chosen.queue, chosen.position, chosen.gate, chosen.limit_max, chosen.visit \
  from (select count(*) as visited, (select r.tenant_id from ring r order by r.visit desc limit 1) as last from ring) seen \
  left join chosen on true order by chosen.turn, chosen.visit";

#[cfg(test)]
mod tests {
    use athyper_kernel_db::{AUDIT_SCHEMA, PLATFORM_SCHEMA};
    use athyper_kernel_jobs::JOBS_SCHEMA;
    use athyper_test_kit::TestDatabase;
    use serde_json::Value;
    use sqlx::AssertSqlSafe;

    use super::*;

    const PILE: &str = "insert into jobs.job (tenant_id, id, type, queue, payload, payload_version, run_at, max_attempts, \
        realm_key, tenant_key, actor_kind, actor_id, request_id, enqueued_at, serial_key, parked) \
        select TENANT, gen_random_uuid(), 'test.work', 'default', '{}', 1, now() + DUE, 3, 'main', 'pile', 'user', 'ada', \
        'req', now(), KEY, PARKED from generate_series(1, COUNT)";

    /// Rows that the plan took from the table of jobs, by any way, and those that it threw away.
    fn touched(plan: &Value) -> f64 {
        let number = |name: &str| plan[name].as_f64().unwrap_or_default();
        let own = if plan["Relation Name"] == "job" {
            (number("Actual Rows")
                + number("Rows Removed by Filter")
                + number("Rows Removed by Index Recheck"))
                * number("Actual Loops")
        } else {
            0.0
        };
        own + plan["Plans"].as_array().into_iter().flatten().map(touched).sum::<f64>()
    }

    /// A claim looks at a few rows, whatever waits: due jobs, jobs for later, parked jobs, jobs of another type.
    #[tokio::test]
    async fn a_look_does_not_walk_through_what_waits() {
        let db = TestDatabase::new(&[PLATFORM_SCHEMA, AUDIT_SCHEMA, JOBS_SCHEMA]).await;
        let mut admin = db.superuser().await;
        for (tenant, due, key, parked, count) in [
            ("'00000000-0000-7000-8000-000000000001'", "'-1 hour'::interval", "null", "false", 40_000),
            ("'00000000-0000-7000-8000-000000000002'", "'1 hour'::interval", "null", "false", 40_000),
            ("'00000000-0000-7000-8000-000000000003'", "'-1 hour'::interval", "'k'", "true", 40_000),
            ("'00000000-0000-7000-8000-000000000004'", "'-1 hour'::interval", "null", "false", 1),
        ] {
            let insert = PILE
                .replace("TENANT", &format!("{tenant}::uuid"))
                .replace("DUE", due)
                .replace("KEY", key)
                .replace("PARKED", parked)
                .replace("COUNT", &count.to_string());
            sqlx::raw_sql(AssertSqlSafe(insert)).execute(&mut admin).await.unwrap();
        }
        // Before and after the database has looked at what is in the table.
        for prepare in ["select 1", "analyze jobs.job"] {
            sqlx::raw_sql(prepare).execute(&mut admin).await.unwrap();
            let explain = format!("explain (analyze, format json) {FIND}");
            let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain))
                .bind(["test.other", "test.work"].map(str::to_owned))
                .bind(Vec::<String>::new())
                .bind(Vec::<i64>::new())
                .bind(Vec::<String>::new())
                .bind(Vec::<i64>::new())
                .bind(8_i64)
                .bind(Uuid::nil())
                .bind(VISITS)
                .bind(PLATFORM_TENANT.uuid())
                .fetch_one(&mut admin)
                .await
                .unwrap();
            let rows = touched(&plan[0]["Plan"]);
            assert!(rows > 4.0 && rows < 100.0, "{prepare}: the look touched {rows} rows: {plan:#}");
        }
    }
}
