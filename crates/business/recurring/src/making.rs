//! The one way of recurring entries into the books: what is due is written down, and what is written down is made, each once.

use athyper_kernel_db::TenantTx;
use athyper_kernel_error::{DomainError as _, Problem};
use athyper_kernel_ledger::{AccountRef, Book, Posted, Posting, PostingLine, Source};
use chrono::NaiveDate;

use crate::Deps;
use crate::allocating::{check_turn, hold, lines, work_out};
use crate::entities::OCCURRENCE;
use crate::error::{Error, problem};
use crate::model::allocation::Allocation;
use crate::model::entry::{Entry, EntryState};
use crate::model::occurrence::{Occurrence, OccurrenceId, OccurrenceState, Step};
use crate::store::{entries, occurrences};

/// Most entries that are looked at in one step.
const MOST_ENTRIES: i64 = 200;
/// Why an occurrence of an allocation key was skipped that makes no journal.
const NOTHING: &str = "nothing stands on the sender: there is nothing to spread";

/// Writes down what is due up to a day and not written down yet, at most `most` occurrences. Says how many it were.
///
/// The entry is locked and goes on to its next number in the same transaction, and the database has each number once: whoever comes
/// at the same time finds it done.
pub(crate) async fn write_down(tx: &mut TenantTx, up_to: NaiveDate, most: usize) -> Result<usize, Error> {
    let mut written = 0;
    for id in entries::due(tx, up_to, MOST_ENTRIES).await? {
        let Some(mut entry) = entries::lock(tx, id).await? else { continue };
        let before = entry.next_number;
        while written < most
            && entry.state == EntryState::Active
            && let Some(day) = entry.next_on.filter(|day| *day <= up_to)
        {
            let planned = planned(tx, &entry, (entry.next_number, Step::Post), day);
            occurrences::insert(tx, &planned).await?;
            entry.advance();
            written += 1;
        }
        if entry.next_number != before {
            entries::update(tx, &entry).await?;
        }
    }
    Ok(written)
}

fn planned(tx: &TenantTx, entry: &Entry, (number, step): (u32, Step), day: NaiveDate) -> Occurrence {
    Occurrence {
        id: OccurrenceId::new(tx.clock()),
        entry: entry.id,
        entity: entry.entity.clone(),
        number,
        step,
        due_on: day,
        state: OccurrenceState::Planned,
        attempts: 0,
        problem: None,
        problem_code: None,
        reason: None,
        allocation: None,
        journal: None,
        journal_number: None,
        version: 1,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
    }
}

/// An occurrence that was tried.
#[derive(Debug)]
pub(crate) struct Tried {
    /// The occurrence as it is now.
    pub(crate) occurrence: Occurrence,
    /// The day of its reversal, if that was written down with it.
    pub(crate) reverses_on: Option<NaiveDate>,
}

/// Makes an occurrence, unless it is made: it is locked, so of several who try at once one does. What the ledger refuses is undone to
/// the last row and written down as failed; only a fault of the system is an error. Gives the occurrence as it is then.
pub(crate) async fn make(
    tx: &mut TenantTx,
    deps: &Deps,
    id: OccurrenceId,
    into_soft_closed: bool,
) -> Result<Option<Tried>, Error> {
    hold_for(tx, deps, id).await?;
    let Some(mut occurrence) = occurrences::lock(tx, id).await? else { return Ok(None) };
    if !occurrence.state.is_open() {
        return Ok(None);
    }
    // Read under the lock: whoever was waited for may have changed it.
    let entry = entries::find(tx, occurrence.entry).await?.ok_or(Error::EntryNotFound)?;
    tx.savepoint("occurrence").await?;
    let done = post(tx, deps, &entry, &occurrence, into_soft_closed).await;
    let mut reverses_on = None;
    let refused = match done {
        Ok(done) => {
            reverses_on = done.reverses_on;
            (occurrence.problem, occurrence.problem_code) = (None, None);
            occurrence.allocation = done.allocation;
            if let Some(posted) = done.posted {
                occurrence.state = OccurrenceState::Made;
                occurrence.journal = Some(posted.journal);
                occurrence.journal_number = Some(posted.number);
            } else {
                occurrence.state = OccurrenceState::Skipped;
                occurrence.reason = Some(NOTHING.to_owned());
            }
            None
        }
        Err(error) if error.kind().is_fault() => return Err(error),
        Err(error) => Some(problem(error)),
    };
    tx.end_savepoint("occurrence", refused.is_none()).await?;
    if let Some(problem) = refused {
        occurrence.state = OccurrenceState::Failed;
        occurrence.problem = Some(in_words(&problem));
        occurrence.problem_code = Some(problem.code.to_owned());
    }
    occurrence.attempts = occurrence.attempts.saturating_add(1);
    occurrences::update(tx, &occurrence).await?;
    occurrence.version += 1;
    Ok(Some(Tried { occurrence, reverses_on }))
}

/// What the ledger says, with the fields that it blames.
fn in_words(problem: &Problem) -> String {
    let fields: Vec<String> =
        problem.fields.iter().take(5).map(|field| format!("{}: {}", field.pointer, field.message)).collect();
    if fields.is_empty() {
        problem.detail.clone()
    } else {
        format!("{} ({})", problem.detail, fields.join("; "))
    }
}

/// Where the ledger has what an occurrence posted.
pub(crate) fn source(id: OccurrenceId) -> Source {
    Source::new(OCCURRENCE, id.uuid(), "post")
}

/// Keeps others from posting to what an occurrence of an allocation key is worked out from; does nothing for other occurrences.
pub(crate) async fn hold_for(tx: &mut TenantTx, deps: &Deps, id: OccurrenceId) -> Result<(), Error> {
    let Some(occurrence) = occurrences::find(tx, id).await? else { return Ok(()) };
    let entry = entries::find(tx, occurrence.entry).await?;
    if entry.is_some_and(|entry| entry.allocation.is_some()) {
        hold(tx, deps, &occurrence.entity, occurrence.due_on).await?;
    }
    Ok(())
}

/// What came of an occurrence.
struct Done {
    /// The journal; none where there is nothing to post.
    posted: Option<Posted>,
    /// How its lines came about, if it is of an allocation key.
    allocation: Option<Allocation>,
    /// The day of its reversal, if one was written down.
    reverses_on: Option<NaiveDate>,
}

async fn post(
    tx: &mut TenantTx,
    deps: &Deps,
    entry: &Entry,
    occurrence: &Occurrence,
    into_soft_closed: bool,
) -> Result<Done, Error> {
    let done = |posted, reverses_on| Done { posted: Some(posted), allocation: None, reverses_on };
    match occurrence.step {
        Step::Post if entry.allocation.is_some() => {
            allocate(tx, deps, entry, occurrence, into_soft_closed).await
        }
        Step::Post => {
            let amounts = entry.amounts(occurrence.number)?;
            let lines = entry.lines.iter().zip(amounts).map(|(line, amount)| PostingLine {
                party: line.party,
                dimensions: line.dimensions.clone(),
                memo: line.memo.clone(),
                ..PostingLine::new(AccountRef::Code(line.account.clone()), amount)
            });
            let posting = posting(entry, occurrence, lines.collect(), into_soft_closed);
            let posted = deps.ledger.post(tx, &posting).await?;
            let reverses_on = plan_reversal(tx, deps, entry, occurrence).await?;
            Ok(done(posted, reverses_on))
        }
        Step::Reverse => {
            let number = (entry.id, occurrence.number, Step::Post);
            let posted = occurrences::of_number(tx, number).await?.ok_or(Error::OccurrenceNotFound)?;
            let narration = format!("{}, reversed", narration(entry));
            let (source, day) = (source(posted), Some(occurrence.due_on));
            let reversed = deps.ledger.reverse(tx, &source, day, Some(&narration), into_soft_closed).await?;
            Ok(done(reversed, None))
        }
    }
}

async fn allocate(
    tx: &mut TenantTx,
    deps: &Deps,
    entry: &Entry,
    occurrence: &Occurrence,
    into_soft_closed: bool,
) -> Result<Done, Error> {
    let key = entry.allocation.as_ref().ok_or(Error::NotAKey)?;
    check_turn(tx, entry, key, occurrence.due_on).await?;
    let allocation = work_out(tx, deps, (entry, key), occurrence.due_on).await?;
    let posted = if allocation.amount.is_zero() {
        None
    } else {
        let lines = lines(entry, key, &allocation)?;
        Some(deps.ledger.post(tx, &posting(entry, occurrence, lines, into_soft_closed)).await?)
    };
    Ok(Done { posted, allocation: Some(allocation), reverses_on: None })
}

fn narration(entry: &Entry) -> &str {
    entry.narration.as_deref().unwrap_or(&entry.name)
}

fn posting(
    entry: &Entry,
    occurrence: &Occurrence,
    lines: Vec<PostingLine>,
    into_soft_closed: bool,
) -> Posting {
    Posting {
        entity: Some(entry.entity.clone()),
        book: Book::General,
        date: occurrence.due_on,
        source: source(occurrence.id),
        reference: None,
        payee: None,
        narration: Some(narration(entry).to_owned()),
        rates: std::collections::BTreeMap::new(),
        lines,
        into_soft_closed,
    }
}

/// Writes down the reversal of what was just posted, to be made on its day. Gives that day.
async fn plan_reversal(
    tx: &mut TenantTx,
    deps: &Deps,
    entry: &Entry,
    posted: &Occurrence,
) -> Result<Option<NaiveDate>, Error> {
    if entry.reversal.is_none() {
        return Ok(None);
    }
    let books = deps.ledger.entity(tx, Some(&entry.entity)).await?;
    let period = deps.periods.covering(tx, &books, posted.due_on).await?;
    let period_end = period.map(|period| period.ends_on);
    let day = entry.reverses_on(posted.due_on, period_end).ok_or(Error::DayUnknown)?;
    let reversal = planned(tx, entry, (posted.number, Step::Reverse), day);
    occurrences::insert(tx, &reversal).await?;
    Ok(Some(day))
}
