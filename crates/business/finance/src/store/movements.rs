//! What was posted on accounts between two days: tables `finance.balance`, `finance.dimension_balance` and `finance.journal_line`.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_ledger::{AccountMovement, DimensionFilter};
use rust_decimal::Decimal;
use sqlx::AssertSqlSafe;

use crate::model::account::{AccountType, AccountUse};
use crate::model::days::Days;
use crate::model::legal_entity::EntityId;
use crate::store::dimension_slice::{lines, monthly};

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

/// The movements of all accounts by code: the balances of whole months, and the lines of what is left of months at both ends.
pub(crate) async fn between(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: EntityId,
    days: &Days,
    filter: Option<&DimensionFilter>,
    with_adjusting: bool,
) -> Result<Vec<AccountMovement>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let (monthly, lines) = (monthly(filter), lines(filter));
    let statement = format!(
        "with movement as ( \
             select account_id, base_debit as debit, base_credit as credit from {monthly} kept \
             where month >= coalesce($5, '-infinity'::date) and month < $6 \
             union all \
             select line.account_id, line.base_debit, line.base_credit \
             from unnest($7::date[], $8::date[]) as part (first, last) \
             join finance.journal_line line on line.tenant_id = $1 and line.entity_id = $2 \
             and line.posted_on between part.first and part.last and {lines} \
         ), total as (select account_id, sum(debit) as debit, sum(credit) as credit from movement group by account_id), \
         adjusting as ( \
             select line.account_id, \
             sum(line.base_debit - line.base_credit) filter (where journal.book = 'closing') as closing, \
             sum(line.base_debit - line.base_credit) filter (where journal.book <> 'closing') as revalued \
             from finance.journal_line line \
             join finance.journal journal on journal.tenant_id = $1 and journal.id = line.journal_id \
             where $11 and line.tenant_id = $1 and line.entity_id = $2 and line.debit = 0 and line.credit = 0 \
             and line.posted_on between coalesce($9, '-infinity'::date) and $10 and {lines} group by line.account_id) \
         select account.code, account.name, account.type, account.use, total.debit, total.credit, \
         coalesce(adjusting.closing, 0) as closing, coalesce(adjusting.revalued, 0) as revalued \
         from total join finance.account account on account.tenant_id = $1 and account.id = total.account_id \
         left join adjusting on adjusting.account_id = total.account_id \
         where total.debit <> 0 or total.credit <> 0 order by account.code"
    );
    let (firsts, lasts): (Vec<_>, Vec<_>) = days.parts.iter().copied().unzip();
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.uuid())
        .bind(filter.map(|filter| filter.key.as_str()))
        .bind(filter.map(|filter| filter.values.as_slice()))
        .bind(days.first_month)
        .bind(days.end_month)
        .bind(firsts)
        .bind(lasts)
        .bind(days.from)
        .bind(days.to)
        .bind(with_adjusting)
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter().map(AccountMovement::try_from).collect()
}
