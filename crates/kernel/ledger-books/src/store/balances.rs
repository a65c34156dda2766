//! What accounts sum up to at the end of days.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_ledger::AccountBalance;
use athyper_kernel_ledger_model::account::{AccountId, AccountType, AccountUse};
use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

use crate::store::posted::{Books, Sums};

/// Balance of an account at the end of a day.
#[derive(Clone, Debug)]
pub struct ClosingBalance {
    /// Code of the account.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: AccountType,
    /// Debits minus credits.
    pub balance: Decimal,
}

#[derive(sqlx::FromRow)]
struct Row {
    code: String,
    name: String,
    #[sqlx(rename = "type")]
    kind: String,
    balance: Decimal,
}

/// The closing balances at the end of the days, by account code: in a currency, or else in base currency. Accounts that take
/// postings are shown `with_zero` where they have no balance.
pub async fn trial_balance(
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
pub async fn by_currency(
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
pub async fn of_account(
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
