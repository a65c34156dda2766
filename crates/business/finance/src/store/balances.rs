//! Tables `finance.balance` and `finance.dimension_balance`, which `kernel/ledger-books` reads.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::Id;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::model::journal::JournalId;

/// The row of a balance that this connection to the database adds to. The balance of an account in a month is spread over 16 of
/// them, so that postings at the same time need not wait for each other.
pub(super) const OWN_STRIPE: &str = "pg_backend_pid() % 16";
/// The lines of journals, `$2`. The ids in a subquery: their number is no reason to plan anew. The lines of each are found by its
/// key, whatever the database believes of how many the tenant has.
const OF_JOURNALS: &str = "unnest((select $2::uuid[])) as posted (id) cross join lateral ( \
     select tenant_id, entity_id, account_id, currency, posted_on, debit, credit, base_debit, base_credit, dimensions \
     from finance.journal_line where tenant_id = $1 and journal_id = posted.id offset 0) line";
/// All posted lines.
const OF_ALL: &str = "finance.journal_line line where line.tenant_id = $1 and line.posted_on is not null";
/// Each value of a dimension that a `line` names.
const NAMED: &str = "cross join lateral jsonb_each_text(line.dimensions) as named";

/// What adds lines, the rows of `from` that it calls `line`, to the balances of their months, in a stripe. Rows are taken in one
/// order everywhere, so that two postings cannot wait for each other.
pub(super) fn addition(stripe: &str, from: &str) -> String {
    added("balance", ["", ""], stripe, from)
}

/// The same for the balances of the values of dimensions that lines name.
fn addition_of_dimensions(stripe: &str, from: &str) -> String {
    added("dimension_balance", ["dimension, value, ", "named.key, named.value, "], stripe, from)
}

fn added(table: &str, [columns, values]: [&str; 2], stripe: &str, from: &str) -> String {
    format!(
        "insert into finance.{table} as known (tenant_id, entity_id, {columns}account_id, currency, month, stripe, debit, credit, \
         base_debit, base_credit) \
         select line.tenant_id, line.entity_id, {values}line.account_id, line.currency, \
         date_trunc('month', line.posted_on)::date as month, {stripe}, sum(line.debit), sum(line.credit), \
         sum(line.base_debit), sum(line.base_credit) from {from} \
         group by line.tenant_id, line.entity_id, {values}line.account_id, line.currency, month \
         order by line.entity_id, {values}line.account_id, line.currency, month \
         on conflict (tenant_id, entity_id, {columns}account_id, currency, month, stripe) \
         do update set debit = known.debit + excluded.debit, credit = known.credit + excluded.credit, \
         base_debit = known.base_debit + excluded.base_debit, base_credit = known.base_credit + excluded.base_credit"
    )
}

/// Adds the lines of journals that were posted in this transaction to the balances of their months, unless they are in, and of the
/// values of dimensions that they name.
pub(crate) async fn add_posted(
    tx: &mut TenantTx,
    journals: &[JournalId],
    are_in: bool,
    has_dimensions: bool,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let ids: Vec<Uuid> = journals.iter().copied().map(Id::uuid).collect();
    let of_dimensions = || addition_of_dimensions(OWN_STRIPE, &format!("{OF_JOURNALS} {NAMED}"));
    let additions =
        [(!are_in).then(|| addition(OWN_STRIPE, OF_JOURNALS)), has_dimensions.then(of_dimensions)];
    for statement in additions.into_iter().flatten() {
        sqlx::query(AssertSqlSafe(statement)).bind(tenant).bind(&ids).execute(tx.conn()).await?;
    }
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
    let named = format!(
        "finance.journal_line line {NAMED} where line.tenant_id = $1 and line.posted_on is not null \
         and line.dimensions <> '{{}}'"
    );
    let mut made = 0;
    for statement in [addition("0", OF_ALL), addition_of_dimensions("0", &named)] {
        made += sqlx::query(AssertSqlSafe(statement)).bind(tenant).execute(tx.conn()).await?.rows_affected();
    }
    Ok(made)
}
