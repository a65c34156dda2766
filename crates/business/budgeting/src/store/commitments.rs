//! Table `budgeting.commitment`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::budget::BudgetId;
use crate::model::commitment::{Commitment, CommitmentId, CommitmentState};
use crate::model::line::LineId;
use crate::model::money;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    line_id: Uuid,
    line_key: String,
    entity: String,
    date: NaiveDate,
    account: Option<String>,
    reference: Option<String>,
    currency: String,
    amount: Decimal,
    reserved: Decimal,
    committed: Decimal,
    consumed: Decimal,
    posted: Decimal,
    released: Decimal,
    expires_at: Option<DateTime<Utc>>,
    state: String,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for Commitment {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let currency = Currency::parse(&row.currency)
            .map_err(|_| DbError::Corrupt(format!("currency of commitment {}", row.id)))?;
        let stored = |amount| money::stored(amount, currency);
        Ok(Self {
            id: Id::from_uuid(row.id),
            line: Id::from_uuid(row.line_id),
            line_key: row.line_key,
            entity: row.entity,
            date: row.date,
            account: row.account,
            reference: row.reference,
            currency,
            amount: stored(row.amount),
            reserved: stored(row.reserved),
            committed: stored(row.committed),
            consumed: stored(row.consumed),
            posted: stored(row.posted),
            released: stored(row.released),
            expires_at: row.expires_at,
            state: if row.state == CommitmentState::Open.as_str() {
                CommitmentState::Open
            } else {
                CommitmentState::Settled
            },
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        })
    }
}

/// Enters a commitment, unless there is one with its id. Says whether it was entered.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    commitment: &Commitment,
    digest: &[u8],
) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let inserted = sqlx::query(
        "insert into budgeting.commitment (tenant_id, id, line_id, line_key, entity, date, account, reference, currency, amount, \
         reserved, committed, consumed, posted, released, expires_at, digest, state, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, $13, $14, 'open', 1, $15, $16) \
         on conflict (tenant_id, id) do nothing",
    )
    .bind(tenant)
    .bind(commitment.id.uuid())
    .bind(commitment.line.uuid())
    .bind(&commitment.line_key)
    .bind(&commitment.entity)
    .bind(commitment.date)
    .bind(&commitment.account)
    .bind(&commitment.reference)
    .bind(commitment.currency.code())
    .bind(commitment.amount)
    .bind(commitment.reserved)
    .bind(commitment.committed)
    .bind(commitment.expires_at)
    .bind(digest)
    .bind(commitment.created_at)
    .bind(&commitment.created_by)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Stores the parts of a commitment and where it counts, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, commitment: &Commitment) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update budgeting.commitment set line_id = $3, date = $4, reserved = $5, committed = $6, consumed = $7, posted = $8, \
         released = $9, state = $10, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(commitment.id.uuid())
    .bind(commitment.line.uuid())
    .bind(commitment.date)
    .bind(commitment.reserved)
    .bind(commitment.committed)
    .bind(commitment.consumed)
    .bind(commitment.posted)
    .bind(commitment.released)
    .bind(commitment.state.as_str())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The digests of what the commitments with these ids were asked for with.
pub(crate) async fn digests(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<(Uuid, Vec<u8>)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as("select id, digest from budgeting.commitment where tenant_id = $1 and id = any($2)")
        .bind(tenant)
        .bind(ids)
        .fetch_all(tx.conn())
        .await?)
}

/// The commitment with this id.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: CommitmentId,
) -> Result<Option<Commitment>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, line_id, line_key, entity, date, account, reference, currency, amount, reserved, committed, consumed, posted, \
         released, expires_at, state, version, created_at, created_by from budgeting.commitment \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Commitment::try_from).transpose()
}

/// The line, its budget and the day of each of these commitments.
pub(crate) async fn places(
    tx: &mut TenantTx,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, LineId, BudgetId)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
        "select commitment.id, line.id, line.budget_id from budgeting.commitment commitment \
         join budgeting.line line on line.tenant_id = $1 and line.id = commitment.line_id \
         where commitment.tenant_id = $1 and commitment.id = any($2)",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(id, line, budget)| (id, Id::from_uuid(line), Id::from_uuid(budget))).collect())
}

/// The commitments with these ids, in the order of the ids, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<Commitment>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, line_id, line_key, entity, date, account, reference, currency, amount, reserved, committed, consumed, posted, \
         released, expires_at, state, version, created_at, created_by from budgeting.commitment \
         where tenant_id = $1 and id = any($2) order by id for no key update",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Commitment::try_from).collect()
}

/// The commitments that count on lines of a budget, locked until the transaction ends: all in use, or only those that are open.
pub(crate) async fn lock_of_budget(
    tx: &mut TenantTx,
    budget: BudgetId,
    only_open: bool,
) -> Result<Vec<Commitment>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, line_id, line_key, entity, date, account, reference, currency, amount, reserved, committed, consumed, posted, \
         released, expires_at, state, version, created_at, created_by from budgeting.commitment \
         where tenant_id = $1 and line_id in (select id from budgeting.line where tenant_id = $1 and budget_id = $2) \
         and reserved + committed + consumed > 0 and (state = 'open' or not $3) order by id for no key update",
    )
    .bind(tenant)
    .bind(budget.uuid())
    .bind(only_open)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Commitment::try_from).collect()
}

/// Ids of the reservations whose time was over at this instant, at most so many.
pub(crate) async fn expired(tx: &mut TenantTx, at: DateTime<Utc>, most: i64) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select id from budgeting.commitment where tenant_id = $1 and expires_at <= $2 and reserved > 0 \
         and expires_at is not null order by expires_at, id limit $3",
    )
    .bind(tenant)
    .bind(at)
    .bind(most)
    .fetch_all(tx.conn())
    .await?)
}
