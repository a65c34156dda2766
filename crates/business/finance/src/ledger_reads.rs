//! What the port is asked beside postings: open items and the balance of an account.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{AccountMovement, DimensionFilter, Entity, Movements, OpenItem, OpenItems};
use athyper_kernel_ledger_books::{Books, balances, dimensions};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::error::Error;
use crate::model::days::Days;
use crate::store::{accounts, items};

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

/// What was posted on the accounts of a legal entity between two days, by code.
///
/// # Errors
/// [`Error::InvalidLines`] when a value of a dimension is asked for that there is not.
pub(crate) async fn movements(
    tx: &mut dyn TenantConnection,
    entity: &Entity,
    which: &Movements,
) -> Result<Vec<AccountMovement>, Error> {
    if let Some(filter) = &which.dimension {
        check_dimension(tx, filter).await?;
    }
    Ok(athyper_kernel_ledger_books::movements(tx, entity, which).await?)
}

/// Refuses values that the dimension has not: nothing would be found, which reads as if nothing had been posted.
///
/// # Errors
/// [`Error::InvalidLines`] that names the parameter `dimension`.
pub(crate) async fn check_dimension(
    tx: &mut (impl TenantConnection + ?Sized),
    filter: &DimensionFilter,
) -> Result<(), Error> {
    let wanted: Vec<(&str, &str)> =
        filter.values.iter().map(|value| (filter.key.as_str(), value.as_str())).collect();
    let known = dimensions::values(tx, &wanted).await?;
    let unknown = |(_, code): &&(&str, &str)| !known.iter().any(|value| value.code == *code);
    let Some((key, code)) = wanted.iter().find(unknown) else { return Ok(()) };
    let message = format!("the dimension {key} has no value {code}");
    Err(Error::InvalidLines(vec![FieldError::new("?dimension", "unknown_value", message)]))
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
    let days = Days::until(as_of);
    let books = Books { entity: Id::from_uuid(entity.id), days: &days, filter: None };
    let mut sum = balances::of_account(tx, books, account.id, Some(currency)).await?;
    sum.rescale(currency.minor_units());
    Ok(sum)
}
