//! Table `recurring.occurrence`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::allocation::Allocation;
use crate::model::entry::EntryId;
use crate::model::occurrence::{Occurrence, OccurrenceId, OccurrenceState, Step};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entry_id: Uuid,
    entity: String,
    number: i32,
    step: String,
    due_on: NaiveDate,
    state: String,
    attempts: i32,
    problem: Option<String>,
    problem_code: Option<String>,
    reason: Option<String>,
    allocation: Option<Json<Allocation>>,
    journal_id: Option<Uuid>,
    journal_number: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for Occurrence {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of occurrence {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            entry: Id::from_uuid(row.entry_id),
            number: u32::try_from(row.number).map_err(|_| corrupt("number"))?,
            step: Step::parse(&row.step).ok_or_else(|| corrupt("step"))?,
            state: OccurrenceState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            entity: row.entity,
            due_on: row.due_on,
            attempts: row.attempts,
            problem: row.problem,
            problem_code: row.problem_code,
            reason: row.reason,
            allocation: row.allocation.map(|it| it.0),
            journal: row.journal_id,
            journal_number: row.journal_number,
            version: row.version,
            created_at: row.created_at,
            created_by: row.created_by,
        })
    }
}

/// Writes down that an occurrence is to be made, unless it is there. Says whether it was written.
pub(crate) async fn insert(tx: &mut TenantTx, occurrence: &Occurrence) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let inserted = sqlx::query(
        "insert into recurring.occurrence (tenant_id, id, entry_id, entity, number, step, due_on, state, attempts, version, \
         created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, 'planned', 0, 1, $8, $9) \
         on conflict (tenant_id, entry_id, number, step) do nothing",
    )
    .bind(tenant)
    .bind(occurrence.id.uuid())
    .bind(occurrence.entry.uuid())
    .bind(&occurrence.entity)
    .bind(i32::try_from(occurrence.number).unwrap_or(i32::MAX))
    .bind(occurrence.step.as_str())
    .bind(occurrence.due_on)
    .bind(occurrence.created_at)
    .bind(&occurrence.created_by)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// Stores what of an occurrence changes, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, occurrence: &Occurrence) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update recurring.occurrence set state = $3, attempts = $4, tried_at = $5, problem = $6, problem_code = $7, reason = $8, \
         journal_id = $9, journal_number = $10, allocation = $11, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(occurrence.id.uuid())
    .bind(occurrence.state.as_str())
    .bind(occurrence.attempts)
    .bind(now)
    .bind(&occurrence.problem)
    .bind(&occurrence.problem_code)
    .bind(&occurrence.reason)
    .bind(occurrence.journal)
    .bind(&occurrence.journal_number)
    .bind(occurrence.allocation.as_ref().map(Json))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The occurrence with this id.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: OccurrenceId,
) -> Result<Option<Occurrence>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entry_id, entity, number, step, due_on, state, attempts, problem, problem_code, reason, allocation, journal_id, \
         journal_number, version, created_at, created_by from recurring.occurrence where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Occurrence::try_from).transpose()
}

/// The occurrence with this id, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: OccurrenceId) -> Result<Option<Occurrence>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from recurring.occurrence where tenant_id = $1 and id = $2 for no key update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

/// The occurrence of an entry with this number and step.
pub(crate) async fn of_number(
    tx: &mut (impl TenantConnection + ?Sized),
    (entry, number, step): (EntryId, u32, Step),
) -> Result<Option<OccurrenceId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let id: Option<Uuid> = sqlx::query_scalar(
        "select id from recurring.occurrence where tenant_id = $1 and entry_id = $2 and number = $3 and step = $4",
    )
    .bind(tenant)
    .bind(entry.uuid())
    .bind(i32::try_from(number).unwrap_or(i32::MAX))
    .bind(step.as_str())
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.map(Id::from_uuid))
}

/// Occurrences up to a day that are still to be made and were not tried at or after an instant, the earliest first, at most as many.
/// Those that post entries which are paused wait. Of one day allocation keys come last, in their order; those that somebody has to run
/// are left out unless somebody does, and so are those that are passed over.
pub(crate) async fn to_make(
    tx: &mut (impl TenantConnection + ?Sized),
    (up_to, not_tried_since): (NaiveDate, DateTime<Utc>),
    (by_somebody, passed_over): (bool, &[OccurrenceId]),
    limit: i64,
) -> Result<Vec<OccurrenceId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select occurrence.id from recurring.occurrence occurrence \
         join recurring.entry entry on entry.tenant_id = $1 and entry.id = occurrence.entry_id \
         where occurrence.tenant_id = $1 and occurrence.state in ('planned', 'failed') and occurrence.due_on <= $2 \
         and (occurrence.tried_at is null or occurrence.tried_at < $3) \
         and (occurrence.step = 'reverse' or entry.state <> 'paused') and ($5 or entry.is_automatic is not false) \
         and occurrence.id <> all($6) \
         order by occurrence.due_on, coalesce(entry.sequence, 0), occurrence.number, occurrence.id limit $4",
    )
    .bind(tenant)
    .bind(up_to)
    .bind(not_tried_since)
    .bind(limit)
    .bind(by_somebody)
    .bind(passed_over.iter().map(|id| id.uuid()).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(Id::from_uuid).collect())
}

/// The last day of each legal entity on which occurrences of allocation keys are still to be made, up to a day, by code.
pub(crate) async fn keys_due(
    tx: &mut (impl TenantConnection + ?Sized),
    up_to: NaiveDate,
) -> Result<Vec<(String, NaiveDate)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select occurrence.entity, max(occurrence.due_on) from recurring.occurrence occurrence \
         join recurring.entry entry on entry.tenant_id = $1 and entry.id = occurrence.entry_id \
         where occurrence.tenant_id = $1 and occurrence.state in ('planned', 'failed') and occurrence.due_on <= $2 \
         and entry.sequence is not null and entry.state <> 'paused' group by occurrence.entity order by occurrence.entity",
    )
    .bind(tenant)
    .bind(up_to)
    .fetch_all(tx.conn())
    .await?)
}

/// The first allocation key of a legal entity with a lower place that is due up to a day and not made, and its day.
pub(crate) async fn waited_for(
    tx: &mut (impl TenantConnection + ?Sized),
    (entity, up_to, sequence): (&str, NaiveDate, u16),
) -> Result<Option<(String, NaiveDate)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select entry.name, occurrence.due_on from recurring.occurrence occurrence \
         join recurring.entry entry on entry.tenant_id = $1 and entry.id = occurrence.entry_id \
         where occurrence.tenant_id = $1 and occurrence.entity = $2 and occurrence.due_on <= $3 \
         and occurrence.state in ('planned', 'failed') and entry.sequence < $4 \
         union all \
         select name, next_on from recurring.entry where tenant_id = $1 and entity = $2 and state = 'active' \
         and next_on <= $3 and sequence < $4 order by 2, 1 limit 1",
    )
    .bind(tenant)
    .bind(entity)
    .bind(up_to)
    .bind(i32::from(sequence))
    .fetch_optional(tx.conn())
    .await?)
}

/// Name of an allocation key of a legal entity with a higher place that was made for this day.
pub(crate) async fn made_after(
    tx: &mut (impl TenantConnection + ?Sized),
    (entity, due_on, sequence): (&str, NaiveDate, u16),
) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select entry.name from recurring.occurrence occurrence \
         join recurring.entry entry on entry.tenant_id = $1 and entry.id = occurrence.entry_id \
         where occurrence.tenant_id = $1 and occurrence.entity = $2 and occurrence.due_on = $3 \
         and occurrence.state = 'made' and entry.sequence > $4 order by entry.sequence desc, entry.name limit 1",
    )
    .bind(tenant)
    .bind(entity)
    .bind(due_on)
    .bind(i32::from(sequence))
    .fetch_optional(tx.conn())
    .await?)
}

/// The first day on which an entry has an occurrence that is still to be made.
pub(crate) async fn first_open(
    tx: &mut (impl TenantConnection + ?Sized),
    entry: EntryId,
) -> Result<Option<NaiveDate>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select min(due_on) from recurring.occurrence where tenant_id = $1 and entry_id = $2 and state in ('planned', 'failed')",
    )
    .bind(tenant)
    .bind(entry.uuid())
    .fetch_one(tx.conn())
    .await?)
}

/// What a close looks at: an occurrence that is not made.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct NotMade {
    /// Name of the entry.
    pub(crate) name: String,
    /// Its day.
    pub(crate) due_on: NaiveDate,
    /// Why not, where it was tried.
    pub(crate) problem: Option<String>,
}

/// What of a legal entity's entries is due up to a day and not made, at most as many: occurrences that are planned or failed, and
/// active entries whose next occurrence is not written down yet.
pub(crate) async fn not_made(
    tx: &mut (impl TenantConnection + ?Sized),
    (entity, up_to): (&str, NaiveDate),
    limit: i64,
) -> Result<Vec<NotMade>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select entry.name, occurrence.due_on, occurrence.problem from recurring.occurrence occurrence \
         join recurring.entry entry on entry.tenant_id = $1 and entry.id = occurrence.entry_id \
         where occurrence.tenant_id = $1 and occurrence.entity = $2 and occurrence.due_on <= $3 \
         and occurrence.state in ('planned', 'failed') \
         union all \
         select name, next_on, null from recurring.entry where tenant_id = $1 and entity = $2 and state = 'active' \
         and next_on <= $3 order by 2, 1 limit $4",
    )
    .bind(tenant)
    .bind(entity)
    .bind(up_to)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}
