//! What hinders the close of a period in the ledger itself. Each statement sees one state of the books.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_ledger::{Book, FiscalPeriod, SeriesEnd};
use athyper_kernel_ledger_model::legal_entity::EntityId;
use chrono::{Months, NaiveDate};
use uuid::Uuid;

/// Id, day, and reference or narration, of drafts of journals that are dated in the period, by day.
pub async fn drafts(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
    limit: i64,
) -> Result<Vec<(Uuid, NaiveDate, Option<String>)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, date, coalesce(reference, narration) from finance.journal \
         where tenant_id = $1 and entity_id = $2 and state = 'draft' and date between $3 and $4 order by date, id limit $5",
    )
    .bind(tenant)
    .bind(period.entity.id)
    .bind(period.starts_on)
    .bind(period.ends_on)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Books of the fiscal years of the period whose numbers are not 1 to n without a gap: the book, the first day of the year, and how
/// many journals have how many numbers from which to which.
pub async fn broken_series(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
    limit: i64,
) -> Result<Vec<(String, NaiveDate, String)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "with series as ( \
             select book, fiscal_year, count(*) as journals, count(distinct sequence) as numbers, \
             min(sequence) as first, max(sequence) as last \
             from finance.journal where tenant_id = $1 and entity_id = $2 and state <> 'draft' \
             and fiscal_year > $3 and fiscal_year <= $4 group by book, fiscal_year) \
         select book, fiscal_year, format('%s journals have %s numbers from %s to %s', journals, numbers, first, last) \
         from series where (first, last, numbers) is distinct from (1, journals, journals) \
         order by book, fiscal_year limit $5",
    )
    .bind(tenant)
    .bind(period.entity.id)
    .bind(year_before(period.starts_on))
    .bind(period.ends_on)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

#[derive(sqlx::FromRow)]
struct SeriesRow {
    book: String,
    fiscal_year: NaiveDate,
    journals: i64,
    number: String,
    sequence: i64,
}

/// How far the numbers of all books are given in the fiscal years of the period that have journals up to its end.
pub async fn series(tx: &mut dyn TenantConnection, period: &FiscalPeriod) -> Result<Vec<SeriesEnd>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<SeriesRow> = sqlx::query_as(
        "with series as ( \
             select book, fiscal_year, count(*) filter (where date <= $4) as journals, max(sequence) as sequence \
             from finance.journal where tenant_id = $1 and entity_id = $2 and state <> 'draft' \
             and fiscal_year > $3 and fiscal_year <= $4 group by book, fiscal_year) \
         select series.book, series.fiscal_year, series.journals, last.number, series.sequence \
         from series join finance.journal last on last.tenant_id = $1 and last.entity_id = $2 and last.book = series.book \
         and last.fiscal_year = series.fiscal_year and last.sequence = series.sequence and last.state <> 'draft' \
         where series.journals > 0 order by series.book, series.fiscal_year",
    )
    .bind(tenant)
    .bind(period.entity.id)
    .bind(year_before(period.starts_on))
    .bind(period.ends_on)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let corrupt = || DbError::Corrupt(format!("book of journal {}", row.number));
            Ok(SeriesEnd {
                book: Book::parse(&row.book).ok_or_else(corrupt)?,
                fiscal_year: row.fiscal_year,
                journals: row.journals,
                number: row.number.clone(),
                sequence: row.sequence,
            })
        })
        .collect()
}

/// A day that no fiscal year starts on or before which has the day in it.
fn year_before(day: NaiveDate) -> NaiveDate {
    day.checked_sub_months(Months::new(12)).unwrap_or(day)
}

/// Who posted last by hand into the period.
pub async fn last_posted_by(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select posted_by from finance.journal where tenant_id = $1 and entity_id = $2 and state <> 'draft' \
         and date between $3 and $4 and source_id is null order by posted_at desc, fiscal_year desc, sequence desc, id desc limit 1",
    )
    .bind(tenant)
    .bind(period.entity.id)
    .bind(period.starts_on)
    .bind(period.ends_on)
    .fetch_optional(tx.conn())
    .await?)
}

/// Codes of the accounts that take what is on its way: those that rules name for a part whose name begins with `suspense` or
/// `clearing`.
pub async fn clearing_accounts(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select distinct account.code from finance.account_rule rule \
         join finance.account account on account.tenant_id = rule.tenant_id and account.id = rule.account_id \
         where rule.tenant_id = $1 and (rule.entity_id is null or rule.entity_id = $2) and rule.role ~ '^(suspense|clearing)' \
         order by account.code",
    )
    .bind(tenant)
    .bind(period.entity.id)
    .fetch_all(tx.conn())
    .await?)
}

/// Names and states of the periods that end before a day and are not closed, earliest first.
pub async fn not_closed_before(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: EntityId,
    date: NaiveDate,
    limit: i64,
) -> Result<Vec<(String, String)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select name, state from finance.period where tenant_id = $1 and entity_id = $2 and ends_on < $3 \
         and state <> 'closed' order by starts_on limit $4",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(date)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}
