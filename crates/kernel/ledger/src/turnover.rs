//! What was posted to accounts month by month, for who plans and compares.

use std::collections::BTreeMap;

use async_trait::async_trait;
use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::Problem;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::Entity;

/// Which accounts are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountSet {
    /// The account with this code.
    One(String),
    /// All whose code lies between these two, both included, in the order of bytes.
    Range {
        /// The first code.
        first: String,
        /// The last code.
        last: String,
    },
    /// The account with this code and all below it in the tree.
    Under(String),
}

/// Which posted lines are meant: those on these accounts that name all these values of dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The accounts.
    pub accounts: AccountSet,
    /// Value by key of the dimension; empty where it does not matter.
    pub dimensions: BTreeMap<String, String>,
}

/// What the selected lines of a month sum up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turnover {
    /// Position of the selection in what was asked.
    pub selection: usize,
    /// First day of the month.
    pub month: NaiveDate,
    /// Debits less credits, in base currency.
    pub base: Decimal,
}

/// The ledger as who plans reads it.
#[async_trait]
pub trait Turnovers: Send + Sync {
    /// What was posted to each selection in the months from the one that starts at `first` to the one that starts at `last`.
    /// Journals that close a year do not count: they would bring each year to nothing. Months of zero may be left out. Sees
    /// what the caller's own transaction has posted.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn turnovers(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        (first, last): (NaiveDate, NaiveDate),
        selections: &[Selection],
    ) -> Result<Vec<Turnover>, Problem>;

    /// Codes of the accounts that are in each set now, sorted; none where nothing is.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn members(
        &self,
        tx: &mut dyn TenantConnection,
        sets: &[&AccountSet],
    ) -> Result<Vec<Vec<String>>, Problem>;

    /// Of each of these accounts that exists: its own code and those of all accounts above it.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn paths(
        &self,
        tx: &mut dyn TenantConnection,
        codes: &[&str],
    ) -> Result<BTreeMap<String, Vec<String>>, Problem>;

    /// Those of these pairs of a dimension's key and a value that no line may name.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn unknown_values<'a>(
        &self,
        tx: &mut dyn TenantConnection,
        pairs: &[(&'a str, &'a str)],
    ) -> Result<Vec<(&'a str, &'a str)>, Problem>;
}
