//! All SQL of group accounting. A function takes a transaction and values, gives rows or `None`, and decides nothing.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

pub(crate) mod entries;
pub(crate) mod groups;
pub(crate) mod nettings;
pub(crate) mod relations;
pub(crate) mod runs;

/// A stored amount with the decimals of its currency.
fn scaled(mut amount: Decimal, currency: Currency) -> Decimal {
    amount.rescale(currency.minor_units());
    amount
}

/// Takes the turn of whoever does something to this, until the transaction ends.
pub(crate) async fn take_turn(tx: &mut TenantTx, what: &str) -> Result<(), DbError> {
    let key = format!("group {} {what}", tx.tenant_id());
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))").bind(key).execute(tx.conn()).await?;
    Ok(())
}
