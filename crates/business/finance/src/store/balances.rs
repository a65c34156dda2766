//! Table `finance.balance`, and the trial balance that is read from it.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_ledger::AccountBalance;
use athyper_kernel_types::{Currency, Id};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::account::{AccountId, AccountType, AccountUse};
use crate::model::journal::JournalId;
use crate::store::posted::{Books, Sums};

/// Balance of an account at the end of a day.
#[derive(Clone, Debug)]
pub(crate) struct ClosingBalance {
    /// Code of the account.
    pub(crate) code: String,
    /// Its name.
    pub(crate) name: String,
    /// Its type.
    pub(crate) kind: AccountType,
    /// Debits minus credits.
    pub(crate) balance: Decimal,
}

#[derive(sqlx::FromRow)]
struct Row {
    code: String,
    name: String,
    #[sqlx(rename = "type")]
    kind: String,
    balance: Decimal,
}

/// Over how many rows the balance of an account in a month is spread, so that postings at the same time need not wait for each
/// other: each connection to the database adds to one of them.
const STRIPES: i32 = 16;

/// Adds the lines of journals that were posted in this transaction to the balances of their months, and of the values of
/// dimensions that they name. Rows are taken in one order everywhere, so that two postings cannot wait for each other.
pub(crate) async fn add_posted(
    tx: &mut TenantTx,
    journals: &[JournalId],
    has_dimensions: bool,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let ids: Vec<Uuid> = journals.iter().copied().map(Id::uuid).collect();
    sqlx::query(
        "insert into finance.balance (tenant_id, entity_id, account_id, currency, month, stripe, debit, credit, \
         base_debit, base_credit) \
         select tenant_id, entity_id, account_id, currency, date_trunc('month', posted_on)::date as month, \
         pg_backend_pid() % $3, sum(debit), sum(credit), sum(base_debit), sum(base_credit) \
         from finance.journal_line where tenant_id = $1 and journal_id = any($2) \
         group by tenant_id, entity_id, account_id, currency, month \
         order by entity_id, account_id, currency, month \
         on conflict (tenant_id, entity_id, account_id, currency, month, stripe) \
         do update set debit = balance.debit + excluded.debit, credit = balance.credit + excluded.credit, \
         base_debit = balance.base_debit + excluded.base_debit, base_credit = balance.base_credit + excluded.base_credit",
    )
    .bind(tenant)
    .bind(&ids)
    .bind(STRIPES)
    .execute(tx.conn())
    .await?;
    if !has_dimensions {
        return Ok(());
    }
    sqlx::query(
        "insert into finance.dimension_balance (tenant_id, entity_id, dimension, value, account_id, currency, month, \
         stripe, debit, credit, base_debit, base_credit) \
         select line.tenant_id, line.entity_id, named.key, named.value, line.account_id, line.currency, \
         date_trunc('month', line.posted_on)::date as month, pg_backend_pid() % $3, sum(line.debit), sum(line.credit), \
         sum(line.base_debit), sum(line.base_credit) \
         from finance.journal_line line cross join lateral jsonb_each_text(line.dimensions) as named \
         where line.tenant_id = $1 and line.journal_id = any($2) \
         group by line.tenant_id, line.entity_id, named.key, named.value, line.account_id, line.currency, month \
         order by line.entity_id, named.key, named.value, line.account_id, line.currency, month \
         on conflict (tenant_id, entity_id, dimension, value, account_id, currency, month, stripe) \
         do update set debit = dimension_balance.debit + excluded.debit, \
         credit = dimension_balance.credit + excluded.credit, \
         base_debit = dimension_balance.base_debit + excluded.base_debit, \
         base_credit = dimension_balance.base_credit + excluded.base_credit",
    )
    .bind(tenant)
    .bind(&ids)
    .bind(STRIPES)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Makes all balances anew from the posted lines, each in one row; gives how many. Nobody may post meanwhile.
pub(crate) async fn rebuild(tx: &mut TenantTx) -> Result<u64, DbError> {
    let tenant = tx.tenant_id().uuid();
    for empty in [
        "update finance.balance set debit = 0, credit = 0, base_debit = 0, base_credit = 0 where tenant_id = $1",
        "update finance.dimension_balance set debit = 0, credit = 0, base_debit = 0, base_credit = 0 where tenant_id = $1",
    ] {
        sqlx::query(empty).bind(tenant).execute(tx.conn()).await?;
    }
    let of_accounts = sqlx::query(
        "insert into finance.balance (tenant_id, entity_id, account_id, currency, month, stripe, debit, credit, \
         base_debit, base_credit) \
         select tenant_id, entity_id, account_id, currency, date_trunc('month', posted_on)::date as month, 0, sum(debit), \
         sum(credit), sum(base_debit), sum(base_credit) \
         from finance.journal_line where tenant_id = $1 and posted_on is not null \
         group by tenant_id, entity_id, account_id, currency, month \
         on conflict (tenant_id, entity_id, account_id, currency, month, stripe) \
         do update set debit = excluded.debit, credit = excluded.credit, base_debit = excluded.base_debit, \
         base_credit = excluded.base_credit",
    )
    .bind(tenant)
    .execute(tx.conn())
    .await?;
    let of_dimensions = sqlx::query(
        "insert into finance.dimension_balance (tenant_id, entity_id, dimension, value, account_id, currency, month, \
         stripe, debit, credit, base_debit, base_credit) \
         select line.tenant_id, line.entity_id, named.key, named.value, line.account_id, line.currency, \
         date_trunc('month', line.posted_on)::date as month, 0, sum(line.debit), sum(line.credit), sum(line.base_debit), \
         sum(line.base_credit) \
         from finance.journal_line line cross join lateral jsonb_each_text(line.dimensions) as named \
         where line.tenant_id = $1 and line.posted_on is not null and line.dimensions <> '{}' \
         group by line.tenant_id, line.entity_id, named.key, named.value, line.account_id, line.currency, month \
         on conflict (tenant_id, entity_id, dimension, value, account_id, currency, month, stripe) \
         do update set debit = excluded.debit, credit = excluded.credit, base_debit = excluded.base_debit, \
         base_credit = excluded.base_credit",
    )
    .bind(tenant)
    .execute(tx.conn())
    .await?;
    Ok(of_accounts.rows_affected() + of_dimensions.rows_affected())
}

/// The closing balances at the end of the days, by account code: in a currency, or else in base currency. Accounts that take
/// postings are shown `with_zero` where they have no balance.
pub(crate) async fn trial_balance(
    tx: &mut impl TenantConnection,
    books: Books<'_>,
    currency: Option<Currency>,
    with_zero: bool,
) -> Result<Vec<ClosingBalance>, DbError> {
    let sums = books.sums(match currency {
        None => Sums {
            by: "account_id",
            of: &[("amount", "base_debit - base_credit")],
            only: "$10::text is null",
        },
        Some(_) => Sums { by: "account_id", of: &[("amount", "debit - credit")], only: "currency = $10" },
    });
    let statement = format!(
        "with ending as (select account_id, sum(amount) as balance from {sums} movement group by account_id) \
         select account.code, account.name, account.type, coalesce(ending.balance, 0) as balance \
         from finance.account account left join ending on ending.account_id = account.id \
         where account.tenant_id = $1 and (ending.balance <> 0 or ($11 and account.postable)) \
         order by account.code"
    );
    let rows: Vec<Row> = books
        .query(tx, statement)
        .bind(currency.map(Currency::code))
        .bind(with_zero)
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter()
        .map(|row| {
            let kind = AccountType::parse(&row.kind)
                .ok_or_else(|| DbError::Corrupt(format!("type of account {}", row.code)))?;
            Ok(ClosingBalance { code: row.code, name: row.name, kind, balance: row.balance })
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct CurrencyRow {
    code: String,
    name: String,
    #[sqlx(rename = "type")]
    kind: String,
    #[sqlx(rename = "use")]
    usage: String,
    currency: String,
    amount: Decimal,
    base: Decimal,
}

impl TryFrom<CurrencyRow> for AccountBalance {
    type Error = DbError;

    fn try_from(row: CurrencyRow) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of account {}", row.code));
        Ok(Self {
            kind: AccountType::parse(&row.kind).ok_or_else(|| corrupt("type"))?,
            usage: AccountUse::parse(&row.usage).ok_or_else(|| corrupt("use"))?,
            currency: Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?,
            account: row.code,
            name: row.name,
            amount: row.amount,
            base: row.base,
        })
    }
}

/// The balances of all accounts at the end of the days, by code and currency, but for those that are zero both in their currency
/// and in base currency.
pub(crate) async fn by_currency(
    tx: &mut (impl TenantConnection + ?Sized),
    books: Books<'_>,
) -> Result<Vec<AccountBalance>, DbError> {
    let sums = books.sums(Sums {
        by: "account_id, currency",
        of: &[("amount", "debit - credit"), ("base", "base_debit - base_credit")],
        only: "true",
    });
    let statement = format!(
        "with ending as (select account_id, currency, sum(amount) as amount, sum(base) as base from {sums} movement \
             group by account_id, currency having sum(amount) <> 0 or sum(base) <> 0) \
         select account.code, account.name, account.type, account.use, ending.currency, ending.amount, ending.base \
         from ending join finance.account account on account.tenant_id = $1 and account.id = ending.account_id \
         order by account.code, ending.currency"
    );
    let rows: Vec<CurrencyRow> = books.query(tx, statement).fetch_all(tx.conn()).await?;
    rows.into_iter().map(AccountBalance::try_from).collect()
}

/// What the posted lines of an account sum up to at the end of the days, debit positive: in a currency, or else in base currency.
pub(crate) async fn of_account(
    tx: &mut (impl TenantConnection + ?Sized),
    books: Books<'_>,
    account: AccountId,
    currency: Option<Currency>,
) -> Result<Decimal, DbError> {
    let sums = books.sums(match currency {
        None => Sums {
            by: "account_id",
            of: &[("amount", "base_debit - base_credit")],
            only: "account_id = $10 and $11::text is null",
        },
        Some(_) => Sums {
            by: "account_id",
            of: &[("amount", "debit - credit")],
            only: "account_id = $10 and currency = $11",
        },
    });
    let statement = format!("select coalesce(sum(amount), 0) from {sums} movement");
    let (sum,): (Decimal,) = books
        .query(tx, statement)
        .bind(account.uuid())
        .bind(currency.map(Currency::code))
        .fetch_one(tx.conn())
        .await?;
    Ok(sum)
}
