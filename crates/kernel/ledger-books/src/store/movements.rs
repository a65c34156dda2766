//! What was posted on accounts between two days, with what of it only adjusts base currency.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_ledger::AccountMovement;
use rust_decimal::Decimal;

use crate::store::posted::{Books, Sums, lines};
use athyper_kernel_ledger_model::account::{AccountType, AccountUse};

#[derive(sqlx::FromRow)]
struct Row {
    code: String,
    name: String,
    #[sqlx(rename = "type")]
    kind: String,
    #[sqlx(rename = "use")]
    usage: String,
    debit: Decimal,
    credit: Decimal,
    closing: Decimal,
    revalued: Decimal,
}

impl TryFrom<Row> for AccountMovement {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of account {}", row.code));
        Ok(Self {
            kind: AccountType::parse(&row.kind).ok_or_else(|| corrupt("type"))?,
            usage: AccountUse::parse(&row.usage).ok_or_else(|| corrupt("use"))?,
            account: row.code,
            name: row.name,
            debit: row.debit,
            credit: row.credit,
            closing: row.closing,
            revalued: row.revalued,
        })
    }
}

/// The movements of all accounts by code.
pub(crate) async fn between(
    tx: &mut (impl TenantConnection + ?Sized),
    books: Books<'_>,
    with_adjusting: bool,
) -> Result<Vec<AccountMovement>, DbError> {
    let sums = books.sums(Sums {
        by: "account_id",
        of: &[("debit", "base_debit"), ("credit", "base_credit")],
        only: "true",
    });
    let lines = lines(books.filter);
    let statement = format!(
        "with total as (select account_id, sum(debit) as debit, sum(credit) as credit from {sums} movement \
             group by account_id), \
         adjusting as ( \
             select line.account_id, \
             sum(line.base_debit - line.base_credit) filter (where journal.book = 'closing') as closing, \
             sum(line.base_debit - line.base_credit) filter (where journal.book <> 'closing') as revalued \
             from finance.journal_line line \
             join finance.journal journal on journal.tenant_id = $1 and journal.id = line.journal_id \
             where $12 and line.tenant_id = $1 and line.entity_id = $2 and line.debit = 0 and line.credit = 0 \
             and line.posted_on between coalesce($10, '-infinity'::date) and $11 and {lines} group by line.account_id) \
         select account.code, account.name, account.type, account.use, total.debit, total.credit, \
         coalesce(adjusting.closing, 0) as closing, coalesce(adjusting.revalued, 0) as revalued \
         from total join finance.account account on account.tenant_id = $1 and account.id = total.account_id \
         left join adjusting on adjusting.account_id = total.account_id \
         where total.debit <> 0 or total.credit <> 0 order by account.code"
    );
    let rows: Vec<Row> = books
        .query(tx, statement)
        .bind(books.days.from)
        .bind(books.days.to)
        .bind(with_adjusting)
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter().map(AccountMovement::try_from).collect()
}
