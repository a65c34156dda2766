//! The one way into the ledger: by hand, by reversal and by import alike.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_db::{DbError, TenantTx, take_numbers};
use athyper_kernel_types::Id;
use chrono::NaiveDate;

use crate::Deps;
use crate::error::Error;
use crate::model::journal::JournalId;
use crate::model::period::{Period, PeriodState, month_name, uncovered_month};
use crate::store::journals::Numbered;
use crate::store::{balances, journals, periods};

/// Name of the series that journals take their numbers from.
const SERIES: &str = "journal";

/// What whoever posts may do beside posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PostingRights {
    /// Post into periods that are soft-closed.
    pub(crate) into_soft_closed: bool,
}

/// Finds the periods that cover these dates, checks that they take postings, and keeps them from being closed until the
/// transaction ends. A date that no period covers gets its calendar month as a new open period.
///
/// # Errors
/// [`Error::PeriodClosed`] or [`Error::PeriodSoftClosed`] for the earliest date in such a period.
pub(crate) async fn enter_periods(
    tx: &mut TenantTx,
    dates: impl IntoIterator<Item = NaiveDate>,
    rights: PostingRights,
) -> Result<(), Error> {
    let mut entered: Option<Period> = None;
    for date in dates.into_iter().collect::<BTreeSet<_>>() {
        if entered.as_ref().is_some_and(|period| period.covers(date)) {
            continue;
        }
        let period = match periods::hold_covering(tx, date).await? {
            Some(period) => period,
            None => open_month(tx, date).await?,
        };
        check_open(&period, date, rights)?;
        entered = Some(period);
    }
    Ok(())
}

/// Whether a journal of this date may be posted into the period that covers it.
///
/// # Errors
/// [`Error::PeriodClosed`] or [`Error::PeriodSoftClosed`].
pub(crate) fn check_open(period: &Period, date: NaiveDate, rights: PostingRights) -> Result<(), Error> {
    let name = period.name.clone();
    match period.state {
        PeriodState::Closed => Err(Error::PeriodClosed { date, name }),
        PeriodState::SoftClosed if !rights.into_soft_closed => Err(Error::PeriodSoftClosed { date, name }),
        PeriodState::SoftClosed | PeriodState::Open => Ok(()),
    }
}

/// Gives a date its calendar month, as far as no period covers it.
async fn open_month(tx: &mut TenantTx, date: NaiveDate) -> Result<Period, Error> {
    periods::lock_calendar(tx).await?;
    // Whoever held the lock before may have made it.
    if let Some(period) = periods::hold_covering(tx, date).await? {
        return Ok(period);
    }
    let (previous_end, next_start) = periods::neighbours(tx, date).await?;
    let (starts_on, ends_on) = uncovered_month(date, previous_end, next_start);
    let period = Period {
        id: Id::new(tx.clock()),
        name: month_name(starts_on, ends_on),
        starts_on,
        ends_on,
        state: PeriodState::Open,
        version: 1,
    };
    periods::insert(tx, &period).await?;
    Ok(period)
}

/// Turns checked drafts into posted journals: takes their numbers, in the order given within each year, and adds their
/// lines to the balances. Locks are taken in one order everywhere: periods, then numbers, then balances.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn post(
    tx: &mut TenantTx,
    deps: &Deps,
    drafts: &[(JournalId, NaiveDate)],
) -> Result<(), Error> {
    let mut years: BTreeMap<String, Vec<(JournalId, NaiveDate)>> = BTreeMap::new();
    for (id, date) in drafts {
        years.entry(deps.journal_numbers.reset_key(*date)).or_default().push((*id, *date));
    }
    let mut numbered = Vec::with_capacity(drafts.len());
    for journals in years.values() {
        let Some((_, date)) = journals.first() else {
            continue;
        };
        let count = u32::try_from(journals.len()).unwrap_or(u32::MAX);
        let first = take_numbers(tx, SERIES, &deps.journal_numbers, *date, count).await?;
        for (sequence, (id, date)) in (first..).zip(journals) {
            let number = deps.journal_numbers.format(*date, sequence);
            let sequence = i64::try_from(sequence)
                .map_err(|_| DbError::Corrupt(format!("journal number {sequence}")))?;
            numbered.push(Numbered { id: *id, number, sequence });
        }
    }
    journals::mark_posted(tx, &numbered).await?;
    let ids: Vec<JournalId> = drafts.iter().map(|(id, _)| *id).collect();
    balances::add_posted(tx, &ids).await?;
    Ok(())
}
