//! The statements that prove the ledger. Each is one statement and therefore sees one state of the ledger, whatever is
//! posted meanwhile; each gives what contradicts its rule, at most `limit` findings, as text.

use athyper_kernel_db::{DbError, TenantConnection};

/// Posted journals whose debits and credits differ in a currency, or that have no lines.
pub(crate) async fn unbalanced_journals(
    tx: &mut impl TenantConnection,
    limit: i64,
) -> Result<Vec<String>, DbError> {
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
pub(crate) async fn wrong_balances(
    tx: &mut impl TenantConnection,
    limit: i64,
) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "with summed as ( \
             select line.account_id, line.currency, date_trunc('month', journal.date)::date as month, \
             sum(line.debit) as debit, sum(line.credit) as credit \
             from finance.journal journal \
             join finance.journal_line line on line.tenant_id = journal.tenant_id and line.journal_id = journal.id \
             where journal.tenant_id = $1 and journal.state <> 'draft' \
             group by line.account_id, line.currency, month), \
         kept as (select account_id, currency, month, debit, credit from finance.balance where tenant_id = $1) \
         select format('balance of %s in %s %s: kept %s and %s, lines sum up to %s and %s', account.code, \
             to_char(month, 'YYYY-MM'), currency, kept.debit, kept.credit, summed.debit, summed.credit) \
         from kept full join summed using (account_id, currency, month) \
         left join finance.account account on account.tenant_id = $1 and account.id = account_id \
         where (coalesce(kept.debit, 0), coalesce(kept.credit, 0)) \
             is distinct from (coalesce(summed.debit, 0), coalesce(summed.credit, 0)) \
         order by account.code, month, currency limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Years whose numbers are not 1 to n without a gap.
pub(crate) async fn broken_series(
    tx: &mut impl TenantConnection,
    limit: i64,
) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "with series as ( \
             select extract(year from date)::int as year, count(*) as journals, count(distinct sequence) as numbers, \
             min(sequence) as first, max(sequence) as last \
             from finance.journal where tenant_id = $1 and state <> 'draft' group by year) \
         select format('numbers of %s: %s journals have %s numbers from %s to %s', year, journals, numbers, first, last) \
         from series where (first, last, numbers) is distinct from (1, journals, journals) order by year limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Currencies in which the balances of all accounts do not sum up to zero.
pub(crate) async fn unbalanced_currencies(
    tx: &mut impl TenantConnection,
    limit: i64,
) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select format('trial balance in %s: debits exceed credits by %s', currency, sum(debit) - sum(credit)) \
         from finance.balance where tenant_id = $1 \
         group by currency having sum(debit) <> sum(credit) order by currency limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// How many journals count in the balances.
pub(crate) async fn count_posted(tx: &mut impl TenantConnection) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select count(*) from finance.journal where tenant_id = $1 and state <> 'draft'")
        .bind(tenant)
        .fetch_one(tx.conn())
        .await?)
}
