//! Whose books are meant: the legal entity that is named, or else the tenant's only one or the one called `main`.

use athyper_kernel_db::{Rows, TenantTx};
use athyper_kernel_types::{Currency, Id};
use rust_decimal::Decimal;

use crate::error::Error;
use crate::model::legal_entity::{FIRST, LegalEntity};
use crate::store::legal_entities;
use athyper_kernel_ledger::tenant_defaults;

/// How much may go to rounding in books whose legal entity says nothing: one unit of their currency.
pub(crate) const ROUNDING_LIMIT: Decimal = Decimal::ONE;

/// The legal entity with this code. Where none is named, the tenant's only one, or of several the one called `main`.
///
/// # Errors
/// [`Error::EntityNotFound`], or [`Error::EntityRequired`] where none is named and it is not clear which is meant.
pub(crate) async fn find(tx: &mut (impl Rows + ?Sized), code: Option<&str>) -> Result<LegalEntity, Error> {
    meant(legal_entities::with_code(tx, code).await?)
}

/// The one that is meant of those that were found, which are at most two.
///
/// # Errors
/// As [`find`].
pub(crate) fn meant(mut found: Vec<LegalEntity>) -> Result<LegalEntity, Error> {
    match found.first() {
        None => Err(Error::EntityNotFound),
        Some(first) if found.len() == 1 || first.code == FIRST => Ok(found.remove(0)),
        Some(_) => Err(Error::EntityRequired),
    }
}

/// The same. A tenant that has no legal entity gets its first one with this, so that books can be opened without any set-up: it
/// is called `main`, and its books are kept in the tenant's currency, or in `fallback` where the tenant has none.
///
/// # Errors
/// As [`find`]; and [`Error::CurrencyRequired`] where the first one has no currency.
pub(crate) async fn find_or_open(
    tx: &mut TenantTx,
    code: Option<&str>,
    fallback: Option<Currency>,
) -> Result<LegalEntity, Error> {
    match find(tx, code).await {
        Err(Error::EntityNotFound) if code.is_none_or(|code| code == FIRST) => {}
        other => return other,
    }
    let base_currency =
        tenant_defaults::currency(tx.context()).or(fallback).ok_or(Error::CurrencyRequired)?;
    let entity = LegalEntity {
        id: Id::new(tx.clock()),
        code: FIRST.to_owned(),
        name: tx.context().tenant_key().to_owned(),
        base_currency,
        fiscal_year_start: 1,
        rounding_limit: ROUNDING_LIMIT,
        version: 1,
    };
    // Whoever was faster made the same.
    legal_entities::insert(tx, &entity).await?;
    find(tx, code).await
}
