//! Table `closing.fiscal_year`.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::year::{FiscalYear, FiscalYearId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entity: String,
    first_day: NaiveDate,
    last_day: NaiveDate,
    result: Decimal,
    currency: String,
    state: String,
    journal_id: Option<Uuid>,
    version: i64,
}

impl TryFrom<Row> for FiscalYear {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let currency = Currency::parse(&row.currency)
            .map_err(|_| DbError::Corrupt(format!("currency of fiscal year {}", row.id)))?;
        let mut result = row.result;
        result.rescale(currency.minor_units());
        Ok(Self {
            id: Id::from_uuid(row.id),
            entity: row.entity,
            first_day: row.first_day,
            last_day: row.last_day,
            result,
            currency,
            state: row.state,
            journal: row.journal_id,
            version: row.version,
        })
    }
}

/// Writes a closed year down, unless it is closed. Says whether it was written.
pub(crate) async fn insert(tx: &mut TenantTx, year: &FiscalYear) -> Result<bool, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let inserted = sqlx::query(
        "insert into closing.fiscal_year (tenant_id, id, entity, first_day, last_day, result, currency, state, \
         journal_id, version, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         on conflict (tenant_id, entity, last_day) where state = 'closed' do nothing",
    )
    .bind(tenant)
    .bind(year.id.uuid())
    .bind(&year.entity)
    .bind(year.first_day)
    .bind(year.last_day)
    .bind(year.result)
    .bind(year.currency.code())
    .bind(&year.state)
    .bind(year.journal)
    .bind(year.version)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The closed year with this id, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: FiscalYearId) -> Result<Option<FiscalYear>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, entity, first_day, last_day, result, currency, state, journal_id, version \
         from closing.fiscal_year where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(FiscalYear::try_from).transpose()
}

/// Stores the state of a year, and gives it its next version.
pub(crate) async fn set_state(tx: &mut TenantTx, id: FiscalYearId, state: &str) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update closing.fiscal_year set state = $3, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(state)
    .execute(tx.conn())
    .await?;
    Ok(())
}
