//! Table `finance.balance`, and the trial balance that is read from it.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::model::account::AccountType;
use crate::model::journal::JournalId;

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

/// Adds the lines of journals that were posted in this transaction to the balances of their months. Rows are taken in
/// one order everywhere, so that two postings cannot wait for each other.
pub(crate) async fn add_posted(tx: &mut TenantTx, journals: &[JournalId]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into finance.balance (tenant_id, account_id, currency, month, debit, credit) \
         select line.tenant_id, line.account_id, line.currency, date_trunc('month', journal.date)::date as month, \
         sum(line.debit), sum(line.credit) \
         from finance.journal journal \
         join finance.journal_line line on line.tenant_id = journal.tenant_id and line.journal_id = journal.id \
         where journal.tenant_id = $1 and journal.id = any($2) \
         group by line.tenant_id, line.account_id, line.currency, month \
         order by line.account_id, line.currency, month \
         on conflict (tenant_id, account_id, currency, month) \
         do update set debit = balance.debit + excluded.debit, credit = balance.credit + excluded.credit",
    )
    .bind(tenant)
    .bind(journals.iter().copied().map(Id::uuid).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The closing balances at the end of `as_of` in one currency, by account code: the monthly balances of earlier months
/// and the lines of its month up to that day. `with_zero` also shows the accounts that take postings and have none.
pub(crate) async fn trial_balance(
    tx: &mut impl TenantConnection,
    currency: Currency,
    month: NaiveDate,
    as_of: NaiveDate,
    with_zero: bool,
) -> Result<Vec<ClosingBalance>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "with movement as ( \
             select account_id, sum(debit - credit) as amount from finance.balance \
             where tenant_id = $1 and currency = $2 and month < $3 \
             group by account_id \
             union all \
             select line.account_id, sum(line.debit - line.credit) from finance.journal journal \
             join finance.journal_line line on line.tenant_id = journal.tenant_id and line.journal_id = journal.id \
             where journal.tenant_id = $1 and journal.state <> 'draft' and journal.date between $3 and $4 \
             and line.currency = $2 \
             group by line.account_id \
         ), closing as (select account_id, sum(amount) as balance from movement group by account_id) \
         select account.code, account.name, account.type, coalesce(closing.balance, 0) as balance \
         from finance.account account left join closing on closing.account_id = account.id \
         where account.tenant_id = $1 and (closing.balance <> 0 or ($5 and account.postable)) \
         order by account.code",
    )
    .bind(tenant)
    .bind(currency.code())
    .bind(month)
    .bind(as_of)
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
