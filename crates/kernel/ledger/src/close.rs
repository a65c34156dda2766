//! The close of a period: what it has to prove, who says so, and who locks the books.
//!
//! Whoever closes asks every domain that has documents of the period what hinders the close ([`CloseCheck`]), and the ledger to
//! lock it ([`Periods`]). Each asks the books of the moment: nobody ticks what a system can prove.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::Problem;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Book, Entity};

/// Most figures that one step shows; [`CheckedStep::count`] says how many there are.
pub const MOST_FIGURES: usize = 50;

/// Most things that a step looks for: what hinders is counted up to here.
pub const MOST_COUNTED: i64 = 1_000;

/// The path of a list with a filter, in the form of a link.
#[must_use]
pub fn filtered(path: &str, filter: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    format!("{path}?filter={encoded}")
}

/// A period of a legal entity's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiscalPeriod {
    /// Id.
    pub id: Uuid,
    /// Whose books.
    pub entity: Entity,
    /// Name for people, such as `2025-03`.
    pub name: String,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// Whether it takes no postings at all.
    pub is_closed: bool,
    /// Whether it is closed by a signed-off close, which alone opens it again.
    pub is_signed_off: bool,
}

/// A step of a close as the system finds it at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ledger::CheckedStep)]
pub struct CheckedStep {
    /// What tells it from the others, for ever: the domain and a word.
    #[schema(example = "finance.trial_balance_zero")]
    pub step: String,
    /// What is proven, for people.
    #[schema(example = "The trial balance sums up to zero in each currency and in base currency")]
    pub title: String,
    /// Whether it holds now.
    pub is_proven: bool,
    /// How many things were looked at where it holds, and how many hinder it where it does not, counted up to 1,000.
    pub count: u64,
    /// What was found, at most 50: what hinders where it does not hold.
    pub figures: Vec<Figure>,
    /// What to do, where it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Where to do it: a path of this API.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/finance/reports/trial-balance?asOf=2025-03-31")]
    pub link: Option<String>,
}

/// Something that a step has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ledger::CloseFigure)]
pub struct Figure {
    /// What it is of: an account and a currency, the number of a document, a bank account.
    #[schema(example = "1200 Receivables USD")]
    pub subject: String,
    /// What is said of it, amounts debit positive in the currency that the name says.
    #[schema(example = "items 100.00, balance 100.00, difference 0.00")]
    pub text: String,
}

impl Figure {
    /// A figure.
    #[must_use]
    pub fn new(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { subject: subject.into(), text: text.into() }
    }
}

impl CheckedStep {
    /// A step that holds, and what was looked at for it.
    #[must_use]
    pub fn proven(step: &str, title: &str, looked_at: Vec<Figure>) -> Self {
        let count = u64::try_from(looked_at.len()).unwrap_or(u64::MAX);
        let figures = looked_at.into_iter().take(MOST_FIGURES).collect();
        Self {
            step: step.to_owned(),
            title: title.to_owned(),
            is_proven: true,
            count,
            figures,
            remedy: None,
            link: None,
        }
    }

    /// A step that holds where nothing hinders it. What is to be done otherwise, and where, is said by `remedy` and `link`.
    #[must_use]
    pub fn unless(step: &str, title: &str, hindering: Vec<Figure>, remedy: &str, link: &str) -> Self {
        let is_proven = hindering.is_empty();
        let held = Self::proven(step, title, hindering);
        if is_proven { held } else { held.but(remedy, link) }
    }

    /// The same step, not proven: what to do, and where.
    #[must_use]
    pub fn but(self, remedy: &str, link: &str) -> Self {
        Self { is_proven: false, remedy: Some(remedy.to_owned()), link: Some(link.to_owned()), ..self }
    }
}

/// A domain that says what hinders the close of a period.
#[async_trait]
pub trait CloseCheck: Send + Sync {
    /// Its steps as they are at this moment, always the same ones in the same order, whether they hold or not.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn check(
        &self,
        tx: &mut dyn TenantConnection,
        period: &FiscalPeriod,
    ) -> Result<Vec<CheckedStep>, Problem>;
}

/// All domains that say what hinders a close, in the order of their steps.
#[derive(Clone)]
pub struct CloseChecks(pub Vec<Arc<dyn CloseCheck>>);

impl std::fmt::Debug for CloseChecks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CloseChecks").field(&self.0.len()).finish()
    }
}

/// How far the numbers of a book in a fiscal year are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ledger::SeriesEnd)]
pub struct SeriesEnd {
    /// The book.
    pub book: Book,
    /// First day of the fiscal year.
    pub fiscal_year: NaiveDate,
    /// How many of its journals are of the days up to the end of the period.
    pub journals: i64,
    /// The last number given, whatever the day of its journal.
    #[schema(example = "JE-2025-000042")]
    pub number: String,
    /// Its place in the series, from 1.
    pub sequence: i64,
}

/// The periods of the ledger, as far as a close needs them. A refusal is a problem in the ledger's own words.
#[async_trait]
pub trait Periods: Send + Sync {
    /// The period with this id.
    ///
    /// # Errors
    /// When there is none.
    async fn find(&self, tx: &mut dyn TenantConnection, id: Uuid) -> Result<FiscalPeriod, Problem>;

    /// The period of a legal entity's books that a day falls into; `None` where it is not made yet.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn covering(
        &self,
        tx: &mut dyn TenantConnection,
        entity: &Entity,
        date: NaiveDate,
    ) -> Result<Option<FiscalPeriod>, Problem>;

    /// Waits for all who post into the period, or into an earlier one of the same books, or add periods, and keeps others waiting
    /// until the transaction ends. Gives the period as it is then.
    ///
    /// # Errors
    /// When there is none.
    async fn hold(&self, tx: &mut TenantTx, id: Uuid) -> Result<FiscalPeriod, Problem>;

    /// Closes a period that is held, from open over soft-closed or from where it is on the way, for good: it is
    /// opened by [`reopen`](Self::reopen) alone, and nothing opens or makes a period before it.
    ///
    /// # Errors
    /// When it is signed off already, an earlier one is open, or an import posts into it.
    async fn sign_off(&self, tx: &mut TenantTx, id: Uuid) -> Result<FiscalPeriod, Problem>;

    /// Opens a period that was signed off.
    ///
    /// # Errors
    /// When it is not signed off, or a later one of the same books still is.
    async fn reopen(&self, tx: &mut TenantTx, id: Uuid) -> Result<FiscalPeriod, Problem>;

    /// How far the numbers of all books are given in the fiscal years that the period is of, by book and year.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn series(
        &self,
        tx: &mut dyn TenantConnection,
        period: &FiscalPeriod,
    ) -> Result<Vec<SeriesEnd>, Problem>;

    /// Who posted last by hand into the period: a journal that is of no document.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn last_posted_by(
        &self,
        tx: &mut dyn TenantConnection,
        period: &FiscalPeriod,
    ) -> Result<Option<String>, Problem>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_holds_where_nothing_hinders_it_and_shows_only_so_much() {
        let held = CheckedStep::unless("a.b", "Title", Vec::new(), "do it", "/v1/there");
        assert_eq!((held.is_proven, held.count, held.remedy, held.link), (true, 0, None, None));
        let many = (0..120).map(|number| Figure::new(number.to_string(), "open")).collect();
        let hindered = CheckedStep::unless("a.b", "Title", many, "do it", "/v1/there");
        assert_eq!((hindered.is_proven, hindered.count, hindered.figures.len()), (false, 120, MOST_FIGURES));
        assert_eq!(hindered.remedy.as_deref(), Some("do it"));
    }
}
