//! What the port is asked beside postings: open items and the balance of an account.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{AccountBalance, Entity, OpenItem, OpenItems};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::error::Error;
use crate::model::period::month_of;
use crate::store::{accounts, balances, items};

/// The items of a legal entity that are open now and that are asked for.
pub(crate) async fn open_items(
    tx: &mut dyn TenantConnection,
    entity: &Entity,
    which: &OpenItems,
) -> Result<Vec<OpenItem>, Error> {
    let mut open = items::open(tx, Id::from_uuid(entity.id), which).await?;
    for item in &mut open {
        item.open_base.rescale(entity.base_currency.minor_units());
    }
    Ok(open)
}

/// The items of a legal entity that were open at the end of a day, as they were then.
pub(crate) async fn open_on(
    tx: &mut dyn TenantConnection,
    entity: &Entity,
    date: NaiveDate,
) -> Result<Vec<OpenItem>, Error> {
    let mut open = items::open_on(tx, Id::from_uuid(entity.id), date).await?;
    for item in &mut open {
        item.open_base.rescale(entity.base_currency.minor_units());
    }
    Ok(open)
}

/// What all accounts of a legal entity sum up to at the end of a day, by code and currency.
pub(crate) async fn balances(
    tx: &mut dyn TenantConnection,
    entity: &Entity,
    date: NaiveDate,
) -> Result<Vec<AccountBalance>, Error> {
    let mut found = balances::by_currency(tx, Id::from_uuid(entity.id), month_of(date), date).await?;
    for balance in &mut found {
        balance.amount.rescale(balance.currency.minor_units());
        balance.base.rescale(entity.base_currency.minor_units());
    }
    Ok(found)
}

/// What an account sums up to at the end of a day.
///
/// # Errors
/// [`Error::AccountsNotUsable`] when there is no such account.
pub(crate) async fn balance(
    tx: &mut dyn TenantConnection,
    entity: &Entity,
    account: &str,
    currency: Currency,
    as_of: NaiveDate,
) -> Result<Decimal, Error> {
    let found = accounts::with_codes(tx, &[account]).await?;
    let Some(account) = found.first() else {
        let message = format!("there is no account {account}");
        let unknown = FieldError::new("/ledgerAccount", "unknown_account", message);
        return Err(Error::AccountsNotUsable(vec![unknown]));
    };
    let whose = (Id::from_uuid(entity.id), account.id);
    let mut sum = balances::of_account(tx, whose, currency, month_of(as_of), as_of).await?;
    sum.rescale(currency.minor_units());
    Ok(sum)
}
