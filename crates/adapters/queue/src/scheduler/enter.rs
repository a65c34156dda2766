//! Brings the table of schedules in line with what the modules declare.

use std::collections::HashSet;

use athyper_kernel_db::{Database, DbError, SystemReason};
use athyper_kernel_jobs::CronSchedule;
use athyper_kernel_jobs::schedule::{Calendar, Rhythm, RhythmDef, ScheduleDef, ScheduleScope};
use athyper_kernel_types::{Clock, PLATFORM_TENANT, ScheduleId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ScheduleClock, ScheduleError, ScheduledTenant, TenantPage};

/// Key of realm and tenant of the platform's own work.
const PLATFORM_KEY: &str = "platform";

/// For whom a row is entered.
struct Owner<'a> {
    id: TenantId,
    realm_key: &'a str,
    tenant_key: &'a str,
    zone: Tz,
}

impl<'a> Owner<'a> {
    fn of(tenant: &'a ScheduledTenant) -> Self {
        let ScheduledTenant { id, realm_key, tenant_key, zone } = tenant;
        Self { id: *id, realm_key, tenant_key, zone: *zone }
    }
}

/// Enters, changes and removes the schedules of the platform itself, and checks those of all tenants.
pub(super) async fn enter_platform(
    database: &Database,
    schedules: &[ScheduleDef],
    release: &[i32],
    clock: &ScheduleClock,
) -> Result<(), ScheduleError> {
    check(schedules)?;
    let owner =
        Owner { id: PLATFORM_TENANT, realm_key: PLATFORM_KEY, tenant_key: PLATFORM_KEY, zone: Tz::UTC };
    let mut tx = database.system_tx(SystemReason::RunSchedules).await?;
    let now = clock.now(tx.conn()).await?;
    let wanted = rows(schedules, ScheduleScope::Platform, &[owner], now, tx.clock())?;
    write(tx.conn(), &wanted, release).await?;
    remove(tx.conn(), &wanted, (PLATFORM_TENANT, PLATFORM_TENANT), release).await?;
    Ok(tx.commit().await?)
}

/// Enters, changes and removes the schedules of the tenants that this page speaks of, in one transaction.
pub(super) async fn enter_page(
    database: &Database,
    schedules: &[ScheduleDef],
    (after, page): (TenantId, &TenantPage),
    release: &[i32],
    clock: &ScheduleClock,
) -> Result<(), ScheduleError> {
    let owners: Vec<Owner<'_>> = page.tenants.iter().map(Owner::of).collect();
    let mut tx = database.system_tx(SystemReason::RunSchedules).await?;
    let now = clock.now(tx.conn()).await?;
    let wanted = rows(schedules, ScheduleScope::EachTenant, &owners, now, tx.clock())?;
    write(tx.conn(), &wanted, release).await?;
    let last = page.last.unwrap_or(TenantId::from_uuid(Uuid::max()));
    // The range begins behind the last page, whose tenant is therefore not looked at again.
    let first = TenantId::from_uuid(Uuid::from_u128(after.uuid().as_u128().saturating_add(1)));
    remove(tx.conn(), &wanted, (first, last), release).await?;
    Ok(tx.commit().await?)
}

/// What is wrong with a declaration is said before anything is entered.
fn check(schedules: &[ScheduleDef]) -> Result<(), ScheduleError> {
    let mut names = HashSet::new();
    for schedule in schedules {
        let name = schedule.name;
        if !names.insert(name) {
            return Err(ScheduleError::Duplicate(name));
        }
        if !name.contains('.') {
            return Err(ScheduleError::Name(name));
        }
        rhythm(schedule)?;
    }
    Ok(())
}

/// The wanted rows, as an array of objects.
fn rows(
    schedules: &[ScheduleDef],
    scope: ScheduleScope,
    owners: &[Owner<'_>],
    now: DateTime<Utc>,
    clock: &Clock,
) -> Result<Value, ScheduleError> {
    let mut rows = Vec::new();
    for schedule in schedules.iter().filter(|schedule| schedule.scope == scope) {
        let rhythm = rhythm(schedule)?;
        for owner in owners {
            rows.push(row(schedule, &rhythm, owner, now, clock)?);
        }
    }
    Ok(Value::Array(rows))
}

fn rhythm(schedule: &ScheduleDef) -> Result<Rhythm, ScheduleError> {
    let name = schedule.name;
    match schedule.rhythm {
        RhythmDef::Cron(expression) => CronSchedule::parse(expression)
            .map(Rhythm::Cron)
            .map_err(|source| ScheduleError::Cron { name, source }),
        RhythmDef::EverySeconds(0) => Err(ScheduleError::NoInterval(name)),
        RhythmDef::EverySeconds(seconds) => {
            Ok(Rhythm::Every { every: TimeDelta::seconds(seconds.into()), anchor: DateTime::UNIX_EPOCH })
        }
    }
}

fn row(
    schedule: &ScheduleDef,
    rhythm: &Rhythm,
    owner: &Owner<'_>,
    now: DateTime<Utc>,
    clock: &Clock,
) -> Result<Value, ScheduleError> {
    let name = schedule.name;
    let (cron, every_seconds) = match schedule.rhythm {
        RhythmDef::Cron(expression) => (Some(expression), None),
        RhythmDef::EverySeconds(seconds) => (None, Some(seconds)),
    };
    let calendar = Calendar {
        rhythm: rhythm.clone(),
        zone: owner.zone,
        starts_at: None,
        ends_at: None,
        excluded: std::collections::BTreeSet::new(),
    };
    let next_at = calendar.next_after(now).ok_or(ScheduleError::Ended(name))?;
    let policy = schedule.policy;
    Ok(json!({
        "tenant_id": owner.id,
        "id": ScheduleId::new(clock),
        "name": name,
        "job_type": schedule.job,
        "queue": schedule.queue,
        "max_attempts": schedule.max_attempts,
        "payload": ScheduleDef::payload(),
        "cron": cron,
        "every_seconds": every_seconds,
        "anchor_at": every_seconds.map(|_| DateTime::UNIX_EPOCH),
        "zone": owner.zone.name(),
        "misfire": policy.misfire.as_str(),
        "catch_up_seconds": policy.catch_up.num_seconds(),
        "overlap": policy.overlap.as_str(),
        "jitter_seconds": policy.jitter.num_seconds(),
        "realm_key": owner.realm_key,
        "tenant_key": owner.tenant_key,
        "next_at": next_at,
        "created_at": now,
    }))
}

/// The next time of a schedule is kept unless its rhythm or zone has changed: a process that starts must not skip a time
/// that is due at that moment. A pause is kept in any case. What a newer release declared is left alone: its processes run
/// beside ours while a deployment rolls on, and would not declare it again. What a tenant made is declared nowhere and
/// left alone too.
async fn write(conn: &mut PgConnection, wanted: &Value, release: &[i32]) -> Result<(), DbError> {
    sqlx::query(
        "insert into jobs.schedule as present (tenant_id, id, name, job_type, queue, max_attempts, payload, cron, \
           every_seconds, anchor_at, zone, misfire, catch_up_seconds, overlap, jitter_seconds, realm_key, tenant_key, \
           next_at, created_at, release) \
         select tenant_id, id, name, job_type, queue, max_attempts, payload, cron, every_seconds, anchor_at, zone, misfire, \
           catch_up_seconds, overlap, jitter_seconds, realm_key, tenant_key, next_at, created_at, $2::integer[] \
         from jsonb_to_recordset($1) as wanted(tenant_id uuid, id uuid, name text, job_type text, queue text, \
           max_attempts smallint, payload jsonb, cron text, every_seconds bigint, anchor_at timestamptz, zone text, \
           misfire text, catch_up_seconds bigint, overlap text, jitter_seconds bigint, realm_key text, tenant_key text, \
           next_at timestamptz, created_at timestamptz) \
         order by tenant_id, name \
         on conflict on constraint schedule_name do update set \
           job_type = excluded.job_type, queue = excluded.queue, max_attempts = excluded.max_attempts, \
           payload = excluded.payload, cron = excluded.cron, every_seconds = excluded.every_seconds, \
           anchor_at = excluded.anchor_at, zone = excluded.zone, misfire = excluded.misfire, \
           catch_up_seconds = excluded.catch_up_seconds, overlap = excluded.overlap, \
           jitter_seconds = excluded.jitter_seconds, \
           realm_key = excluded.realm_key, tenant_key = excluded.tenant_key, \
           next_at = case \
             when present.paused_at is not null then null \
             when (present.cron, present.every_seconds, present.anchor_at, present.zone) \
               is not distinct from (excluded.cron, excluded.every_seconds, excluded.anchor_at, excluded.zone) \
             then present.next_at else excluded.next_at end, \
           release = excluded.release \
         where present.release <= excluded.release and present.origin = 'code'",
    )
    .bind(wanted)
    .bind(release)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes what is not wanted of the tenants from the first to the last of these.
async fn remove(
    conn: &mut PgConnection,
    wanted: &Value,
    (first, last): (TenantId, TenantId),
    release: &[i32],
) -> Result<(), DbError> {
    sqlx::query(
        "delete from jobs.schedule present where present.release <= $2 and present.origin = 'code' \
         and present.tenant_id between $3 and $4 \
         and not exists (\
           select 1 from jsonb_to_recordset($1) as wanted(tenant_id uuid, name text) \
           where wanted.tenant_id = present.tenant_id and wanted.name = present.name)",
    )
    .bind(wanted)
    .bind(release)
    .bind(first.uuid())
    .bind(last.uuid())
    .execute(conn)
    .await?;
    Ok(())
}
