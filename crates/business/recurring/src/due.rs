//! What is written down and to be made, in the order of days.

use std::collections::VecDeque;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use chrono::{DateTime, NaiveDate, Utc};

use crate::Deps;
use crate::error::Error;
use crate::making::make;
use crate::model::occurrence::{Occurrence, OccurrenceId};
use crate::store::occurrences;

/// How many are read at once.
const STEP: i64 = 500;

/// The occurrences that a run has before it, each of which it tries once.
///
/// Making one may write down another, its reversal, that comes before what was read already: what was read is read again then, so
/// that an allocation key finds on its sender what was posted up to its day.
#[derive(Debug)]
pub(crate) struct Due {
    up_to: NaiveDate,
    started: DateTime<Utc>,
    by_somebody: bool,
    /// What was read and not taken yet, the earliest first.
    read: VecDeque<OccurrenceId>,
    passed_over: Vec<OccurrenceId>,
}

impl Due {
    /// What is due up to a day and was not tried since the run started. Keys that wait for somebody are among it where `by_somebody`.
    pub(crate) fn new(up_to: NaiveDate, started: DateTime<Utc>, by_somebody: bool) -> Self {
        Self { up_to, started, by_somebody, read: VecDeque::new(), passed_over: Vec::new() }
    }

    /// Whether nothing is left of what was read, so that it is to be read again.
    pub(crate) fn is_read_out(&self) -> bool {
        self.read.is_empty()
    }

    /// Reads what comes next.
    pub(crate) async fn read(&mut self, tx: &mut (impl TenantConnection + ?Sized)) -> Result<(), DbError> {
        let which = (self.up_to, self.started);
        self.read =
            occurrences::to_make(tx, which, (self.by_somebody, &self.passed_over), STEP).await?.into();
        Ok(())
    }

    /// Takes the next one; none where nothing is left after it was read.
    pub(crate) fn take(&mut self) -> Option<OccurrenceId> {
        self.read.pop_front()
    }

    /// Makes one that was taken, as [`make`] does.
    pub(crate) async fn make(
        &mut self,
        tx: &mut TenantTx,
        deps: &Deps,
        id: OccurrenceId,
        into_soft_closed: bool,
    ) -> Result<Option<Occurrence>, Error> {
        let Some(tried) = make(tx, deps, id, into_soft_closed).await? else { return Ok(None) };
        if tried.reverses_on.is_some_and(|day| day <= self.up_to) {
            self.read.clear();
        }
        Ok(Some(tried.occurrence))
    }

    /// Leaves one as it is for the rest of the run, because a fault of the system keeps it from being made.
    pub(crate) fn pass_over(&mut self, id: OccurrenceId) {
        self.passed_over.push(id);
    }
}
