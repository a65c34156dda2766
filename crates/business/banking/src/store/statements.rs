//! Table `banking.statement`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::bank_account::BankAccountId;
use crate::model::identity::LastStatement;
use crate::model::money;
use crate::model::statement_record::{StatementId, StatementRecord};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    account_id: Uuid,
    reference: Option<String>,
    format: String,
    sha256: String,
    currency: String,
    first_day: Option<NaiveDate>,
    last_day: Option<NaiveDate>,
    opening: Option<Decimal>,
    opening_on: Option<NaiveDate>,
    closing: Option<Decimal>,
    closing_on: Option<NaiveDate>,
    lines: i32,
    known_lines: i32,
    gap: Option<Decimal>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for StatementRecord {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let currency = Currency::parse(&row.currency)
            .map_err(|_| DbError::Corrupt(format!("currency of statement {}", row.id)))?;
        let exact = |amount: Option<Decimal>| amount.map(|amount| money::stored(amount, currency));
        Ok(Self {
            id: Id::from_uuid(row.id),
            account: Id::from_uuid(row.account_id),
            reference: row.reference,
            format: row.format,
            sha256: row.sha256,
            currency,
            first_day: row.first_day,
            last_day: row.last_day,
            opening: exact(row.opening),
            opening_on: row.opening_on,
            closing: exact(row.closing),
            closing_on: row.closing_on,
            lines: row.lines,
            known_lines: row.known_lines,
            gap: exact(row.gap),
            version: row.version,
            created_at: row.created_at,
            created_by: row.created_by,
        })
    }
}

/// Enters a statement.
pub(crate) async fn insert(tx: &mut TenantTx, statement: &StatementRecord) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into banking.statement (tenant_id, id, account_id, reference, format, sha256, currency, first_day, last_day, opening, \
         opening_on, closing, closing_on, lines, known_lines, gap, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1, $17, $18)",
    )
    .bind(tenant)
    .bind(statement.id.uuid())
    .bind(statement.account.uuid())
    .bind(&statement.reference)
    .bind(&statement.format)
    .bind(&statement.sha256)
    .bind(statement.currency.code())
    .bind(statement.first_day)
    .bind(statement.last_day)
    .bind(statement.opening)
    .bind(statement.opening_on)
    .bind(statement.closing)
    .bind(statement.closing_on)
    .bind(statement.lines)
    .bind(statement.known_lines)
    .bind(statement.gap)
    .bind(statement.created_at)
    .bind(&statement.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The statement with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: StatementId,
) -> Result<Option<StatementRecord>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, account_id, reference, format, sha256, currency, first_day, last_day, opening, opening_on, closing, closing_on, \
         lines, known_lines, gap, version, created_at, created_by from banking.statement where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(StatementRecord::try_from).transpose()
}

/// The newest statement of an account that has a balance.
pub(crate) async fn last(
    tx: &mut impl TenantConnection,
    account: BankAccountId,
) -> Result<Option<LastStatement>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<(Decimal, NaiveDate)> = sqlx::query_as(
        "select closing, coalesce(last_day, closing_on) from banking.statement \
         where tenant_id = $1 and account_id = $2 and closing is not null order by closing_on desc, created_at desc, id desc limit 1",
    )
    .bind(tenant)
    .bind(account.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|(closing, last_day)| LastStatement { closing, last_day }))
}

/// The closing balance of the newest statement up to a day, and the day of that balance.
pub(crate) async fn closing_up_to(
    tx: &mut impl TenantConnection,
    account: BankAccountId,
    day: NaiveDate,
) -> Result<Option<(Decimal, NaiveDate)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select closing, closing_on from banking.statement \
         where tenant_id = $1 and account_id = $2 and closing_on <= $3 order by closing_on desc, created_at desc, id desc limit 1",
    )
    .bind(tenant)
    .bind(account.uuid())
    .bind(day)
    .fetch_optional(tx.conn())
    .await?)
}
