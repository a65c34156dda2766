//! Table `jobs.schedule`.

use std::time::Duration;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_types::{Id, ScheduleId, TenantId};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::{Calendar, Misfire, Overlap, Rhythm, ScheduleOrigin, SchedulePolicy};
use crate::CronSchedule;

/// All columns, as [`StoredSchedule`] takes them.
const COLUMNS: &str = "tenant_id, id, name, origin, job_type, queue, max_attempts, payload, cron, every_seconds, anchor_at, \
    zone, starts_at, ends_at, excluded_dates, misfire, catch_up_seconds, overlap, jitter_seconds, realm_key, tenant_key, \
    next_at, last_nominal_at, paused_at, paused_by, pause_note, created_at, created_by, version";

/// A schedule as the table has it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StoredSchedule {
    /// Whose it is.
    pub tenant_id: Uuid,
    /// Its id.
    pub id: Uuid,
    /// Its name, unique in the tenant.
    pub name: String,
    /// Where it comes from.
    #[sqlx(try_from = "String")]
    pub origin: ScheduleOrigin,
    /// Type of the jobs that it makes.
    pub job_type: String,
    /// Queue of those jobs.
    pub queue: String,
    /// Attempts of those jobs.
    pub max_attempts: i16,
    /// Payload of those jobs.
    pub payload: Value,
    /// Its cron expression, or none when it has an interval.
    pub cron: Option<String>,
    /// Its interval.
    pub every_seconds: Option<i64>,
    /// One of the instants of its interval (UTC).
    pub anchor_at: Option<DateTime<Utc>>,
    /// IANA name of its zone.
    pub zone: String,
    /// Its first instant (UTC).
    pub starts_at: Option<DateTime<Utc>>,
    /// Its last instant (UTC).
    pub ends_at: Option<DateTime<Utc>>,
    /// Days of its zone on which it does not fire.
    pub excluded_dates: Vec<NaiveDate>,
    /// What becomes of missed times.
    #[sqlx(try_from = "String")]
    pub misfire: Misfire,
    /// Its catch-up window.
    pub catch_up_seconds: i64,
    /// What becomes of a time that meets a job that has not ended.
    #[sqlx(try_from = "String")]
    pub overlap: Overlap,
    /// Longest delay of a job after its nominal time.
    pub jitter_seconds: i64,
    /// Key of the tenant's realm, for its jobs.
    pub realm_key: String,
    /// Key of the tenant, for its jobs.
    pub tenant_key: String,
    /// The first time to come (UTC); none when it is paused or at its end.
    pub next_at: Option<DateTime<Utc>>,
    /// The latest time that was fired (UTC).
    pub last_nominal_at: Option<DateTime<Utc>>,
    /// Since when it is paused (UTC).
    pub paused_at: Option<DateTime<Utc>>,
    /// Who paused it.
    pub paused_by: Option<String>,
    /// Why.
    pub pause_note: Option<String>,
    /// When it was made (UTC).
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// Its version; it counts what people change.
    pub version: i64,
}

impl StoredSchedule {
    /// Its id.
    pub fn schedule_id(&self) -> ScheduleId {
        Id::from_uuid(self.id)
    }

    /// Id of its tenant.
    pub fn tenant(&self) -> TenantId {
        Id::from_uuid(self.tenant_id)
    }

    /// When it fires.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] when the row holds what this version cannot read.
    pub fn calendar(&self) -> Result<Calendar, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of schedule {}", self.id));
        let rhythm = match (&self.cron, self.every_seconds, self.anchor_at) {
            (Some(cron), None, None) => {
                Rhythm::Cron(CronSchedule::parse(cron).map_err(|error| corrupt(&error.to_string()))?)
            }
            (None, Some(seconds), Some(anchor)) if seconds > 0 => {
                let every = TimeDelta::try_seconds(seconds).ok_or_else(|| corrupt("interval"))?;
                Rhythm::Every { every, anchor }
            }
            _ => return Err(corrupt("rhythm")),
        };
        Ok(Calendar {
            rhythm,
            zone: self.zone.parse().map_err(|_| corrupt("zone"))?,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            excluded: self.excluded_dates.iter().copied().collect(),
        })
    }

    /// What it does with missed and overlapping times.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] when the row holds what this version cannot read.
    pub fn policy(&self) -> Result<SchedulePolicy, DbError> {
        let length = |seconds: i64| {
            TimeDelta::try_seconds(seconds)
                .filter(|length| *length >= TimeDelta::zero() && *length <= TimeDelta::days(3_660))
                .ok_or_else(|| DbError::Corrupt(format!("{seconds} seconds of schedule {}", self.id)))
        };
        Ok(SchedulePolicy {
            misfire: self.misfire,
            catch_up: length(self.catch_up_seconds)?,
            overlap: self.overlap,
            jitter: length(self.jitter_seconds)?,
        })
    }
}

/// The tenant's schedules by name, `limit` of them and after the name `after` where that is given.
///
/// # Errors
/// When the database does not answer.
pub async fn list_schedules(
    tx: &mut impl TenantConnection,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<StoredSchedule>, DbError> {
    let sql = format!(
        "select {COLUMNS} from jobs.schedule where tenant_id = $1 and ($2::text is null or name > $2) \
         order by name limit $3"
    );
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(tenant).bind(after).bind(limit).fetch_all(tx.conn()).await?)
}

/// The schedule with this id, if the tenant has it.
///
/// # Errors
/// When the database does not answer.
pub async fn find_schedule(
    tx: &mut impl TenantConnection,
    id: ScheduleId,
) -> Result<Option<StoredSchedule>, DbError> {
    let sql = format!("select {COLUMNS} from jobs.schedule where tenant_id = $1 and id = $2");
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(tenant).bind(id.uuid()).fetch_optional(tx.conn()).await?)
}

/// As [`find_schedule`], and keeps everybody else from firing or changing it until the transaction ends.
pub(super) async fn lock(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ScheduleId,
) -> Result<Option<StoredSchedule>, DbError> {
    let sql = format!("select {COLUMNS} from jobs.schedule where tenant_id = $1 and id = $2 for update");
    let query = sqlx::query_as(AssertSqlSafe(sql)).bind(tenant.uuid()).bind(id.uuid());
    Ok(query.fetch_optional(conn).await?)
}

/// Takes schedules of all tenants that are due at `now`, those first that have waited longest, and keeps other
/// schedulers from them until the transaction ends. What another has taken is passed over.
///
/// # Errors
/// When the database does not answer.
pub async fn claim_due(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<StoredSchedule>, DbError> {
    let sql = format!(
        "select {COLUMNS} from jobs.schedule where next_at <= $1 order by next_at limit $2 for update skip locked"
    );
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(now).bind(limit).fetch_all(conn).await?)
}

/// How long it is from `now` until a schedule is due; `None` when none will ever be.
///
/// # Errors
/// When the database does not answer.
pub async fn wait_for_next(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Option<Duration>, DbError> {
    let next: Option<DateTime<Utc>> =
        sqlx::query_scalar("select min(next_at) from jobs.schedule").fetch_one(conn).await?;
    Ok(next.map(|next| (next - now).to_std().unwrap_or_default()))
}

/// Stores the latest time that was fired, where one was, and the next one. Without a next time the schedule is at its
/// end.
///
/// # Errors
/// When the database does not answer.
pub async fn store_times(
    conn: &mut PgConnection,
    schedule: &StoredSchedule,
    fired: Option<DateTime<Utc>>,
    next_at: Option<DateTime<Utc>>,
) -> Result<(), DbError> {
    sqlx::query(
        "update jobs.schedule set last_nominal_at = greatest(last_nominal_at, $3), next_at = $4 \
         where tenant_id = $1 and id = $2",
    )
    .bind(schedule.tenant_id)
    .bind(schedule.id)
    .bind(fired)
    .bind(next_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters a new schedule.
pub(super) async fn insert(conn: &mut PgConnection, new: &StoredSchedule) -> Result<(), DbError> {
    // The release is one that every process finds too new to change or remove, for what a tenant made is declared nowhere.
    sqlx::query(
        "insert into jobs.schedule (tenant_id, id, name, origin, job_type, queue, max_attempts, payload, cron, \
           every_seconds, anchor_at, zone, starts_at, ends_at, excluded_dates, misfire, catch_up_seconds, overlap, \
           jitter_seconds, realm_key, tenant_key, next_at, created_at, created_by, version, release) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, \
           $24, $25, '{2147483647,0,0}')",
    )
    .bind(new.tenant_id)
    .bind(new.id)
    .bind(&new.name)
    .bind(new.origin.as_str())
    .bind(&new.job_type)
    .bind(&new.queue)
    .bind(new.max_attempts)
    .bind(&new.payload)
    .bind(&new.cron)
    .bind(new.every_seconds)
    .bind(new.anchor_at)
    .bind(&new.zone)
    .bind(new.starts_at)
    .bind(new.ends_at)
    .bind(&new.excluded_dates)
    .bind(new.misfire.as_str())
    .bind(new.catch_up_seconds)
    .bind(new.overlap.as_str())
    .bind(new.jitter_seconds)
    .bind(&new.realm_key)
    .bind(&new.tenant_key)
    .bind(new.next_at)
    .bind(new.created_at)
    .bind(&new.created_by)
    .bind(new.version)
    .execute(conn)
    .await?;
    Ok(())
}

/// Stores all that a person can change of a schedule.
pub(super) async fn update(conn: &mut PgConnection, changed: &StoredSchedule) -> Result<(), DbError> {
    sqlx::query(
        "update jobs.schedule set name = $3, job_type = $4, queue = $5, max_attempts = $6, payload = $7, cron = $8, \
           every_seconds = $9, anchor_at = $10, zone = $11, starts_at = $12, ends_at = $13, excluded_dates = $14, \
           misfire = $15, catch_up_seconds = $16, overlap = $17, jitter_seconds = $18, next_at = $19, paused_at = $20, \
           paused_by = $21, pause_note = $22, version = $23 \
         where tenant_id = $1 and id = $2",
    )
    .bind(changed.tenant_id)
    .bind(changed.id)
    .bind(&changed.name)
    .bind(&changed.job_type)
    .bind(&changed.queue)
    .bind(changed.max_attempts)
    .bind(&changed.payload)
    .bind(&changed.cron)
    .bind(changed.every_seconds)
    .bind(changed.anchor_at)
    .bind(&changed.zone)
    .bind(changed.starts_at)
    .bind(changed.ends_at)
    .bind(&changed.excluded_dates)
    .bind(changed.misfire.as_str())
    .bind(changed.catch_up_seconds)
    .bind(changed.overlap.as_str())
    .bind(changed.jitter_seconds)
    .bind(changed.next_at)
    .bind(changed.paused_at)
    .bind(&changed.paused_by)
    .bind(&changed.pause_note)
    .bind(changed.version)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a schedule. Its history goes with its age.
pub(super) async fn delete(conn: &mut PgConnection, tenant: TenantId, id: ScheduleId) -> Result<(), DbError> {
    sqlx::query("delete from jobs.schedule where tenant_id = $1 and id = $2")
        .bind(tenant.uuid())
        .bind(id.uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// How many schedules the tenant has made itself.
pub(super) async fn count_own(conn: &mut PgConnection, tenant: TenantId) -> Result<i64, DbError> {
    let sql = "select count(*) from jobs.schedule where tenant_id = $1 and origin = 'tenant'";
    Ok(sqlx::query_scalar(sql).bind(tenant.uuid()).fetch_one(conn).await?)
}

/// The time of the transaction by the database's clock, which alone decides when a schedule is due.
pub(super) async fn database_now(conn: &mut PgConnection) -> Result<DateTime<Utc>, DbError> {
    Ok(sqlx::query_scalar("select now()").fetch_one(conn).await?)
}
