//! Table `finance.period`.

use std::collections::BTreeSet;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::NaiveDate;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use crate::model::journal::Journal;
use crate::model::legal_entity::EntityId;
use crate::model::period::{Area, Period, PeriodId, PeriodState};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entity_id: Uuid,
    entity_code: String,
    name: String,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
    state: String,
    locked: Json<BTreeSet<Area>>,
    signed_off: bool,
    version: i64,
}

impl TryFrom<Row> for Period {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let state = PeriodState::parse(&row.state)
            .ok_or_else(|| DbError::Corrupt(format!("state of period {}", row.id)))?;
        Ok(Self {
            id: Id::from_uuid(row.id),
            entity: Id::from_uuid(row.entity_id),
            entity_code: row.entity_code,
            locked: row.locked.0,
            signed_off: row.signed_off,
            name: row.name,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            state,
            version: row.version,
        })
    }
}

/// What is read of a period.
const COLUMNS: &str = "id, entity_id, (select code from finance.legal_entity entity where entity.tenant_id = period.tenant_id \
     and entity.id = period.entity_id) as entity_code, name, starts_on, ends_on, state, locked, signed_off, version";

/// What is read of a `period` beside other things.
pub(super) const BESIDE: &str = "period.id as period_id, period.name as period_name, period.starts_on, period.ends_on, \
     period.state as period_state, period.locked, period.signed_off, period.version as period_version";

/// The period of a journal, of a row that has [`BESIDE`].
pub(super) fn beside(row: &PgRow, journal: &Journal) -> Result<Period, DbError> {
    Row {
        id: row.try_get("period_id")?,
        entity_id: journal.entity.uuid(),
        entity_code: journal.entity_code.clone(),
        name: row.try_get("period_name")?,
        starts_on: row.try_get("starts_on")?,
        ends_on: row.try_get("ends_on")?,
        state: row.try_get("period_state")?,
        locked: row.try_get("locked")?,
        signed_off: row.try_get("signed_off")?,
        version: row.try_get("period_version")?,
    }
    .try_into()
}

/// Waits until nobody posts into any period of the tenant, and keeps others waiting until the transaction ends. Periods are taken
/// in the order in which postings take them.
pub(crate) async fn lock_all(tx: &mut TenantTx) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select from finance.period where tenant_id = $1 order by starts_on, entity_id for update")
        .bind(tenant)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Waits until nobody else adds periods to this tenant's calendar, and keeps others waiting until the transaction ends.
pub(crate) async fn lock_calendar(tx: &mut TenantTx) -> Result<(), DbError> {
    let key = format!("finance.calendar {}", tx.tenant_id());
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))").bind(key).execute(tx.conn()).await?;
    Ok(())
}

/// Enters a new period.
pub(crate) async fn insert(tx: &mut TenantTx, period: &Period) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into finance.period (tenant_id, id, entity_id, name, starts_on, ends_on, state, version, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tenant)
    .bind(period.id.uuid())
    .bind(period.entity.uuid())
    .bind(&period.name)
    .bind(period.starts_on)
    .bind(period.ends_on)
    .bind(period.state.as_str())
    .bind(period.version)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores the state of a period and gives it its next version.
pub(crate) async fn set_state(tx: &mut TenantTx, id: PeriodId, state: PeriodState) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let query = sqlx::query(
        "update finance.period set state = $3, version = version + 1 where tenant_id = $1 and id = $2",
    );
    query.bind(tenant).bind(id.uuid()).bind(state.as_str()).execute(tx.conn()).await?;
    Ok(())
}

/// Stores which areas of a period are locked, and gives it its next version.
pub(crate) async fn set_locked(
    tx: &mut TenantTx,
    id: PeriodId,
    locked: &BTreeSet<Area>,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let query = sqlx::query(
        "update finance.period set locked = $3, version = version + 1 where tenant_id = $1 and id = $2",
    );
    query.bind(tenant).bind(id.uuid()).bind(Json(locked)).execute(tx.conn()).await?;
    Ok(())
}

/// The period with this id.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: PeriodId,
) -> Result<Option<Period>, DbError> {
    with_id(tx, id, "").await
}

/// The period with this id, locked until the transaction ends: waits for postings into it, and keeps others waiting.
pub(crate) async fn lock(tx: &mut TenantTx, id: PeriodId) -> Result<Option<Period>, DbError> {
    with_id(tx, id, "for update").await
}

async fn with_id(
    tx: &mut (impl TenantConnection + ?Sized),
    id: PeriodId,
    lock: &str,
) -> Result<Option<Period>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!("select {COLUMNS} from finance.period where tenant_id = $1 and id = $2 {lock}");
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(tenant).bind(id.uuid());
    let row: Option<Row> = query.fetch_optional(tx.conn()).await?;
    row.map(Period::try_from).transpose()
}

/// The period that covers the date, held against [`lock`] until the transaction ends.
pub(crate) async fn hold_covering(
    tx: &mut TenantTx,
    entity: EntityId,
    date: NaiveDate,
) -> Result<Option<Period>, DbError> {
    on_day(tx, entity, date, "for share").await
}

/// The period that covers the date.
pub(crate) async fn covering(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: EntityId,
    date: NaiveDate,
) -> Result<Option<Period>, DbError> {
    on_day(tx, entity, date, "").await
}

async fn on_day(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: EntityId,
    date: NaiveDate,
    lock: &str,
) -> Result<Option<Period>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "select {COLUMNS} from finance.period \
         where tenant_id = $1 and entity_id = $2 and starts_on <= $3 and ends_on >= $3 {lock}"
    );
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(tenant).bind(entity.uuid()).bind(date);
    let row: Option<Row> = query.fetch_optional(tx.conn()).await?;
    row.map(Period::try_from).transpose()
}

/// A period that has a day in common with this span.
pub(crate) async fn overlapping(
    tx: &mut TenantTx,
    entity: EntityId,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
) -> Result<Option<Period>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "select {COLUMNS} from finance.period \
         where tenant_id = $1 and entity_id = $4 and starts_on <= $3 and ends_on >= $2 order by starts_on limit 1"
    );
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(tenant).bind(starts_on).bind(ends_on);
    let row: Option<Row> = query.bind(entity.uuid()).fetch_optional(tx.conn()).await?;
    row.map(Period::try_from).transpose()
}

/// The last day covered before an uncovered date, and the first one covered after it.
pub(crate) async fn neighbours(
    tx: &mut TenantTx,
    entity: EntityId,
    date: NaiveDate,
) -> Result<(Option<NaiveDate>, Option<NaiveDate>), DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select (select max(ends_on) from finance.period where tenant_id = $1 and entity_id = $3 and ends_on < $2), \
         (select min(starts_on) from finance.period where tenant_id = $1 and entity_id = $3 and starts_on > $2)",
    )
    .bind(tenant)
    .bind(date)
    .bind(entity.uuid())
    .fetch_one(tx.conn())
    .await?)
}

/// All periods of a legal entity, earliest first.
pub(crate) async fn all(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: EntityId,
) -> Result<Vec<Period>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "select {COLUMNS} from finance.period where tenant_id = $1 and entity_id = $2 order by starts_on"
    );
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(tenant).bind(entity.uuid());
    let rows: Vec<Row> = query.fetch_all(tx.conn()).await?;
    rows.into_iter().map(Period::try_from).collect()
}

/// Locks all periods of a legal entity that start up to a day until the transaction ends: waits for postings into them, and keeps
/// others waiting.
pub(crate) async fn lock_up_to(tx: &mut TenantTx, entity: EntityId, date: NaiveDate) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "select id from finance.period where tenant_id = $1 and entity_id = $2 and starts_on <= $3 \
         order by starts_on for update",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(date)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Closes a period for good, or opens it again, and gives it its next version.
pub(crate) async fn set_signed_off(
    tx: &mut TenantTx,
    id: PeriodId,
    state: PeriodState,
    signed_off: bool,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update finance.period set state = $3, signed_off = $4, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(state.as_str())
    .bind(signed_off)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Name of a period that ends on this day or later and is signed off.
pub(crate) async fn signed_off_from(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: EntityId,
    date: NaiveDate,
) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select name from finance.period where tenant_id = $1 and entity_id = $2 and signed_off and ends_on >= $3 \
         order by ends_on desc limit 1",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(date)
    .fetch_optional(tx.conn())
    .await?)
}
