//! Table `banking.payment_run`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::money;
use crate::model::payment_run::{PaymentRun, PaymentRunId, PaymentRunState};
use crate::store::payments;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: String,
    account_id: Uuid,
    execution_on: NaiveDate,
    currency: String,
    total: Decimal,
    state: String,
    approved_at: Option<DateTime<Utc>>,
    approved_by: Option<String>,
    exported_at: Option<DateTime<Utc>>,
    exported_by: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for PaymentRun {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of payment run {}", row.id));
        let currency = Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?;
        Ok(Self {
            id: Id::from_uuid(row.id),
            account: Id::from_uuid(row.account_id),
            execution_on: row.execution_on,
            currency,
            total: money::stored(row.total, currency),
            state: PaymentRunState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            number: row.number,
            approved_at: row.approved_at,
            approved_by: row.approved_by,
            exported_at: row.exported_at,
            exported_by: row.exported_by,
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
            payments: Vec::new(),
        })
    }
}

/// Enters a run with its payments, as a draft.
pub(crate) async fn insert(tx: &mut TenantTx, run: &PaymentRun) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into banking.payment_run (tenant_id, id, number, account_id, execution_on, currency, total, state, version, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, $7, 'draft', 1, $8, $9)",
    )
    .bind(tenant)
    .bind(run.id.uuid())
    .bind(&run.number)
    .bind(run.account.uuid())
    .bind(run.execution_on)
    .bind(run.currency.code())
    .bind(run.total)
    .bind(run.created_at)
    .bind(&run.created_by)
    .execute(tx.conn())
    .await?;
    payments::insert(tx, run).await
}

/// Stores where a run stands, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, run: &PaymentRun) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update banking.payment_run set state = $3, approved_at = $4, approved_by = $5, exported_at = $6, exported_by = $7, \
         version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(run.id.uuid())
    .bind(run.state.as_str())
    .bind(run.approved_at)
    .bind(&run.approved_by)
    .bind(run.exported_at)
    .bind(&run.exported_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The run with this id and its payments.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: PaymentRunId,
) -> Result<Option<PaymentRun>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, number, account_id, execution_on, currency, total, state, approved_at, approved_by, exported_at, exported_by, \
         version, created_at, created_by from banking.payment_run where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    with_payments(tx, row).await
}

/// The run with this id and its payments, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: PaymentRunId) -> Result<Option<PaymentRun>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, number, account_id, execution_on, currency, total, state, approved_at, approved_by, exported_at, exported_by, \
         version, created_at, created_by from banking.payment_run where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    with_payments(tx, row).await
}

async fn with_payments(
    tx: &mut impl TenantConnection,
    row: Option<Row>,
) -> Result<Option<PaymentRun>, DbError> {
    let Some(row) = row else { return Ok(None) };
    let mut run = PaymentRun::try_from(row)?;
    run.payments = payments::of_run(tx, run.id, run.currency).await?;
    Ok(Some(run))
}
