//! Table `budgeting.budget`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::model::budget::{Budget, BudgetId, BudgetState, Window};
use crate::model::plan::Plan;
use crate::store::lines;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entity: String,
    first_day: NaiveDate,
    last_day: NaiveDate,
    revision: i32,
    name: String,
    currency: String,
    control_window: String,
    fund_id: Option<Uuid>,
    state: String,
    base_id: Option<Uuid>,
    base_version: Option<i64>,
    written_by: String,
    approved_at: Option<DateTime<Utc>>,
    approved_by: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for Budget {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of budget {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            currency: Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?,
            control_window: Window::parse(&row.control_window).ok_or_else(|| corrupt("window"))?,
            state: BudgetState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            entity: row.entity,
            first_day: row.first_day,
            last_day: row.last_day,
            revision: row.revision,
            name: row.name,
            fund: row.fund_id.map(Id::from_uuid),
            base: row.base_id.map(Id::from_uuid),
            base_version: row.base_version,
            written_by: row.written_by,
            approved_at: row.approved_at,
            approved_by: row.approved_by,
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
            lines: Vec::new(),
        })
    }
}

/// Takes the turn of whoever enters budgets of a legal entity, until the transaction ends: revisions are numbered one by one.
pub(crate) async fn take_turn(tx: &mut TenantTx, entity: &str) -> Result<(), DbError> {
    let key = format!("budgeting.budget {} {entity}", tx.tenant_id());
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))").bind(key).execute(tx.conn()).await?;
    Ok(())
}

/// The number of the next revision of a legal entity's budget of a year.
pub(crate) async fn next_revision(
    tx: &mut TenantTx,
    entity: &str,
    first_day: NaiveDate,
) -> Result<i32, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select coalesce(max(revision), 0) + 1 from budgeting.budget where tenant_id = $1 and entity = $2 and first_day = $3",
    )
    .bind(tenant)
    .bind(entity)
    .bind(first_day)
    .fetch_one(tx.conn())
    .await?)
}

/// Enters a draft with its lines.
pub(crate) async fn insert(tx: &mut TenantTx, budget: &Budget) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into budgeting.budget (tenant_id, id, entity, first_day, last_day, revision, name, currency, control_window, \
         state, base_id, base_version, written_by, version, created_at, created_by, fund_id) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'draft', $10, $11, $12, 1, $13, $14, $15)",
    )
    .bind(tenant)
    .bind(budget.id.uuid())
    .bind(&budget.entity)
    .bind(budget.first_day)
    .bind(budget.last_day)
    .bind(budget.revision)
    .bind(&budget.name)
    .bind(budget.currency.code())
    .bind(budget.control_window.as_str())
    .bind(budget.base.map(Id::uuid))
    .bind(budget.base_version)
    .bind(&budget.written_by)
    .bind(budget.created_at)
    .bind(&budget.created_by)
    .bind(budget.fund.map(Id::uuid))
    .execute(tx.conn())
    .await?;
    lines::insert(tx, budget).await
}

/// Stores what of a budget changes, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, budget: &Budget) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update budgeting.budget set name = $3, control_window = $4, state = $5, written_by = $6, approved_at = $7, \
         approved_by = $8, fund_id = $9, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(budget.id.uuid())
    .bind(&budget.name)
    .bind(budget.control_window.as_str())
    .bind(budget.state.as_str())
    .bind(&budget.written_by)
    .bind(budget.approved_at)
    .bind(&budget.approved_by)
    .bind(budget.fund.map(Id::uuid))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes a budget and its lines.
pub(crate) async fn delete(tx: &mut TenantTx, id: BudgetId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    lines::delete(tx, id).await?;
    sqlx::query("delete from budgeting.budget where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The budget with this id and its lines.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: BudgetId,
) -> Result<Option<Budget>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entity, first_day, last_day, revision, name, currency, control_window, fund_id, state, base_id, \
         base_version, written_by, approved_at, approved_by, version, created_at, created_by from budgeting.budget \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut budget = Budget::try_from(row)?;
    budget.lines = lines::of_budget(tx, &budget).await?;
    Ok(Some(budget))
}

/// The budget with this id and its lines, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: BudgetId) -> Result<Option<Budget>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from budgeting.budget where tenant_id = $1 and id = $2 for no key update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

/// The active budget of a legal entity and the fiscal year that starts on this day.
pub(crate) async fn active_of_year(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: &str,
    first_day: NaiveDate,
) -> Result<Option<BudgetId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let id: Option<Uuid> = sqlx::query_scalar(
        "select id from budgeting.budget where tenant_id = $1 and entity = $2 and first_day = $3 and state = 'active'",
    )
    .bind(tenant)
    .bind(entity)
    .bind(first_day)
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.map(Id::from_uuid))
}

#[derive(sqlx::FromRow)]
struct PlanRow {
    id: Uuid,
    first_day: NaiveDate,
    last_day: NaiveDate,
    control_window: String,
    currency: String,
}

/// The active budgets of a legal entity whose years have one of the days between these two, with their lines. Where there is none
/// this is one look-up of an index.
pub(crate) async fn active_plans(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: &str,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Vec<Plan>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<PlanRow> = sqlx::query_as(
        "select id, first_day, last_day, control_window, currency from budgeting.budget \
         where tenant_id = $1 and entity = $2 and state = 'active' and first_day <= $4 and last_day >= $3 order by first_day",
    )
    .bind(tenant)
    .bind(entity)
    .bind(first)
    .bind(last)
    .fetch_all(tx.conn())
    .await?;
    let mut plans = Vec::with_capacity(rows.len());
    for row in rows {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of budget {}", row.id));
        let budget = Id::from_uuid(row.id);
        plans.push(Plan {
            budget,
            first_day: row.first_day,
            last_day: row.last_day,
            window: Window::parse(&row.control_window).ok_or_else(|| corrupt("window"))?,
            currency: Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?,
            lines: lines::of_plan(tx, budget).await?,
        });
    }
    Ok(plans)
}

/// Whether a budget is active now, as others have committed it.
pub(crate) async fn is_active(tx: &mut TenantTx, id: BudgetId) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let state: Option<String> =
        sqlx::query_scalar("select state from budgeting.budget where tenant_id = $1 and id = $2")
            .bind(tenant)
            .bind(id.uuid())
            .fetch_optional(tx.conn())
            .await?;
    Ok(state.as_deref() == Some(BudgetState::Active.as_str()))
}
