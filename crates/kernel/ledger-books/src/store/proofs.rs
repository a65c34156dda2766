//! The statements that prove the ledger. Each is one statement and therefore sees one state of the ledger, whatever is
//! posted meanwhile; each gives what contradicts its rule, at most `limit` findings, as text.

use athyper_kernel_db::{DbError, TenantConnection};

/// Posted journals whose debits and credits differ in a currency, or that have no lines.
pub async fn unbalanced_journals(tx: &mut impl TenantConnection, limit: i64) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "with posted as ( \
             select journal.id, journal.number, line.currency, coalesce(sum(line.debit), 0) as debit, \
             coalesce(sum(line.credit), 0) as credit, count(line.line_no) as lines \
             from finance.journal journal \
             left join finance.journal_line line \
             on line.tenant_id = journal.tenant_id and line.journal_id = journal.id \
             where journal.tenant_id = $1 and journal.state <> 'draft' \
             group by journal.id, journal.number, line.currency) \
         select format('journal %s: debits %s, credits %s %s in %s lines', number, debit, credit, currency, lines) \
         from posted where debit <> credit or lines = 0 order by number limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Monthly balances that are not the sum of the posted lines of their month.
pub async fn wrong_balances(tx: &mut impl TenantConnection, limit: i64) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "with summed as ( \
             select line.entity_id, line.account_id, line.currency, date_trunc('month', journal.date)::date as month, \
             sum(line.debit) as debit, sum(line.credit) as credit, sum(line.base_debit) as base_debit, \
             sum(line.base_credit) as base_credit \
             from finance.journal journal \
             join finance.journal_line line on line.tenant_id = journal.tenant_id and line.journal_id = journal.id \
             where journal.tenant_id = $1 and journal.state <> 'draft' \
             group by line.entity_id, line.account_id, line.currency, month), \
         kept as (select entity_id, account_id, currency, month, sum(debit) as debit, sum(credit) as credit, \
             sum(base_debit) as base_debit, sum(base_credit) as base_credit \
             from finance.balance where tenant_id = $1 group by entity_id, account_id, currency, month) \
         select format('balance of %s in %s %s: kept %s and %s, lines sum up to %s and %s', account.code, \
             to_char(month, 'YYYY-MM'), kept_or_summed.currency, kept.debit, kept.credit, summed.debit, summed.credit) \
         from (select entity_id, account_id, currency, month from kept \
             union select entity_id, account_id, currency, month from summed) kept_or_summed \
         left join kept using (entity_id, account_id, currency, month) \
         left join summed using (entity_id, account_id, currency, month) \
         left join finance.account account on account.tenant_id = $1 and account.id = account_id \
         where (coalesce(kept.debit, 0), coalesce(kept.credit, 0), coalesce(kept.base_debit, 0), \
             coalesce(kept.base_credit, 0)) is distinct from (coalesce(summed.debit, 0), coalesce(summed.credit, 0), \
             coalesce(summed.base_debit, 0), coalesce(summed.base_credit, 0)) \
         order by account.code, month, kept_or_summed.currency limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Books and fiscal years whose numbers are not 1 to n without a gap.
pub async fn broken_series(tx: &mut impl TenantConnection, limit: i64) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "with series as ( \
             select entity_id, book, fiscal_year, count(*) as journals, count(distinct sequence) as numbers, \
             min(sequence) as first, max(sequence) as last \
             from finance.journal where tenant_id = $1 and state <> 'draft' group by entity_id, book, fiscal_year) \
         select format('numbers of the book %s from %s on: %s journals have %s numbers from %s to %s', book, fiscal_year, \
             journals, numbers, first, last) \
         from series where (first, last, numbers) is distinct from (1, journals, journals) \
         order by book, fiscal_year limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Open items that are not what they were made with less what settles them, and control accounts whose items do not sum up to
/// their balances, in some currency. Items of a revaluation that is not undone yet are carried at other amounts, so base amounts
/// are compared with the lines that are not its.
pub async fn wrong_items(tx: &mut impl TenantConnection, limit: i64) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let mut found: Vec<String> = sqlx::query_scalar(
        "with settled as ( \
             select item_id, sum(amount) as amount, sum(base) as base from finance.settlement \
             where tenant_id = $1 group by item_id) \
         select format('open item %s: open %s at %s, made with %s at %s and settled by %s at %s', item.id, item.open, \
             item.open_base, item.amount, item.base, coalesce(settled.amount, 0), coalesce(settled.base, 0)) \
         from finance.open_item item left join settled on settled.item_id = item.id \
         where item.tenant_id = $1 and (item.open, item.open_base) is distinct from \
             (item.amount + coalesce(settled.amount, 0), item.base + coalesce(settled.base, 0)) \
         order by item.id limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    let of_accounts: Vec<String> = sqlx::query_scalar(
        "with items as ( \
             select entity_id, account_id, currency, sum(open) as open, sum(open_base) as open_base \
             from finance.open_item where tenant_id = $1 group by entity_id, account_id, currency), \
         balances as ( \
             select balance.entity_id, balance.account_id, balance.currency, sum(balance.debit - balance.credit) as open, \
             sum(balance.base_debit - balance.base_credit) as open_base \
             from finance.balance balance \
             join finance.account account on account.tenant_id = $1 and account.id = balance.account_id \
             where balance.tenant_id = $1 and account.use in ('receivable', 'payable') \
             group by balance.entity_id, balance.account_id, balance.currency) \
         select format('items of %s in %s: open %s at %s, the balance is %s at %s', account.code, balances.currency, \
             coalesce(items.open, 0), coalesce(items.open_base, 0), balances.open, balances.open_base) \
         from balances left join items using (entity_id, account_id, currency) \
         join finance.account account on account.tenant_id = $1 and account.id = balances.account_id \
         where (coalesce(items.open, 0), coalesce(items.open_base, 0)) is distinct from (balances.open, balances.open_base) \
         order by account.code, balances.currency limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    found.extend(of_accounts);
    Ok(found)
}

/// Currencies in which the balances of all accounts of a legal entity do not sum up to zero, and legal entities where they do not in
/// base currency.
pub async fn unbalanced_currencies(
    tx: &mut impl TenantConnection,
    limit: i64,
) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "with sums as ( \
             select entity_id, currency, sum(debit) - sum(credit) as difference from finance.balance \
             where tenant_id = $1 group by entity_id, currency \
             union all \
             select entity_id, 'base currency', sum(base_debit) - sum(base_credit) from finance.balance \
             where tenant_id = $1 group by entity_id) \
         select format('trial balance of %s in %s: debits exceed credits by %s', entity.code, sums.currency, difference) \
         from sums join finance.legal_entity entity on entity.tenant_id = $1 and entity.id = sums.entity_id \
         where difference <> 0 order by entity.code, sums.currency limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// How many journals count in the balances.
pub async fn count_posted(tx: &mut impl TenantConnection) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select count(*) from finance.journal where tenant_id = $1 and state <> 'draft'")
        .bind(tenant)
        .fetch_one(tx.conn())
        .await?)
}
