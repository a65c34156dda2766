//! Tables `finance.balance` and `finance.dimension_balance`, which `kernel/ledger-books` reads.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::Id;
use uuid::Uuid;

use crate::model::journal::JournalId;

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
    // The ids in a subquery: their number is no reason to plan anew. The lines of each are found by its key, whatever the database
    // believes of how many the tenant has.
    sqlx::query(
        "insert into finance.balance (tenant_id, entity_id, account_id, currency, month, stripe, debit, credit, \
         base_debit, base_credit) \
         select tenant_id, entity_id, account_id, currency, date_trunc('month', posted_on)::date as month, \
         pg_backend_pid() % $3, sum(debit), sum(credit), sum(base_debit), sum(base_credit) \
         from unnest((select $2::uuid[])) as posted (id) cross join lateral ( \
             select tenant_id, entity_id, account_id, currency, posted_on, debit, credit, base_debit, base_credit \
             from finance.journal_line where tenant_id = $1 and journal_id = posted.id offset 0) line \
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
         from unnest((select $2::uuid[])) as posted (id) cross join lateral ( \
             select tenant_id, entity_id, account_id, currency, posted_on, debit, credit, base_debit, base_credit, dimensions \
             from finance.journal_line where tenant_id = $1 and journal_id = posted.id offset 0) line \
         cross join lateral jsonb_each_text(line.dimensions) as named \
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
