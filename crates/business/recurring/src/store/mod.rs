//! All SQL of recurring entries. A function takes a transaction and values, gives rows or `None`, and decides nothing.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

pub(crate) mod entries;
pub(crate) mod occurrences;

/// A stored amount with the decimals of its currency.
fn scaled(mut amount: Decimal, currency: Currency) -> Decimal {
    amount.rescale(currency.minor_units());
    amount
}

/// Marks where the transaction goes back to when the ledger refuses a posting.
pub(crate) async fn savepoint(tx: &mut TenantTx) -> Result<(), DbError> {
    sqlx::raw_sql("savepoint occurrence").execute(tx.conn()).await?;
    Ok(())
}

/// Keeps what was done since the mark, or goes back to it.
pub(crate) async fn end_savepoint(tx: &mut TenantTx, is_kept: bool) -> Result<(), DbError> {
    let statement = if is_kept { "release savepoint occurrence" } else { "rollback to savepoint occurrence" };
    sqlx::raw_sql(statement).execute(tx.conn()).await?;
    Ok(())
}
