//! Reads, one file each.

use athyper_kernel_db::DbError;
use athyper_kernel_types::{Currency, Money};
use rust_decimal::Decimal;

pub(crate) mod determine_account;
pub(crate) mod get_account;
pub(crate) mod get_account_ledger;
pub(crate) mod get_journal;
pub(crate) mod get_legal_entity;
pub(crate) mod get_period;
pub(crate) mod get_trial_balance;
pub(crate) mod list_account_rules;
pub(crate) mod list_accounts;
pub(crate) mod list_allocations;
pub(crate) mod list_journals;
pub(crate) mod list_legal_entities;
pub(crate) mod list_open_items;
pub(crate) mod list_periods;

/// A stored amount with the decimals of its currency.
fn amount_text(amount: Decimal, currency: Currency) -> Result<String, DbError> {
    let money = Money::new(amount, currency)
        .map_err(|error| DbError::Corrupt(format!("an amount in {currency}: {error}")))?;
    Ok(money.amount().to_string())
}
