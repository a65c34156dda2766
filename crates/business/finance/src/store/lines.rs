//! Table `finance.journal_line`.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow as _, Postgres, SqlSafeStr};
use uuid::Uuid;

use crate::model::account::{Account, AccountId};
use crate::model::journal::{Journal, JournalId, Line, NewJournal, NewLine};
use crate::model::legal_entity::EntityId;
use crate::model::period::Period;
use crate::store::{accounts, arrays, balances, periods};
use athyper_kernel_ledger::LineAmount;

#[derive(sqlx::FromRow)]
struct Row {
    line_no: i32,
    account_id: Uuid,
    code: String,
    debit: Decimal,
    credit: Decimal,
    currency: String,
    base_currency: String,
    base_debit: Option<Decimal>,
    base_credit: Option<Decimal>,
    rate: Option<Decimal>,
    party_id: Option<Uuid>,
    due_on: Option<NaiveDate>,
    dimensions: Json<BTreeMap<String, String>>,
    tax_code: Option<String>,
    tax_base: Option<Decimal>,
    settles_id: Option<Uuid>,
    memo: Option<String>,
    is_automatic: bool,
}

/// What is read of a `line`, with [`ACCOUNT`] and [`BASE`].
const COLUMNS: &str = "line.line_no, line.account_id, account.code, line.debit, line.credit, line.currency, \
    entity.base_currency, line.base_debit, line.base_credit, line.rate, line.party_id, line.due_on, line.dimensions, \
    line.tax_code, line.tax_base, line.settles_id, line.memo, line.is_automatic";

/// What [`COLUMNS`], [`ACCOUNT`] and [`BASE`] take of lines that a statement deletes.
const WRITTEN: &str = "tenant_id, entity_id, line_no, account_id, debit, credit, currency, base_debit, base_credit, rate, \
    party_id, due_on, dimensions, tax_code, tax_base, settles_id, memo, is_automatic";

/// Where a `line` gets the code of its account.
const ACCOUNT: &str =
    "join finance.account account on account.tenant_id = line.tenant_id and account.id = line.account_id";

/// Where it gets its base currency.
const BASE: &str =
    "join finance.legal_entity entity on entity.tenant_id = line.tenant_id and entity.id = line.entity_id";

/// The same where that is known, `$5`.
const KNOWN_BASE: &str = "cross join (select $5::text as base_currency) entity";

impl TryFrom<Row> for Line {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt =
            |what: &str| DbError::Corrupt(format!("{what} of line {} on {}", row.line_no, row.account_id));
        let currency = Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?;
        let base = Currency::parse(&row.base_currency).map_err(|_| corrupt("base currency"))?;
        let scaled = |amount: Option<Decimal>, currency: Currency| {
            amount.map(|mut amount| {
                amount.rescale(currency.minor_units());
                amount
            })
        };
        Ok(Self {
            position: row.line_no,
            account_id: Id::from_uuid(row.account_id),
            account: row.code.parse().map_err(|_| corrupt("account"))?,
            amount: LineAmount::from_stored(row.debit, row.credit, currency)
                .map_err(|_| corrupt("amount"))?,
            base_debit: scaled(row.base_debit.filter(|amount| !amount.is_zero()), base),
            base_credit: scaled(row.base_credit.filter(|amount| !amount.is_zero()), base),
            rate: row.rate.map(|rate| rate.normalize()),
            party: row.party_id,
            due_on: row.due_on,
            dimensions: row.dimensions.0,
            tax_code: row.tax_code,
            tax_base: scaled(row.tax_base, currency),
            settles: row.settles_id.map(Id::from_uuid),
            memo: row.memo,
            automatic: row.is_automatic,
        })
    }
}

/// A line to write down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoredLine<'l> {
    /// The journal.
    pub(crate) journal: JournalId,
    /// Whose books.
    pub(crate) entity: EntityId,
    /// Position, from 1.
    pub(crate) line_no: i32,
    /// What it says.
    pub(crate) line: &'l NewLine,
    /// The day, if it is posted.
    pub(crate) posted_on: Option<NaiveDate>,
    /// The rate.
    pub(crate) rate: Option<Decimal>,
    /// What it is worth in base currency, debit positive.
    pub(crate) base: Option<Decimal>,
}

impl StoredLine<'_> {
    fn base_debit(&self) -> Option<Decimal> {
        self.base.map(|base| base.max(Decimal::ZERO))
    }

    fn base_credit(&self) -> Option<Decimal> {
        self.base.map(|base| (-base).max(Decimal::ZERO))
    }
}

/// What inserts lines, whose values stand from `$first` on beside the tenant, which is `$1`. `beside` is what they are written beside.
pub(crate) fn insertion(first: usize, beside: &str) -> String {
    let values = arrays(
        first,
        &[
            "uuid", "uuid", "int", "uuid", "numeric", "numeric", "text", "date", "numeric", "numeric",
            "numeric", "uuid", "date", "jsonb", "text", "numeric", "uuid", "text", "bool",
        ],
    );
    format!(
        "insert into finance.journal_line (tenant_id, journal_id, entity_id, line_no, account_id, debit, credit, \
         currency, posted_on, rate, base_debit, base_credit, party_id, due_on, dimensions, tax_code, tax_base, \
         settles_id, memo, is_automatic) \
         select $1, new.journal_id, new.entity_id, new.line_no, new.account_id, new.debit, new.credit, new.currency, \
         new.posted_on, new.rate, new.base_debit, new.base_credit, new.party_id, new.due_on, new.dimensions, \
         new.tax_code, new.tax_base, new.settles_id, new.memo, new.is_automatic from {beside} unnest({values}) \
         as new (journal_id, entity_id, line_no, account_id, debit, credit, currency, posted_on, rate, base_debit, \
             base_credit, party_id, due_on, dimensions, tax_code, tax_base, settles_id, memo, is_automatic)"
    )
}

/// The lines of a draft.
pub(crate) fn of_draft(draft: &NewJournal) -> Vec<StoredLine<'_>> {
    let of_line = |(line_no, line)| StoredLine {
        journal: draft.id,
        entity: draft.entity,
        line_no,
        line,
        posted_on: None,
        rate: line.rate,
        base: line.base,
    };
    (1..).zip(&draft.lines).map(of_line).collect()
}

/// Writes down lines.
pub(crate) async fn insert(tx: &mut TenantTx, lines: &[StoredLine<'_>]) -> Result<(), DbError> {
    let query = sqlx::query(AssertSqlSafe(insertion(2, ""))).bind(tx.tenant_id().uuid());
    bind(query, lines).execute(tx.conn()).await?;
    Ok(())
}

/// Writes down what lines of a draft are worth. Where they are all lines of the journal, they are added to the balances of accounts.
pub(crate) async fn set_worth(
    tx: &mut TenantTx,
    journal: JournalId,
    lines: &[StoredLine<'_>],
    are_all: bool,
) -> Result<(), DbError> {
    let [statement, with_balances] = &*WORTH;
    let statement = if are_all { with_balances } else { statement };
    let written: i64 = sqlx::query_scalar(statement.as_str())
        .bind(tx.tenant_id().uuid())
        .bind(journal.uuid())
        .bind(lines.iter().map(|it| it.line_no).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.posted_on).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.rate).collect::<Vec<_>>())
        .bind(lines.iter().map(StoredLine::base_debit).collect::<Vec<_>>())
        .bind(lines.iter().map(StoredLine::base_credit).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.party).collect::<Vec<_>>())
        .fetch_one(tx.conn())
        .await?;
    if usize::try_from(written).ok() != Some(lines.len()) {
        return Err(DbError::Corrupt(format!("{written} of {} drafted lines", lines.len())));
    }
    Ok(())
}

/// The values of [`insertion`].
pub(crate) fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    lines: &[StoredLine<'_>],
) -> Query<'q, Postgres, PgArguments> {
    query
        .bind(lines.iter().map(|it| it.journal.uuid()).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.entity.uuid()).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line_no).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.account.uuid()).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.amount.debit()).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.amount.credit()).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.amount.currency().code()).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.posted_on).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.rate).collect::<Vec<_>>())
        .bind(lines.iter().map(StoredLine::base_debit).collect::<Vec<_>>())
        .bind(lines.iter().map(StoredLine::base_credit).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.party).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.due_on).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| Json(&it.line.dimensions)).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.tax_code.as_deref()).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.tax_base).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.settles.map(Id::uuid)).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.memo.as_deref()).collect::<Vec<_>>())
        .bind(lines.iter().map(|it| it.line.automatic).collect::<Vec<_>>())
}

/// Deletes the lines of a draft, and gives them as they stood.
pub(crate) async fn take(tx: &mut TenantTx, journal: JournalId) -> Result<Vec<Line>, DbError> {
    let statement = format!(
        "with line as (delete from finance.journal_line where tenant_id = $1 and journal_id = $2 returning {WRITTEN}) \
         select {COLUMNS} from line {ACCOUNT} {BASE} order by line.line_no"
    );
    read(tx, AssertSqlSafe(statement), journal).await
}

/// The lines of a journal in their order.
pub(crate) async fn of_journal(
    tx: &mut impl TenantConnection,
    journal: JournalId,
) -> Result<Vec<Line>, DbError> {
    let statement = format!(
        "select {COLUMNS} from finance.journal_line line {ACCOUNT} {BASE} \
         where line.tenant_id = $1 and line.journal_id = $2 order by line.line_no"
    );
    read(tx, AssertSqlSafe(statement), journal).await
}

/// What holds the lines of a draft with their accounts, and the same with the period of its date.
static TO_HOLD: LazyLock<[String; 2]> = LazyLock::new(|| {
    let period = "join finance.period period on period.tenant_id = $1 and period.entity_id = $3 \
         and period.starts_on <= $4 and period.ends_on >= $4";
    let of_period = format!(", {}", periods::BESIDE);
    [["", "", ""], [&of_period, period, "for share of period"]].map(|[columns, from, lock]| {
        format!(
            "select {COLUMNS}, {}{columns} from finance.journal_line line {ACCOUNT} {KNOWN_BASE} {from} \
             where line.tenant_id = $1 and line.journal_id = $2 and line.entity_id = $3 and $4::date is not null \
             order by line.account_id, line.line_no for key share of account {lock}",
            accounts::BESIDE
        )
    })
});
/// What writes down what lines are worth, and the same where they are added to the balances of accounts. Arrays in subqueries: their
/// length is no reason to plan anew.
static WORTH: LazyLock<[String; 2]> = LazyLock::new(|| {
    let balance = balances::addition(balances::OWN_STRIPE, "line");
    ["", &format!(", balance as ({balance})")].map(|balance| {
        format!(
            "with line as (update finance.journal_line set posted_on = day, rate = at_rate, base_debit = on_debit, \
             base_credit = on_credit, party_id = of_party \
             from unnest((select $3::int[]), (select $4::date[]), (select $5::numeric[]), \
                 (select $6::numeric[]), (select $7::numeric[]), (select $8::uuid[])) \
             as worth (position, day, at_rate, on_debit, on_credit, of_party) \
             where tenant_id = $1 and journal_id = $2 and line_no = position \
             returning tenant_id, entity_id, account_id, currency, posted_on, debit, credit, base_debit, base_credit) \
             {balance} select count(*) from line"
        )
    })
});

/// What the posting of a draft begins with, held.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// The lines, by position.
    pub(crate) lines: Vec<Line>,
    /// Their accounts, held against change until the transaction ends.
    pub(crate) accounts: HashMap<AccountId, Account>,
    /// The period of the draft's date, held as [`hold_covering`](crate::store::periods::hold_covering) does; none where there is none.
    pub(crate) period: Option<Period>,
}

/// The lines of a draft whose journal is locked, with what is held for its posting, in the books of this base currency.
pub(crate) async fn hold(tx: &mut TenantTx, journal: &Journal, base: Currency) -> Result<Held, DbError> {
    let held = hold_with(tx, journal, base, true).await?;
    // Without a period there is no line beside it.
    if held.lines.is_empty() { hold_with(tx, journal, base, false).await } else { Ok(held) }
}

async fn hold_with(
    tx: &mut TenantTx,
    journal: &Journal,
    base: Currency,
    has_period: bool,
) -> Result<Held, DbError> {
    let [statement, with_period] = &*TO_HOLD;
    let statement = if has_period { with_period } else { statement };
    let query = sqlx::query(statement.as_str()).bind(tx.tenant_id().uuid()).bind(journal.id.uuid());
    let query = query.bind(journal.entity.uuid()).bind(journal.date).bind(base.code());
    let mut held = Held::default();
    for row in query.fetch_all(tx.conn()).await? {
        let line: Line = Row::from_row(&row)?.try_into()?;
        if let Entry::Vacant(place) = held.accounts.entry(line.account_id) {
            place.insert(accounts::beside(&row, &line)?);
        }
        if has_period && held.period.is_none() {
            held.period = Some(periods::beside(&row, journal)?);
        }
        held.lines.push(line);
    }
    held.lines.sort_by_key(|line| line.position);
    Ok(held)
}

async fn read(
    tx: &mut impl TenantConnection,
    statement: impl SqlSafeStr,
    journal: JournalId,
) -> Result<Vec<Line>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> =
        sqlx::query_as(statement).bind(tenant).bind(journal.uuid()).fetch_all(tx.conn()).await?;
    rows.into_iter().map(Line::try_from).collect()
}
