//! The lines of one account, as its ledger shows them.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_ledger::DimensionFilter;
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::store::posted::lines;
use athyper_kernel_ledger_model::account::AccountId;
use athyper_kernel_ledger_model::legal_entity::EntityId;

/// Whose lines are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose books.
    pub entity: EntityId,
    /// The account.
    pub account: AccountId,
    /// Only lines in this currency, in its amounts; else all, in base currency.
    pub currency: Option<Currency>,
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: NaiveDate,
    /// Only lines about these values of a dimension.
    pub dimension: Option<DimensionFilter>,
    /// Whether lines that close a fiscal year are shown.
    pub with_closing: bool,
}

/// Where a line stands in the ledger of its account.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The day.
    pub date: NaiveDate,
    /// The journal.
    pub journal: Uuid,
    /// The position in it.
    pub line_no: i32,
}

/// A line.
#[derive(Clone, Debug)]
pub struct AccountLine {
    /// Where it stands.
    pub place: Place,
    /// Number of the journal.
    pub number: String,
    /// Its reference.
    pub reference: Option<String>,
    /// What it is about.
    pub narration: Option<String>,
    /// Debit.
    pub debit: Decimal,
    /// Credit.
    pub credit: Decimal,
}

#[derive(sqlx::FromRow)]
struct Row {
    posted_on: NaiveDate,
    journal_id: Uuid,
    line_no: i32,
    number: String,
    reference: Option<String>,
    narration: Option<String>,
    debit: Decimal,
    credit: Decimal,
}

/// At most `limit` lines behind a place, oldest first.
pub async fn page(
    tx: &mut impl TenantConnection,
    wanted: &Wanted,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<AccountLine>, DbError> {
    let (debit, credit, of_currency) = match wanted.currency {
        None => ("base_debit", "base_credit", "$5::text is null"),
        Some(_) => ("debit", "credit", "currency = $5"),
    };
    let filter = wanted.dimension.as_ref();
    let lines = lines(filter);
    let tenant = tx.tenant_id().uuid();
    let behind = match after {
        None => "$9::date is null and $10::uuid is null and $11::int is null",
        Some(_) => "(posted_on, journal_id, line_no) > ($9, $10, $11)",
    };
    // What closes a year are lines of no amount in a journal of that book.
    let statement = format!(
        "select line.posted_on, line.journal_id, line.line_no, coalesce(journal.number, '') as number, \
         journal.reference, journal.narration, line.debit, line.credit \
         from (select posted_on, journal_id, line_no, {debit} as debit, {credit} as credit \
             from finance.journal_line line \
             where tenant_id = $1 and account_id = $6 and entity_id = $2 and {of_currency} and {lines} \
             and posted_on >= coalesce($7, '-infinity'::date) and posted_on <= $8 and {behind} \
             and ($12 or line.debit <> 0 or line.credit <> 0 or not exists (select 1 from finance.journal year_end \
                 where year_end.tenant_id = $1 and year_end.id = line.journal_id and year_end.book = 'closing')) \
             order by posted_on, journal_id, line_no limit $13) line \
         join finance.journal journal on journal.tenant_id = $1 and journal.id = line.journal_id \
         order by line.posted_on, line.journal_id, line.line_no"
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(wanted.entity.uuid())
        .bind(filter.map(|filter| filter.key.as_str()))
        .bind(filter.map(|filter| filter.values.as_slice()))
        .bind(wanted.currency.map(Currency::code))
        .bind(wanted.account.uuid())
        .bind(wanted.from)
        .bind(wanted.to)
        .bind(after.map(|place| place.date))
        .bind(after.map(|place| place.journal))
        .bind(after.map(|place| place.line_no))
        .bind(wanted.with_closing)
        .bind(i64::from(limit))
        .fetch_all(tx.conn())
        .await?;
    let line = |row: Row| AccountLine {
        place: Place { date: row.posted_on, journal: row.journal_id, line_no: row.line_no },
        number: row.number,
        reference: row.reference,
        narration: row.narration,
        debit: row.debit,
        credit: row.credit,
    };
    Ok(rows.into_iter().map(line).collect())
}
