//! Tables `budgeting.fund` and `budgeting.fund_grant`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::fund::{Fund, FundId};
use crate::model::money;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    code: String,
    name: String,
    parent_id: Option<Uuid>,
    currency: String,
    received: Decimal,
    held: Decimal,
    planned: Decimal,
    free: Decimal,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for Fund {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let currency = Currency::parse(&row.currency)
            .map_err(|_| DbError::Corrupt(format!("currency of fund {}", row.id)))?;
        Ok(Self {
            id: Id::from_uuid(row.id),
            code: row.code,
            name: row.name,
            parent: row.parent_id.map(Id::from_uuid),
            currency,
            received: money::stored(row.received, currency),
            held: money::stored(row.held, currency),
            planned: money::stored(row.planned, currency),
            free: money::stored(row.free, currency),
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        })
    }
}

/// Enters a fund that holds nothing, unless there is one with its code. Says whether it was entered.
pub(crate) async fn insert(tx: &mut TenantTx, fund: &Fund) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let inserted = sqlx::query(
        "insert into budgeting.fund (tenant_id, id, code, name, parent_id, currency, received, held, version, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, 0, 0, 1, $7, $8) on conflict (tenant_id, code) do nothing",
    )
    .bind(tenant)
    .bind(fund.id.uuid())
    .bind(&fund.code)
    .bind(&fund.name)
    .bind(fund.parent.map(Id::uuid))
    .bind(fund.currency.code())
    .bind(fund.created_at)
    .bind(&fund.created_by)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Stores what a fund was given and holds and what is planned upon it, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, fund: &Fund) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update budgeting.fund set received = $3, held = $4, planned = $5, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(fund.id.uuid())
    .bind(fund.received)
    .bind(fund.held)
    .bind(fund.planned)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes down what a fund was given, below zero for what it gave back.
pub(crate) async fn insert_grant(
    tx: &mut TenantTx,
    fund: FundId,
    amount: Decimal,
    reason: &str,
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let id = FundId::new(tx.clock()).uuid();
    sqlx::query(
        "insert into budgeting.fund_grant (tenant_id, id, fund_id, amount, reason, recorded_at, recorded_by) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(id)
    .bind(fund.uuid())
    .bind(amount)
    .bind(reason)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The fund with this id.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: FundId,
) -> Result<Option<Fund>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, code, name, parent_id, currency, received, held, planned, free, version, created_at, created_by \
         from budgeting.fund where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Fund::try_from).transpose()
}

/// A fund and the one above it, locked until the transaction ends, in the order of their ids.
pub(crate) async fn lock_with_parent(tx: &mut TenantTx, id: FundId) -> Result<Vec<Fund>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, code, name, parent_id, currency, received, held, planned, free, version, created_at, created_by \
         from budgeting.fund where tenant_id = $1 and (id = $2 \
         or id = (select parent_id from budgeting.fund where tenant_id = $1 and id = $2)) order by id for no key update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Fund::try_from).collect()
}

/// These funds, locked until the transaction ends, in the order of their ids.
pub(crate) async fn lock(tx: &mut TenantTx, ids: &[FundId]) -> Result<Vec<Fund>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, code, name, parent_id, currency, received, held, planned, free, version, created_at, created_by \
         from budgeting.fund where tenant_id = $1 and id = any($2) order by id for no key update",
    )
    .bind(tenant)
    .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Fund::try_from).collect()
}

/// What the active budgets that name a fund plan to spend, with all transfers. Each line counts with what it has of its own, so that
/// one above others counts nothing twice.
pub(crate) async fn planned(tx: &mut TenantTx, fund: &Fund) -> Result<Decimal, DbError> {
    let tenant = tx.tenant_id().uuid();
    let planned: Decimal = sqlx::query_scalar(
        "select coalesce(sum(part.amount), 0) from budgeting.budget budget \
         join budgeting.line line on line.tenant_id = $1 and line.budget_id = budget.id and line.side = 'debit' \
         cross join lateral ( \
             select amount from budgeting.line_amount where tenant_id = $1 and line_id = line.id \
             union all \
             select amount from budgeting.transfer_line where tenant_id = $1 and line_id = line.id) part \
         where budget.tenant_id = $1 and budget.fund_id = $2 and budget.state = 'active'",
    )
    .bind(tenant)
    .bind(fund.id.uuid())
    .fetch_one(tx.conn())
    .await?;
    Ok(money::stored(planned, fund.currency))
}
