//! Posts the journals of an uploaded file.
//!
//! First the whole file is read and held against accounts and periods; a file with any error posts nothing. Then the
//! journals are posted in batches, each in one transaction with the checkpoint that names it done. A run that was
//! interrupted goes on behind the last batch that was committed.
//!
//! From before the first batch to after the last one the days of the file are guarded: their periods cannot be closed.
//! Each batch renews the guard, so that one whose worker died is gone after [`GUARD`].

use std::collections::HashMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_jobs::{
    JobError, JobPayload, JobRun, Upload, delete_upload, set_progress, succeed_operation,
};
use athyper_kernel_ledger::{Account, AccountCode, DayGuard, Entity, Entry, PostingDays};
use athyper_kernel_types::{Currency, Id};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Deps;
use crate::error::Error;
use crate::jobs::file::{free_file, read_file};
use crate::model::csv_table::RowErrors;
use crate::model::journal_file::{self, FileEntry};
use crate::store::imports;

/// How many journals a transaction posts.
const BATCH: usize = 100;

/// How long the days of an import stay guarded after its last sign of life.
const GUARD: TimeDelta = TimeDelta::minutes(5);

/// Which file, and what was decided when it was accepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportJournals {
    /// The uploaded file.
    pub(crate) upload: Id<Upload>,
    /// Whether whoever sent it may post to soft-closed periods.
    pub(crate) into_soft_closed: bool,
    /// Code of the legal entity; the tenant's only one, or `main`, where there is none.
    #[serde(default)]
    pub(crate) entity: Option<String>,
    /// Currency of lines that name none.
    #[serde(default)]
    pub(crate) default_currency: Option<Currency>,
}

impl JobPayload for ImportJournals {
    const NAME: &'static str = "opening.import_journals";
    // It goes on where it stopped, so trying again costs little; giving up costs a person's time.
    const MAX_ATTEMPTS: i16 = 25;
}

impl ImportJournals {
    /// A payload of the present form.
    pub(crate) fn sample() -> Self {
        Self {
            upload: Id::nil(),
            into_soft_closed: false,
            entity: None,
            default_currency: Currency::parse("EUR").ok(),
        }
    }
}

/// A file that has been read, and how far it is posted.
struct Checked {
    entries: Vec<FileEntry>,
    /// How many of them are posted.
    done: usize,
    /// The number of the first of them.
    first_number: Option<String>,
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: ImportJournals) -> Result<(), JobError> {
    let Checked { entries, mut done, mut first_number } = read_and_check(&run, &deps, &payload).await?;
    let total = entries.len();
    let pending = entries.get(done..).unwrap_or_default();

    let begun = begin(&run, &deps, &payload, pending, (done, total)).await;
    let (entity, guard) = begun.map_err(|error| partly(error, done, total))?;
    for batch in pending.chunks(BATCH) {
        let mut tx = run.tx().await?;
        let numbers = post_batch(&mut tx, &run, &deps, &payload, &entity, batch).await;
        let numbers = numbers.map_err(|error| partly(error, done, total))?;
        done += batch.len();
        let is_last = done == total;
        first_number = first_number.or_else(|| numbers.first().cloned());
        imports::advance(&mut tx, run.id(), count(done), first_number.as_deref()).await?;
        if is_last {
            deps.set_up.release_days(&mut tx, guard.holder).await?;
        } else {
            let guard = DayGuard { until: tx.now() + GUARD, ..guard.clone() };
            deps.set_up.guard_days(&mut tx, &guard).await?;
        }
        set_progress(&mut tx, run.id(), count(done), Some(count(total))).await?;
        let event = AuditEvent::info("opening.import_journals")
            .about("platform.job", run.id())
            .with("posted", batch.len())
            .with("done", done)
            .with("total", total);
        if is_last {
            let result = summary(&entries, first_number.as_deref(), numbers.last());
            succeed_operation(&mut tx, run.id(), result.clone()).await?;
            delete_upload(&mut tx, payload.upload).await?;
            run.complete(tx, event.with("result", result)).await?;
            free_file(&run, &*deps.uploads, payload.upload).await;
            return Ok(());
        }
        run.commit(tx, event).await?;
    }
    Err(JobError::abort("the file has no rows left to post"))
}

/// Reads the file, holds what is not yet posted of it against the ledger, and says how many entries are posted.
async fn read_and_check(run: &JobRun, deps: &Deps, payload: &ImportJournals) -> Result<Checked, JobError> {
    let default_currency = payload.default_currency;
    let read = move |file: &[u8]| journal_file::read(file, default_currency);
    let (entries, mut errors) = read_file(run, &*deps.uploads, payload.upload, read).await?;
    let mut tx = run.read_tx().await?;
    let (done, first_number) = imports::find(&mut tx, run.id()).await?.unwrap_or((0, None));
    let done = usize::try_from(done).unwrap_or(0);
    let pending = entries.get(done..).unwrap_or_default();
    let known = deps.set_up.accounts(&mut tx).await?;
    let by_code: HashMap<&AccountCode, &Account> =
        known.iter().map(|account| (&account.code, account)).collect();
    let refused =
        deps.set_up.refused_days(&mut tx, payload.entity.as_deref(), &days(pending, payload)).await?;
    for entry in pending {
        check_accounts(entry, &by_code, &mut errors);
        if let Some(reason) = refused.get(&entry.date) {
            errors.push(FieldError::in_row(entry.row, "date", "period_closed", reason.clone()));
        }
    }
    let checked = errors.into_result().map_err(Error::InvalidFile);
    checked.map_err(|error| partly(error, done, entries.len()))?;
    Ok(Checked { entries, done, first_number })
}

/// Checks that the accounts of an entry exist and take postings.
fn check_accounts(entry: &FileEntry, by_code: &HashMap<&AccountCode, &Account>, errors: &mut RowErrors) {
    for line in &entry.lines {
        let wrong = match by_code.get(&line.account).map(|account| &account.refusal) {
            None => ("unknown_account", format!("there is no account {}", line.account)),
            Some(Some(reason)) => ("account_not_usable", format!("{}: {reason}", line.account)),
            Some(None) => continue,
        };
        errors.push(FieldError::in_row(line.row, "account", wrong.0, wrong.1));
    }
}

/// The days of entries.
fn days(entries: &[FileEntry], payload: &ImportJournals) -> PostingDays {
    PostingDays {
        days: entries.iter().map(|entry| entry.date).collect(),
        into_soft_closed: payload.into_soft_closed,
    }
}

/// Enters all periods that are left to post into, and guards them against closing.
async fn begin(
    run: &JobRun,
    deps: &Deps,
    payload: &ImportJournals,
    pending: &[FileEntry],
    (done, total): (usize, usize),
) -> Result<(Entity, DayGuard), JobError> {
    let days = days(pending, payload);
    let (Some(first), Some(last)) = (days.days.first().copied(), days.days.last().copied()) else {
        return Err(JobError::abort("the file has no rows left to post"));
    };
    let mut tx = run.tx().await?;
    let fallback = one_currency(pending);
    let entity = deps.set_up.open_days(&mut tx, payload.entity.as_deref(), fallback, &days).await?;
    let guard = DayGuard { holder: run.id().uuid(), first, last, until: tx.now() + GUARD };
    deps.set_up.guard_days(&mut tx, &guard).await?;
    imports::advance(&mut tx, run.id(), count(done), None).await?;
    set_progress(&mut tx, run.id(), count(done), Some(count(total))).await?;
    let event = AuditEvent::info("opening.import_journals")
        .about("platform.job", run.id())
        .with("done", done)
        .with("total", total)
        .with("firstDate", first.to_string())
        .with("lastDate", last.to_string());
    run.commit(tx, event).await?;
    Ok((entity, guard))
}

/// Posts a batch, and gives the numbers of its journals. The ledger checks accounts and periods again, because they may have changed
/// since the file was read.
async fn post_batch(
    tx: &mut TenantTx,
    run: &JobRun,
    deps: &Deps,
    payload: &ImportJournals,
    entity: &Entity,
    batch: &[FileEntry],
) -> Result<Vec<String>, JobError> {
    let entry = |entry: &FileEntry| Entry {
        number: entry.entry_no.as_str().to_owned(),
        date: entry.date,
        payee: entry.payee.to_option(),
        narration: entry.narration.to_option(),
        lines: entry.lines.iter().map(|line| (line.account.clone(), line.amount)).collect(),
    };
    let entries: Vec<Entry> = batch.iter().map(entry).collect();
    let posted =
        deps.set_up.post_entries(tx, entity, run.id().uuid(), &entries, payload.into_soft_closed).await;
    posted.map_err(|problem| in_rows(problem, batch).into())
}

/// What the ledger has against entries, at the rows of their lines.
fn in_rows(problem: Problem, batch: &[FileEntry]) -> Problem {
    let mut errors = RowErrors::default();
    for error in &problem.fields {
        let steps: Vec<&str> = error.pointer.split('/').collect();
        let line = match steps.as_slice() {
            ["", "entries", entry, "lines", line, ..] => {
                entry.parse::<usize>().ok().zip(line.parse::<usize>().ok())
            }
            _ => None,
        };
        let row = line.and_then(|(entry, line)| Some(batch.get(entry)?.lines.get(line)?.row));
        let Some(row) = row else { return problem };
        let column = steps.get(5).copied().unwrap_or_default();
        errors.push(FieldError::in_row(row, column, error.code.clone(), error.message.clone()));
    }
    match errors.into_result() {
        Ok(()) => problem,
        Err(errors) => Error::InvalidFile(errors).into(),
    }
}

/// The currency of all lines of these entries, if they are in one.
fn one_currency(entries: &[FileEntry]) -> Option<Currency> {
    let mut currencies = entries.iter().flat_map(|entry| &entry.lines).map(|line| line.amount.currency());
    let first = currencies.next()?;
    currencies.all(|currency| currency == first).then_some(first)
}

/// What came of the import.
fn summary(entries: &[FileEntry], first_number: Option<&str>, last_number: Option<&String>) -> Value {
    let lines: usize = entries.iter().map(|entry| entry.lines.len()).sum();
    json!({
        "journals": entries.len(),
        "lines": lines,
        "firstNumber": first_number,
        "lastNumber": last_number,
    })
}

/// Says how much was posted before an import ended for good.
fn partly(error: impl Into<JobError>, done: usize, total: usize) -> JobError {
    match error.into() {
        JobError::Abort { message, errors } if done > 0 => {
            let message = format!("{done} of {total} journals are posted, the others are not: {message}");
            JobError::Abort { message, errors }
        }
        other => other,
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
