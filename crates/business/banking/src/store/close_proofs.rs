//! What hinders the close of a period in the bank accounts of a legal entity.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_ledger::FiscalPeriod;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

/// A line that is not in the ledger.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct OpenLine {
    /// Its id.
    pub(crate) id: Uuid,
    /// Name of the bank account.
    pub(crate) account: String,
    /// The day of the booking.
    pub(crate) booked_on: NaiveDate,
    /// How much, positive for money that came in.
    pub(crate) amount: Decimal,
    /// Its currency.
    pub(crate) currency: String,
}

/// A statement before which something is missing.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct AfterGap {
    /// Name of the bank account.
    pub(crate) account: String,
    /// The day of the balance that it starts with.
    pub(crate) opening_on: NaiveDate,
    /// By how much that differs from the balance before it.
    pub(crate) gap: Decimal,
}

/// A bank account that is not signed off up to the end of the period.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Unreconciled {
    /// Its name.
    pub(crate) name: String,
    /// Up to which day it is signed off.
    pub(crate) signed_off_until: Option<NaiveDate>,
}

/// Lines up to the end of the period that are neither posted nor ignored, by day.
pub(crate) async fn lines_not_posted(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
    limit: i64,
) -> Result<Vec<OpenLine>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select line.id, account.name as account, line.booked_on, line.amount, line.currency \
         from banking.statement_line line \
         join banking.bank_account account on account.tenant_id = line.tenant_id and account.id = line.account_id \
         where line.tenant_id = $1 and account.entity = $2 and line.state in ('new', 'suggested', 'matched') \
         and line.booked_on <= $3 order by line.booked_on, line.id limit $4",
    )
    .bind(tenant)
    .bind(&period.entity.code)
    .bind(period.ends_on)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Statements that end up to the end of the period and did not follow on the one before them when they came, unless one has come
/// since that ends with the balance that they start with.
pub(crate) async fn missing_statements(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
    limit: i64,
) -> Result<Vec<AfterGap>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select account.name as account, statement.opening_on, statement.gap \
         from banking.statement statement \
         join banking.bank_account account on account.tenant_id = statement.tenant_id and account.id = statement.account_id \
         where statement.tenant_id = $1 and account.entity = $2 and statement.gap <> 0 and statement.closing_on <= $3 \
         and not exists ( \
             select 1 from banking.statement before where before.tenant_id = statement.tenant_id \
             and before.account_id = statement.account_id and before.id <> statement.id \
             and before.closing = statement.opening and before.closing_on <= statement.opening_on) \
         order by statement.opening_on, statement.id limit $4",
    )
    .bind(tenant)
    .bind(&period.entity.code)
    .bind(period.ends_on)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Active bank accounts that are not signed off up to the end of the period, by name. One that was entered later and of which nothing is
/// known up to then needs none.
pub(crate) async fn unreconciled(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
    limit: i64,
) -> Result<Vec<Unreconciled>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select account.name, account.signed_off_until from banking.bank_account account \
         where account.tenant_id = $1 and account.entity = $2 and account.state = 'active' \
         and (account.signed_off_until is null or account.signed_off_until < $3) \
         and ((account.created_at at time zone 'UTC')::date <= $3 \
             or exists (select 1 from banking.statement_line line where line.tenant_id = account.tenant_id \
                 and line.account_id = account.id and line.booked_on <= $3) \
             or exists (select 1 from banking.statement statement where statement.tenant_id = account.tenant_id \
                 and statement.account_id = account.id and statement.closing_on <= $3)) \
         order by account.name, account.id limit $4",
    )
    .bind(tenant)
    .bind(&period.entity.code)
    .bind(period.ends_on)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}
