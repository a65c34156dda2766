//! Table `opening.balances`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::opening_balances::{BalancesState, OpeningBalances, OpeningBalancesId, PostedJournal};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entity: String,
    date: NaiveDate,
    state: String,
    file_rows: i32,
    opening_balance: Decimal,
    currency: String,
    journals: Json<Vec<PostedJournal>>,
    sha256: String,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for OpeningBalances {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of opening balances {}", row.id));
        let currency = Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?;
        let mut opening_balance = row.opening_balance;
        opening_balance.rescale(currency.minor_units());
        Ok(Self {
            id: Id::from_uuid(row.id),
            state: BalancesState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            entity: row.entity,
            date: row.date,
            rows: row.file_rows,
            opening_balance,
            currency,
            journals: row.journals.0,
            sha256: row.sha256,
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        })
    }
}

/// Writes opening balances down.
pub(crate) async fn insert(tx: &mut TenantTx, balances: &OpeningBalances) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into opening.balances (tenant_id, id, entity, date, state, file_rows, opening_balance, currency, journals, \
         sha256, version, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(tenant)
    .bind(balances.id.uuid())
    .bind(&balances.entity)
    .bind(balances.date)
    .bind(balances.state.as_str())
    .bind(balances.rows)
    .bind(balances.opening_balance)
    .bind(balances.currency.code())
    .bind(Json(&balances.journals))
    .bind(&balances.sha256)
    .bind(balances.version)
    .bind(balances.created_at)
    .bind(&balances.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The opening balances with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: OpeningBalancesId,
) -> Result<Option<OpeningBalances>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entity, date, state, file_rows, opening_balance, currency, journals, sha256, version, created_at, \
         created_by from opening.balances where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(OpeningBalances::try_from).transpose()
}

/// The same, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut TenantTx,
    id: OpeningBalancesId,
) -> Result<Option<OpeningBalances>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entity, date, state, file_rows, opening_balance, currency, journals, sha256, version, created_at, \
         created_by from opening.balances where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(OpeningBalances::try_from).transpose()
}

/// Stores the state of opening balances, and gives them their next version.
pub(crate) async fn set_state(
    tx: &mut TenantTx,
    id: OpeningBalancesId,
    state: BalancesState,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update opening.balances set state = $3, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(state.as_str())
    .execute(tx.conn())
    .await?;
    Ok(())
}
