//! Adds the accounts of an uploaded file, all of them or none, in one transaction.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_error::FieldError;
use athyper_kernel_jobs::{
    JobError, JobPayload, JobRun, Upload, delete_upload, set_progress, succeed_operation,
};
use athyper_kernel_types::{Clock, Id};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Deps;
use crate::error::Error;
use crate::jobs::file::{free_file, read_file};
use crate::model::account::Account;
use crate::model::account_file::{self, FileAccount};
use crate::model::chart::{Chart, ChartError, Wanted};
use crate::model::csv_table::RowErrors;
use crate::store::accounts;

/// Which file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportAccounts {
    /// The uploaded file.
    pub(crate) upload: Id<Upload>,
}

impl JobPayload for ImportAccounts {
    const NAME: &'static str = "finance.import_accounts";
    // It goes on where it stopped, so trying again costs little; giving up costs a person's time.
    const MAX_ATTEMPTS: i16 = 25;
}

impl ImportAccounts {
    /// A payload of the present form.
    pub(crate) fn sample() -> Self {
        Self { upload: Id::nil() }
    }
}

/// What a file adds to the chart.
#[derive(Debug, Default)]
struct Additions {
    accounts: Vec<Account>,
    created: usize,
    unchanged: usize,
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: ImportAccounts) -> Result<(), JobError> {
    let (rows, errors) = read_file(&run, &*deps.uploads, payload.upload, account_file::read).await?;
    let mut tx = run.tx().await?;
    accounts::lock_chart(&mut tx).await?;
    let chart = Chart::new(&accounts::all(&mut tx).await?);
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let additions = additions(chart, rows, errors, tx.clock()).map_err(Error::InvalidFile)?;

    accounts::insert(&mut tx, &additions.accounts).await?;
    set_progress(&mut tx, run.id(), total, Some(total)).await?;
    let groups = additions.accounts.len() - additions.created;
    let result = json!({ "created": additions.created, "groups": groups, "unchanged": additions.unchanged });
    succeed_operation(&mut tx, run.id(), result).await?;
    delete_upload(&mut tx, payload.upload).await?;

    let event = AuditEvent::info("finance.import_accounts")
        .about("platform.job", run.id())
        .with("created", additions.created)
        .with("groups", groups)
        .with("unchanged", additions.unchanged);
    run.complete(tx, event).await?;
    free_file(&run, &*deps.uploads, payload.upload).await;
    Ok(())
}

/// What the rows add to the chart, or what is wrong with them. Parents come before what is below them, whatever their
/// order in the file, so that a parent which the file names is no mere group.
fn additions(
    mut chart: Chart,
    mut rows: Vec<FileAccount>,
    mut errors: RowErrors,
    clock: &Clock,
) -> Result<Additions, Vec<FieldError>> {
    rows.sort_by(|a, b| a.code.cmp(&b.code).then(a.row.cmp(&b.row)));
    let mut additions = Additions::default();
    for row in rows {
        let (line, kind, code) = (row.row, row.kind, row.code.clone());
        let wanted = Wanted { opened_on: row.opened_on, ..Wanted::new(row.code, kind) };
        match chart.add(wanted, clock) {
            Ok(added) => {
                additions.created += 1;
                additions.accounts.extend(added);
            }
            Err(ChartError::Taken { kind: existing }) if existing == kind => additions.unchanged += 1,
            Err(ChartError::Taken { kind: existing }) => {
                let message = format!("{code} exists with type {}: types never change", existing.as_str());
                errors.push(FieldError::in_row(line, "type", "type_differs", message));
            }
            Err(ChartError::TypeDiffers { parent, kind }) => {
                let message =
                    format!("{parent} is of type {}: what is below it must be so too", kind.as_str());
                errors.push(FieldError::in_row(line, "type", "differs_from_parent", message));
            }
        }
    }
    errors.into_result().map(|()| additions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(file: &str) -> Result<Additions, Vec<FieldError>> {
        let (rows, errors) = account_file::read(file.as_bytes());
        additions(Chart::default(), rows, errors, &Clock::system())
    }

    #[test]
    fn a_parent_that_the_file_names_later_is_no_group() {
        let found = plan("account,type\nA:B:C,asset\nA:B,asset\n").unwrap();
        let shape: Vec<_> =
            found.accounts.iter().map(|account| (account.code.as_str(), account.postable)).collect();
        assert_eq!(shape, [("A", false), ("A:B", true), ("A:B:C", true)]);
        assert_eq!((found.created, found.unchanged), (2, 0));
    }

    #[test]
    fn the_same_account_twice_is_unchanged_and_with_another_type_an_error() {
        assert_eq!(plan("account,type\nA,asset\nA,asset\n").unwrap().unchanged, 1);
        let errors = plan("account,type\nA:B,income\nA,asset\nA,equity\n").unwrap_err();
        let places: Vec<_> = errors.iter().map(|error| (error.row, &*error.code)).collect();
        assert_eq!(places, [(Some(2), "differs_from_parent"), (Some(4), "type_differs")]);
    }
}
