//! Adds the accounts of an uploaded file, all of them or none, in one transaction.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_error::FieldError;
use athyper_kernel_jobs::{
    JobError, JobPayload, JobRun, Upload, delete_upload, set_progress, succeed_operation,
};
use athyper_kernel_ledger::{AccountUse, AddedAccounts, NewAccount};
use athyper_kernel_types::Id;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Deps;
use crate::error::Error;
use crate::jobs::file::{free_file, read_file};
use crate::model::account_file::{self, FileAccount};

/// Which file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportAccounts {
    /// The uploaded file.
    pub(crate) upload: Id<Upload>,
}

impl JobPayload for ImportAccounts {
    const NAME: &'static str = "opening.import_accounts";
    // It goes on where it stopped, so trying again costs little; giving up costs a person's time.
    const MAX_ATTEMPTS: i16 = 25;
}

impl ImportAccounts {
    /// A payload of the present form.
    pub(crate) fn sample() -> Self {
        Self { upload: Id::nil() }
    }
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: ImportAccounts) -> Result<(), JobError> {
    let (rows, mut errors) = read_file(&run, &*deps.uploads, payload.upload, account_file::read).await?;
    let mut tx = run.tx().await?;
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let added = match deps.set_up.add_accounts(&mut tx, &wanted(&rows)).await {
        Ok(added) => added,
        Err(problem) if problem.fields.is_empty() => return Err(problem.into()),
        Err(problem) => {
            problem.fields.iter().for_each(|error| errors.push(in_row(error, &rows)));
            AddedAccounts::default()
        }
    };
    errors.into_result().map_err(Error::InvalidFile)?;

    set_progress(&mut tx, run.id(), total, Some(total)).await?;
    let AddedAccounts { created, groups, unchanged } = added;
    let result = json!({ "created": created, "groups": groups, "unchanged": unchanged });
    succeed_operation(&mut tx, run.id(), result).await?;
    delete_upload(&mut tx, payload.upload).await?;

    let event = AuditEvent::info("opening.import_accounts")
        .about("platform.job", run.id())
        .with("created", created)
        .with("groups", groups)
        .with("unchanged", unchanged);
    run.complete(tx, event).await?;
    free_file(&run, &*deps.uploads, payload.upload).await;
    Ok(())
}

/// The accounts of the rows.
fn wanted(rows: &[FileAccount]) -> Vec<NewAccount> {
    let account = |row: &FileAccount| NewAccount {
        code: row.code.clone(),
        name: None,
        kind: row.kind,
        usage: AccountUse::Other,
        opened_on: row.opened_on,
    };
    rows.iter().map(account).collect()
}

/// What the ledger has against an account, at the row of the account.
fn in_row(error: &FieldError, rows: &[FileAccount]) -> FieldError {
    let mut steps = error.pointer.split('/').skip(2);
    let row = steps.next().and_then(|index| rows.get(index.parse::<usize>().ok()?)).map_or(0, |row| row.row);
    FieldError::in_row(row, steps.next().unwrap_or_default(), error.code.clone(), error.message.clone())
}
