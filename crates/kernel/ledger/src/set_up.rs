//! The port by which books are set up: charts of accounts, and journals that come from other systems.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_types::Currency;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::{AccountCode, AccountType, AccountUse, Entity, LineAmount};

/// An account of the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its code.
    pub code: AccountCode,
    /// Its name.
    pub name: String,
    /// What it counts as.
    pub kind: AccountType,
    /// What it is used for.
    pub usage: AccountUse,
    /// Why it takes no postings, where it takes none: in words for people.
    pub refusal: Option<String>,
}

/// An account to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Its code.
    pub code: AccountCode,
    /// Its name; the last segment of the code where it has none.
    pub name: Option<String>,
    /// What it counts as.
    pub kind: AccountType,
    /// What it is used for.
    pub usage: AccountUse,
    /// Since when it exists.
    pub opened_on: Option<NaiveDate>,
}

/// What came of adding accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddedAccounts {
    /// How many of those asked for were added.
    pub created: usize,
    /// How many groups were added above them.
    pub groups: usize,
    /// How many were there already.
    pub unchanged: usize,
}

/// A rule that says which account plays a part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleRule {
    /// The part, such as `receivable`.
    pub role: String,
    /// Code of the legal entity that it holds in; in all where there is none.
    pub entity: Option<String>,
    /// What has to be known of a line.
    pub facts: BTreeMap<String, String>,
    /// Code of the account.
    pub account: String,
}

/// Days that something is posted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingDays {
    /// The days.
    pub days: BTreeSet<NaiveDate>,
    /// Whether periods that are soft-closed take it.
    pub into_soft_closed: bool,
}

/// Days that are kept from being closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayGuard {
    /// Who keeps them: a job.
    pub holder: Uuid,
    /// The first of them.
    pub first: NaiveDate,
    /// The last of them.
    pub last: NaiveDate,
    /// Until when (UTC), so that one whose holder died does not last.
    pub until: DateTime<Utc>,
}

/// A journal that is no document's, in the general book: it may be reversed by hand like one that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is called where it comes from.
    pub number: String,
    /// The day that it belongs to in the books.
    pub date: NaiveDate,
    /// Who was paid, or who paid.
    pub payee: Option<String>,
    /// What it is about.
    pub narration: Option<String>,
    /// Account and amount of its lines.
    pub lines: Vec<(AccountCode, LineAmount)>,
}

/// Who may be asked to set up books, inside the caller's transaction. A refusal is a problem in the ledger's own words; after it the
/// transaction is not to be committed.
#[async_trait]
pub trait LedgerSetUp: Send + Sync {
    /// All accounts of the tenant, by code.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn accounts(&self, tx: &mut dyn TenantConnection) -> Result<Vec<Account>, Problem>;

    /// Adds those of these accounts that are not there, all or none, with the groups above them; nobody else changes the chart until
    /// the transaction ends. One that is there with the same type stays as it is.
    ///
    /// # Errors
    /// Names `/accounts/<n>/type` of each that is there with another type (`type_differs`), or below one of another type
    /// (`differs_from_parent`).
    async fn add_accounts(
        &self,
        tx: &mut TenantTx,
        accounts: &[NewAccount],
    ) -> Result<AddedAccounts, Problem>;

    /// All rules of the tenant that say which account plays a part.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn rules(&self, tx: &mut dyn TenantConnection) -> Result<Vec<RoleRule>, Problem>;

    /// Adds a rule. Says whether it was added: not where one is there that asks for the same.
    ///
    /// # Errors
    /// When there is no such legal entity, or the account is not there or takes no postings.
    async fn add_rule(&self, tx: &mut TenantTx, rule: &RoleRule) -> Result<bool, Problem>;

    /// Which of these days lie in a period that takes no postings, and why, in words for people. None in books that are not there yet.
    ///
    /// # Errors
    /// When no legal entity is named and it is not clear which is meant.
    async fn refused_days(
        &self,
        tx: &mut dyn TenantConnection,
        entity: Option<&str>,
        days: &PostingDays,
    ) -> Result<BTreeMap<NaiveDate, String>, Problem>;

    /// Opens what is not there yet of the books that are to be posted to on these days: the first legal entity of a tenant, in the
    /// tenant's currency or else in `fallback`, and periods. They are not closed until the transaction ends.
    ///
    /// # Errors
    /// When a period takes no postings, or it is not clear whose books are meant or in which currency they are kept.
    async fn open_days(
        &self,
        tx: &mut TenantTx,
        entity: Option<&str>,
        fallback: Option<Currency>,
        days: &PostingDays,
    ) -> Result<Entity, Problem>;

    /// Keeps days from being closed, beyond this transaction; replaces what the holder keeps.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn guard_days(&self, tx: &mut TenantTx, guard: &DayGuard) -> Result<(), Problem>;

    /// Lets go of the days that a holder keeps.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn release_days(&self, tx: &mut TenantTx, holder: Uuid) -> Result<(), Problem>;

    /// Posts journals, all or none, in the order given, and gives their numbers. `origin` is the job that they come from.
    ///
    /// # Errors
    /// Names `/entries/<n>/lines/<m>/account` of each account that is not there or takes no postings; else as a posting is refused.
    async fn post_entries(
        &self,
        tx: &mut TenantTx,
        entity: &Entity,
        origin: Uuid,
        entries: &[Entry],
        into_soft_closed: bool,
    ) -> Result<Vec<String>, Problem>;

    /// Keys of the dimensions whose values each have lines that balance.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn balancing_dimensions(&self, tx: &mut dyn TenantConnection) -> Result<Vec<String>, Problem>;
}
