//! Table `banking.reconciliation`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::money;
use crate::model::reconciliation::{Reconciliation, ReconciliationId, ReconciliationState};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    account_id: Uuid,
    as_of: NaiveDate,
    currency: String,
    statement_balance: Decimal,
    ledger_balance: Option<Decimal>,
    state: String,
    signed_at: Option<DateTime<Utc>>,
    signed_by: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for Reconciliation {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of reconciliation {}", row.id));
        let currency = Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?;
        let statement_balance = money::stored(row.statement_balance, currency);
        let ledger_balance = row.ledger_balance.map(|amount| money::stored(amount, currency));
        Ok(Self {
            id: Id::from_uuid(row.id),
            account: Id::from_uuid(row.account_id),
            as_of: row.as_of,
            currency,
            statement_balance,
            ledger_balance,
            difference: ledger_balance.map(|ledger| statement_balance - ledger),
            open_lines: None,
            state: ReconciliationState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            signed_at: row.signed_at,
            signed_by: row.signed_by,
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        })
    }
}

/// Enters a reconciliation, open.
pub(crate) async fn insert(tx: &mut TenantTx, new: &Reconciliation) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into banking.reconciliation (tenant_id, id, account_id, as_of, currency, statement_balance, state, version, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, 'open', 1, $7, $8)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(new.account.uuid())
    .bind(new.as_of)
    .bind(new.currency.code())
    .bind(new.statement_balance)
    .bind(new.created_at)
    .bind(&new.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Signs a reconciliation off.
pub(crate) async fn sign(
    tx: &mut TenantTx,
    id: ReconciliationId,
    ledger_balance: Decimal,
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update banking.reconciliation set state = 'signed_off', ledger_balance = $3, signed_at = $4, signed_by = $5, \
         version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(ledger_balance)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes an open reconciliation.
pub(crate) async fn delete(tx: &mut TenantTx, id: ReconciliationId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from banking.reconciliation where tenant_id = $1 and id = $2 and state = 'open'")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The reconciliation with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: ReconciliationId,
) -> Result<Option<Reconciliation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, account_id, as_of, currency, statement_balance, ledger_balance, state, signed_at, signed_by, version, created_at, \
         created_by from banking.reconciliation where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Reconciliation::try_from).transpose()
}

/// The reconciliation with this id, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: ReconciliationId) -> Result<Option<Reconciliation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, account_id, as_of, currency, statement_balance, ledger_balance, state, signed_at, signed_by, version, created_at, \
         created_by from banking.reconciliation where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Reconciliation::try_from).transpose()
}
