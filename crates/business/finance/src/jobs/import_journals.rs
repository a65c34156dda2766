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
use athyper_kernel_error::FieldError;
use athyper_kernel_jobs::{
    JobError, JobPayload, JobRun, Upload, delete_upload, set_progress, succeed_operation,
};
use athyper_kernel_ledger::Book;
use athyper_kernel_types::{Currency, Id};
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Deps;
use crate::error::Error;
use crate::jobs::file::{free_file, read_file};
use crate::model::account::{Account, AccountCode};
use crate::model::csv_table::RowErrors;
use crate::model::journal::{ImportedFrom, JournalId, NewJournal, NewLine};
use crate::model::journal_file::{self, FileEntry};
use crate::model::legal_entity::EntityId;
use crate::model::period::Period;
use crate::posting::{PostingRights, check_open, enter_periods, post};
use crate::store::{accounts, imports, journals, periods};
use crate::whose_books;

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
    const NAME: &'static str = "finance.import_journals";
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

    fn rights(&self) -> PostingRights {
        PostingRights { into_soft_closed: self.into_soft_closed }
    }
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: ImportJournals) -> Result<(), JobError> {
    let (entries, mut done) = read_and_check(&run, &deps, &payload).await?;
    let total = entries.len();
    let pending = entries.get(done..).unwrap_or_default();

    begin(&run, &payload, pending, done, total).await.map_err(|error| partly(error, done, total))?;
    for batch in pending.chunks(BATCH) {
        let mut tx = run.tx().await?;
        post_batch(&mut tx, &deps, &run, &payload, batch)
            .await
            .map_err(|error| partly(error, done, total))?;
        done += batch.len();
        let is_last = done == total;
        let guarded_until = (!is_last).then(|| tx.now() + GUARD);
        imports::advance(&mut tx, run.id(), count(done), guarded_until).await?;
        set_progress(&mut tx, run.id(), count(done), Some(count(total))).await?;
        let event = AuditEvent::info("finance.import_journals")
            .about("platform.job", run.id())
            .with("posted", batch.len())
            .with("done", done)
            .with("total", total);
        if is_last {
            let result = summary(&mut tx, &run, &entries).await?;
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
async fn read_and_check(
    run: &JobRun,
    deps: &Deps,
    payload: &ImportJournals,
) -> Result<(Vec<FileEntry>, usize), JobError> {
    let default_currency = payload.default_currency;
    let read = move |file: &[u8]| journal_file::read(file, default_currency);
    let (entries, mut errors) = read_file(run, &*deps.uploads, payload.upload, read).await?;
    let mut tx = run.read_tx().await?;
    let done = imports::done_entries(&mut tx, run.id()).await?.unwrap_or(0);
    let done = usize::try_from(done).unwrap_or(0);
    let known = accounts::all(&mut tx).await?;
    let by_code: HashMap<&AccountCode, &Account> =
        known.iter().map(|account| (&account.code, account)).collect();
    let calendar = match whose_books::find(&mut tx, payload.entity.as_deref()).await {
        Ok(entity) => periods::all(&mut tx, entity.id).await?,
        // The first books of a tenant are opened by what is posted first.
        Err(Error::EntityNotFound) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    for entry in entries.iter().skip(done) {
        check_accounts(entry, &by_code, &mut errors);
        check_period(entry, &calendar, payload.rights(), &mut errors);
    }
    let checked = errors.into_result().map_err(Error::InvalidFile);
    checked.map_err(|error| partly(error, done, entries.len()))?;
    Ok((entries, done))
}

/// Checks that the accounts of an entry exist and take postings.
fn check_accounts(entry: &FileEntry, by_code: &HashMap<&AccountCode, &Account>, errors: &mut RowErrors) {
    for line in &entry.lines {
        let wrong = match by_code.get(&line.account).map(|account| account.check_usable()) {
            None => ("unknown_account", format!("there is no account {}", line.account)),
            Some(Err(reason)) => ("account_not_usable", format!("{}: {reason}", line.account)),
            Some(Ok(())) => continue,
        };
        errors.push(FieldError::in_row(line.row, "account", wrong.0, wrong.1));
    }
}

/// Checks that the period of an entry, if it has one already, takes postings.
fn check_period(entry: &FileEntry, calendar: &[Period], rights: PostingRights, errors: &mut RowErrors) {
    let next = calendar.partition_point(|period| period.starts_on <= entry.date);
    let covering =
        next.checked_sub(1).and_then(|at| calendar.get(at)).filter(|period| period.covers(entry.date));
    if let Some(period) = covering
        && let Err(error) = check_open(period, entry.date, None, rights)
    {
        errors.push(FieldError::in_row(entry.row, "date", "period_closed", error.to_string()));
    }
}

/// Enters all periods that are left to post into, and guards them against closing.
async fn begin(
    run: &JobRun,
    payload: &ImportJournals,
    pending: &[FileEntry],
    done: usize,
    total: usize,
) -> Result<(), JobError> {
    let dates: Vec<NaiveDate> = pending.iter().map(|entry| entry.date).collect();
    let (Some(first), Some(last)) = (dates.iter().min().copied(), dates.iter().max().copied()) else {
        return Ok(());
    };
    let mut tx = run.tx().await?;
    let entity = whose_books::find_or_open(&mut tx, payload.entity.as_deref(), one_currency(pending)).await?;
    enter_periods(&mut tx, &entity, dates.into_iter().map(|date| (date, None)), payload.rights()).await?;
    let guarded_until = tx.now() + GUARD;
    imports::begin(&mut tx, run.id(), first, last, guarded_until).await?;
    set_progress(&mut tx, run.id(), count(done), Some(count(total))).await?;
    let event = AuditEvent::info("finance.import_journals")
        .about("platform.job", run.id())
        .with("done", done)
        .with("total", total)
        .with("firstDate", first.to_string())
        .with("lastDate", last.to_string());
    run.commit(tx, event).await
}

/// Posts a batch. Accounts and periods are checked again, because they may have changed since the file was read.
async fn post_batch(
    tx: &mut TenantTx,
    deps: &Deps,
    run: &JobRun,
    payload: &ImportJournals,
    batch: &[FileEntry],
) -> Result<(), Error> {
    let codes: Vec<&AccountCode> =
        batch.iter().flat_map(|entry| &entry.lines).map(|line| &line.account).collect();
    let held = accounts::hold_by_codes(tx, &codes).await?;
    let by_code: HashMap<&AccountCode, &Account> =
        held.iter().map(|account| (&account.code, account)).collect();
    let mut errors = RowErrors::default();
    for entry in batch {
        check_accounts(entry, &by_code, &mut errors);
    }
    errors.into_result().map_err(Error::InvalidFile)?;
    let entity = whose_books::find_or_open(tx, payload.entity.as_deref(), one_currency(batch)).await?;
    let drafts: Vec<NewJournal> =
        batch.iter().map(|entry| draft((Id::new(tx.clock()), entity.id), entry, &by_code, run)).collect();
    journals::insert_drafts(tx, &drafts).await?;
    post(tx, &*deps.control, &entity, &drafts, payload.rights()).await?;
    Ok(())
}

/// The currency of all lines of these entries, if they are in one.
fn one_currency(entries: &[FileEntry]) -> Option<Currency> {
    let mut currencies = entries.iter().flat_map(|entry| &entry.lines).map(|line| line.amount.currency());
    let first = currencies.next()?;
    currencies.all(|currency| currency == first).then_some(first)
}

fn draft(
    (id, entity): (JournalId, EntityId),
    entry: &FileEntry,
    by_code: &HashMap<&AccountCode, &Account>,
    run: &JobRun,
) -> NewJournal {
    let lines = entry.lines.iter().filter_map(|line| {
        let account = by_code.get(&line.account)?.id;
        Some(NewLine::new(account, line.amount))
    });
    NewJournal {
        payee: entry.payee.to_option(),
        narration: entry.narration.to_option(),
        import: Some(ImportedFrom { job: run.id(), entry_no: entry.entry_no.as_str().to_owned() }),
        ..NewJournal::new(id, entity, Book::General, entry.date, lines.collect())
    }
}

/// What came of the import.
async fn summary(tx: &mut TenantTx, run: &JobRun, entries: &[FileEntry]) -> Result<Value, JobError> {
    let mut numbers = [None, None];
    for (number, entry) in numbers.iter_mut().zip([entries.first(), entries.last()]) {
        if let Some(entry) = entry {
            *number = journals::number_of_entry(tx, run.id(), entry.entry_no.as_str()).await?;
        }
    }
    let [first_number, last_number] = numbers;
    let lines: usize = entries.iter().map(|entry| entry.lines.len()).sum();
    Ok(json!({
        "journals": entries.len(),
        "lines": lines,
        "firstNumber": first_number,
        "lastNumber": last_number,
    }))
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
