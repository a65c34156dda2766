//! What the books say to other domains: amounts with the decimals of their currencies.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_ledger::{AccountBalance, AccountMovement, Entity, Movements};
use athyper_kernel_ledger_model::days::Days;
use athyper_kernel_types::Id;
use chrono::NaiveDate;

use crate::store::posted::Books;
use crate::store::{balances, movements as store};

/// What all accounts of a legal entity sum up to at the end of a day, by code and currency.
pub async fn balances_on(
    tx: &mut dyn TenantConnection,
    entity: &Entity,
    date: NaiveDate,
) -> Result<Vec<AccountBalance>, DbError> {
    let days = Days::until(date);
    let books = Books { entity: Id::from_uuid(entity.id), days: &days, filter: None };
    let mut found = balances::by_currency(tx, books).await?;
    for balance in &mut found {
        balance.amount.rescale(balance.currency.minor_units());
        balance.base.rescale(entity.base_currency.minor_units());
    }
    Ok(found)
}

/// What was posted on the accounts of a legal entity between two days, by code, in base currency. Whether there are the values of
/// a dimension that are asked for is not looked at.
pub async fn movements(
    tx: &mut dyn TenantConnection,
    entity: &Entity,
    which: &Movements,
) -> Result<Vec<AccountMovement>, DbError> {
    let days = Days::new(which.from, which.to);
    let books = Books { entity: Id::from_uuid(entity.id), days: &days, filter: which.dimension.as_ref() };
    let mut found = store::between(tx, books, which.with_adjusting).await?;
    let units = entity.base_currency.minor_units();
    for movement in &mut found {
        for amount in
            [&mut movement.debit, &mut movement.credit, &mut movement.closing, &mut movement.revalued]
        {
            amount.rescale(units);
        }
    }
    Ok(found)
}
