//! Takes a file of accounts and starts the job that adds them.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, CsvFile, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::{NewJob, Operation, start_operation};

use crate::error::Error;
use crate::jobs::import_accounts::ImportAccounts;
use crate::jobs::{IMPORTS_IN_TURN, keep_file};
use crate::model::account_file::COLUMNS;
use crate::model::csv_table::CsvTable;

/// Import accounts
///
/// Columns `account`, `type` and, if wanted, `opened`, in any order. An account that exists with the same type is left
/// unchanged; one with another type is an error of its row. A file with any error changes nothing. The work is done by a
/// job: follow the operation that is answered.
#[utoipa::path(
    post,
    path = "/v1/opening/accounts/import",
    operation_id = "opening.import_accounts",
    tag = "opening",
    request_body(
        content = String,
        content_type = "text/csv",
        example = "account,type,opened\nAssets:US:BofA:Checking,asset,2022-01-01\n"
    ),
    responses((status = 202, description = "The operation to follow", body = Operation), CreateProblems)
)]
pub(crate) async fn import_accounts(mut cmd: Command<CsvFile>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body).await?;
    let reply = accepted(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, file: &CsvFile) -> Result<Done<Operation>, Error> {
    CsvTable::check_start(&file.start, COLUMNS).map_err(Error::InvalidFile)?;

    let (upload, sha256) = keep_file(tx, file).await?;
    let job = NewJob::new(&ImportAccounts { upload })?.serial_key(IMPORTS_IN_TURN);
    let operation = start_operation(tx, "opening.import_accounts", job).await?;

    let event = AuditEvent::info("opening.import_accounts")
        .about("platform.operation", operation.id)
        .with("bytes", file.upload.size)
        .with("sha256", sha256);
    Ok(Done::new(operation, event))
}
