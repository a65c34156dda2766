//! All SQL that writes the ledger, and reads what is needed to; what reports read is in `kernel/ledger-books`. A function takes a transaction and values, gives rows or `None`, and decides nothing.

use athyper_kernel_db::DbError;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Execute as _, Postgres};

pub(crate) mod account_rules;
pub(crate) mod accounts;
pub(crate) mod allocations;
pub(crate) mod balances;
pub(crate) mod drafts;
pub(crate) mod guards;
pub(crate) mod items;
pub(crate) mod journals;
pub(crate) mod legal_entities;
pub(crate) mod lines;
pub(crate) mod periods;
pub(crate) mod rates;

/// The values that were bound, for a statement that somebody else asks.
fn bound(mut query: Query<'_, Postgres, PgArguments>) -> Result<PgArguments, DbError> {
    Ok(query.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default())
}

/// Values of these types as arrays, from `$first` on.
fn arrays(first: usize, types: &[&str]) -> String {
    let each: Vec<String> = (first..).zip(types).map(|(at, of)| format!("${at}::{of}[]")).collect();
    each.join(", ")
}
