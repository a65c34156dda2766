//! Brings the table of schedules in line with what the modules declare.

use std::collections::HashSet;

use athyper_kernel_db::{Database, DbError, SystemReason};
use athyper_kernel_jobs::{CronSchedule, ScheduleDef};
use athyper_kernel_types::{Clock, ScheduleId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ScheduleError, ScheduledTenant};

/// The wanted rows, column by column, as one statement takes them.
#[derive(Default)]
struct Columns {
    tenants: Vec<Uuid>,
    ids: Vec<Uuid>,
    names: Vec<&'static str>,
    job_types: Vec<&'static str>,
    queues: Vec<&'static str>,
    max_attempts: Vec<i16>,
    crons: Vec<&'static str>,
    zones: Vec<&'static str>,
    realm_keys: Vec<String>,
    tenant_keys: Vec<String>,
    next_at: Vec<DateTime<Utc>>,
}

/// Enters, changes and removes schedules, in one transaction.
pub(super) async fn enter(
    database: &Database,
    schedules: &[ScheduleDef],
    tenants: &[ScheduledTenant],
    release: &[i32],
) -> Result<(), ScheduleError> {
    let mut tx = database.system_tx(SystemReason::RunSchedules).await?;
    let now = database_now(tx.conn()).await?;
    let wanted = columns(schedules, tenants, now, tx.clock())?;
    write(tx.conn(), &wanted, release).await?;
    Ok(tx.commit().await?)
}

fn columns(
    schedules: &[ScheduleDef],
    tenants: &[ScheduledTenant],
    now: DateTime<Utc>,
    clock: &Clock,
) -> Result<Columns, ScheduleError> {
    let mut columns = Columns::default();
    let mut names = HashSet::new();
    for schedule in schedules {
        let name = schedule.name;
        if !names.insert(name) {
            return Err(ScheduleError::Duplicate(name));
        }
        let cron =
            CronSchedule::parse(schedule.cron).map_err(|source| ScheduleError::Cron { name, source })?;
        for tenant in tenants {
            columns.tenants.push(tenant.record.id.uuid());
            columns.ids.push(ScheduleId::new(clock).uuid());
            columns.names.push(name);
            columns.job_types.push(schedule.job);
            columns.queues.push(schedule.queue);
            columns.max_attempts.push(schedule.max_attempts);
            columns.crons.push(schedule.cron);
            columns.zones.push(tenant.zone.name());
            columns.realm_keys.push(tenant.record.realm_key.clone());
            columns.tenant_keys.push(tenant.record.tenant_key.clone());
            columns.next_at.push(cron.next_after(now, tenant.zone).ok_or(ScheduleError::Ended(name))?);
        }
    }
    Ok(columns)
}

/// The next time of a schedule is kept unless its expression or zone has changed: a process that starts must not skip
/// a time that is due at that moment. What a newer release declared is left alone: its processes run beside ours while a
/// deployment rolls on, and would not declare it again.
async fn write(conn: &mut PgConnection, wanted: &Columns, release: &[i32]) -> Result<(), DbError> {
    sqlx::query(
        "insert into jobs.schedule as present (tenant_id, id, name, job_type, queue, max_attempts, cron, zone, \
           realm_key, tenant_key, next_at, release) \
         select wanted.*, $12::integer[] from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[], \
           $8::text[], $9::text[], $10::text[], $11::timestamptz[]) \
           as wanted(tenant_id, id, name, job_type, queue, max_attempts, cron, zone, realm_key, tenant_key, next_at) \
         order by tenant_id, name \
         on conflict on constraint schedule_name do update set \
           job_type = excluded.job_type, queue = excluded.queue, max_attempts = excluded.max_attempts, \
           cron = excluded.cron, zone = excluded.zone, \
           realm_key = excluded.realm_key, tenant_key = excluded.tenant_key, \
           next_at = case when (present.cron, present.zone) = (excluded.cron, excluded.zone) \
             then present.next_at else excluded.next_at end, \
           release = excluded.release \
         where present.release <= excluded.release",
    )
    .bind(&wanted.tenants)
    .bind(&wanted.ids)
    .bind(&wanted.names)
    .bind(&wanted.job_types)
    .bind(&wanted.queues)
    .bind(&wanted.max_attempts)
    .bind(&wanted.crons)
    .bind(&wanted.zones)
    .bind(&wanted.realm_keys)
    .bind(&wanted.tenant_keys)
    .bind(&wanted.next_at)
    .bind(release)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "delete from jobs.schedule present where present.release <= $3 and not exists (\
           select 1 from unnest($1::uuid[], $2::text[]) as wanted(tenant_id, name) \
           where wanted.tenant_id = present.tenant_id and wanted.name = present.name)",
    )
    .bind(&wanted.tenants)
    .bind(&wanted.names)
    .bind(release)
    .execute(conn)
    .await?;
    Ok(())
}

async fn database_now(conn: &mut PgConnection) -> Result<DateTime<Utc>, DbError> {
    Ok(sqlx::query_scalar("select now()").fetch_one(conn).await?)
}
