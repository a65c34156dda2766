//! Enters the statements of an uploaded file, all of them or none, in one transaction.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_jobs::{
    JobError, JobPayload, JobRun, Upload, delete_upload, find_upload, set_progress, succeed_operation,
    upload_key,
};
use athyper_kernel_types::Id;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Deps;
use crate::error::Error;
use crate::held::hold_account;
use crate::model::bank_account::{BankAccount, BankAccountId};
use crate::model::identity::{Known, Placed, place, to_look_up};
use crate::model::money;
use crate::model::statement_record::{StatementId, StatementRecord};
use crate::store::{accounts, lines, statements};
use athyper_kernel_bank_files::{self as bank_files, Format, FormatError, Hints, Statement};

/// How many lines a statement of SQL enters.
const BATCH: usize = 1000;

/// Which file, and of which account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportStatements {
    /// The uploaded file.
    pub(crate) upload: Id<Upload>,
    /// SHA-256 digest of the file, in hexadecimal.
    pub(crate) sha256: String,
    /// The bank account.
    pub(crate) account: BankAccountId,
    /// The format, where the sender has said it.
    pub(crate) format: Option<Format>,
}

impl JobPayload for ImportStatements {
    const NAME: &'static str = "banking.import_statements";
}

impl ImportStatements {
    /// A payload of the present form.
    pub(crate) fn sample() -> Self {
        Self { upload: Id::nil(), sha256: String::new(), account: Id::nil(), format: Some(Format::Camt053) }
    }
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: ImportStatements) -> Result<(), JobError> {
    let (format, read) = read_file(&run, &deps, &payload).await?;
    let mut tx = run.tx().await?;
    let account = hold_account(&mut tx, payload.account).await?;
    let (own, others): (Vec<Statement>, Vec<Statement>) = read.into_iter().partition(|statement| {
        statement.currency == account.currency
            && statement.account.as_deref().is_none_or(|written| account.is_named(written))
    });
    if own.is_empty() {
        return Err(Error::FileOfOthers(named(&others)).into());
    }

    let mut entered = Vec::new();
    let (mut total, mut new) = (0, 0);
    for statement in &own {
        let (summary, new_lines) = enter(&mut tx, &account, format, &payload.sha256, statement).await?;
        total += statement.lines.len();
        new += new_lines;
        entered.push(summary);
    }
    let count = i64::try_from(total).unwrap_or(i64::MAX);
    set_progress(&mut tx, run.id(), count, Some(count)).await?;
    let result = json!({
        "format": format.as_str(),
        "lines": total,
        "newLines": new,
        "statements": entered,
        "otherAccounts": others.iter().map(|other| &other.account).collect::<Vec<_>>(),
    });
    succeed_operation(&mut tx, run.id(), result).await?;
    delete_upload(&mut tx, payload.upload).await?;

    let event = AuditEvent::info("banking.import_statements")
        .about("banking.account", account.id)
        .with("format", format.as_str())
        .with("statements", own.len())
        .with("lines", total)
        .with("newLines", new)
        .with("sha256", payload.sha256.clone());
    run.complete(tx, event).await?;
    let freed = deps.uploads.delete(run.context().tenant_id(), &[upload_key(payload.upload)]).await;
    if let Err(error) = freed {
        tracing::info!(%error, "a file that is done with stays until the retention job");
    }
    Ok(())
}

/// Reads the file while no transaction is open, on a thread of its own: a large one would hold up the requests of this process.
async fn read_file(
    run: &JobRun,
    deps: &Deps,
    payload: &ImportStatements,
) -> Result<(Format, Vec<Statement>), JobError> {
    let mut read = run.read_tx().await?;
    let account = accounts::find(&mut read, payload.account).await?.ok_or(Error::AccountNotFound)?;
    let kept = find_upload(&mut read, payload.upload).await?;
    drop(read);
    let kept = kept.ok_or_else(|| JobError::abort("the uploaded file is gone: send it again"))?;
    let file = kept.read(&*deps.uploads, run.context().tenant_id()).await?;
    let format = payload.format;
    let parsed = tokio::task::spawn_blocking(move || {
        let hints = Hints { format, csv: account.csv.as_ref(), currency: Some(account.currency) };
        bank_files::read(&file, &hints)
    });
    Ok(parsed.await.map_err(JobError::retry)?.map_err(Error::InvalidFile)?)
}

/// The accounts of statements, for people.
fn named(statements: &[Statement]) -> String {
    let name = |statement: &Statement| {
        format!(
            "{} in {}",
            statement.account.as_deref().unwrap_or("an account without a number"),
            statement.currency
        )
    };
    statements.iter().take(10).map(name).collect::<Vec<_>>().join(", ")
}

/// Enters what is new of a statement. A statement that says nothing new, not even a later balance, is not kept.
async fn enter(
    tx: &mut TenantTx,
    account: &BankAccount,
    format: Format,
    sha256: &str,
    statement: &Statement,
) -> Result<(Value, usize), Error> {
    let last = statements::last(tx, account.id).await?;
    let known = match statement.span() {
        Some(span) => lines::known(tx, account.id, &to_look_up(&statement.lines), span).await?,
        None => std::collections::HashMap::new(),
    };
    let placed = place(statement, &Known { lines: known, last })
        .map_err(|taken| Error::InvalidFile(FormatError::new("id", taken.to_string()).at(taken.row)))?;
    let new: Vec<lines::NewLine<'_>> = (1..)
        .zip(statement.lines.iter().zip(&placed.identities).zip(&placed.is_new))
        .filter(|(_, (_, is_new))| **is_new)
        .map(|(line_no, ((line, identity), _))| (identity.as_str(), line_no, line))
        .collect();
    if let Some(until) = account.signed_off_until
        && let Some((_, _, line)) = new.iter().find(|(_, _, line)| line.booked_on <= until)
    {
        return Err(Error::FileSignedOff { row: line.row, day: line.booked_on, until });
    }
    let balance_before = statements::closing_up_to(tx, account.id, NaiveDate::MAX).await?;
    let is_later =
        statement.closing.is_some_and(|closing| balance_before.is_none_or(|(_, on)| closing.on > on));
    let is_kept = !new.is_empty() || is_later;
    let record = record(tx, account, format, sha256, statement, &placed, new.len());
    if is_kept {
        statements::insert(tx, &record).await?;
        for batch in new.chunks(BATCH) {
            lines::insert(tx, &record, batch).await?;
        }
    }
    let summary = json!({
        "id": is_kept.then_some(record.id),
        "reference": record.reference,
        "lines": record.lines,
        "newLines": new.len(),
        "gap": record.gap,
        "isBalanceChecked": statement.opening.is_some() && statement.closing.is_some(),
    });
    Ok((summary, new.len()))
}

fn record(
    tx: &TenantTx,
    account: &BankAccount,
    format: Format,
    sha256: &str,
    statement: &Statement,
    placed: &Placed,
    new: usize,
) -> StatementRecord {
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let span = statement.span();
    StatementRecord {
        id: StatementId::new(tx.clock()),
        account: account.id,
        reference: statement.reference.clone(),
        format: format.as_str().to_owned(),
        sha256: sha256.to_owned(),
        currency: account.currency,
        first_day: span.map(|(first, _)| first),
        last_day: span.map(|(_, last)| last),
        opening: statement.opening.map(|balance| balance.amount),
        opening_on: statement.opening.map(|balance| balance.on),
        closing: statement.closing.map(|balance| balance.amount),
        closing_on: statement.closing.map(|balance| balance.on),
        lines: count(statement.lines.len()),
        known_lines: count(statement.lines.len() - new),
        gap: placed.gap.map(|gap| money::stored(gap, account.currency)),
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
    }
}
