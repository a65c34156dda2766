//! Who has a say in whether a journal may be posted, beside the ledger itself.

use std::collections::BTreeMap;

use async_trait::async_trait;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{Entity, Source};

/// A line that is about to be posted.
#[derive(Clone, Copy, Debug)]
pub struct LineToPost<'p> {
    /// Id of its journal.
    pub journal: Uuid,
    /// Its position in the journal, from 0.
    pub position: usize,
    /// The document that is posted; of a journal written by hand [`journal_source`].
    pub source: &'p Source,
    /// Day of the journal.
    pub date: NaiveDate,
    /// Code of the account.
    pub account: &'p str,
    /// Value by key of the dimension.
    pub dimensions: &'p BTreeMap<String, String>,
}

/// What a journal that was written by hand is posted for: the journal itself.
#[must_use]
pub fn journal_source(journal: Uuid) -> Source {
    Source::new("finance.journal", journal, "post")
}

/// What was found to have a say, and is held until the transaction ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Place of a line in what was asked, and what has a say in it, in the words of who controls.
    pub lines: Vec<(usize, Uuid)>,
}

/// Something to know about a posting that goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Id of the journal.
    pub journal: Uuid,
    /// Why.
    pub message: String,
}

/// Asked by the ledger in the transaction that posts: once before it takes any lock, and once when the lines are in the balances
/// and before the number is taken. An error refuses the posting, whatever it is: who cannot say yes says no.
#[async_trait]
pub trait PostingControl: Send + Sync {
    /// Finds and holds what has a say in these lines. Nothing held means that [`check`](Self::check) need not be asked.
    ///
    /// # Errors
    /// When it cannot be said.
    async fn hold(
        &self,
        tx: &mut TenantTx,
        entity: &Entity,
        lines: &[LineToPost<'_>],
    ) -> Result<Held, Problem>;

    /// Refuses what may not be posted. `base` is what each line is worth in base currency, debit positive, in the order of
    /// `lines`.
    ///
    /// # Errors
    /// When a line may not be posted, with pointers `/lines/<position>/account`; or when that cannot be said.
    async fn check(
        &self,
        tx: &mut TenantTx,
        entity: &Entity,
        lines: &[LineToPost<'_>],
        base: &[Decimal],
        held: &Held,
    ) -> Result<Vec<Warning>, Problem>;
}

/// Nobody has a say: for books that are kept without budgets.
#[derive(Clone, Copy, Debug)]
pub struct Uncontrolled;

#[async_trait]
impl PostingControl for Uncontrolled {
    async fn hold(&self, _: &mut TenantTx, _: &Entity, _: &[LineToPost<'_>]) -> Result<Held, Problem> {
        Ok(Held::default())
    }

    async fn check(
        &self,
        _: &mut TenantTx,
        _: &Entity,
        _: &[LineToPost<'_>],
        _: &[Decimal],
        _: &Held,
    ) -> Result<Vec<Warning>, Problem> {
        Ok(Vec::new())
    }
}
