//! Takes a file of journals and starts the job that posts them.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, CsvFile, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::{NewJob, Operation, start_operation};
use axum::extract::State;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::commands::problem;
use crate::error::Error;
use crate::jobs::import_journals::ImportJournals;
use crate::jobs::{IMPORTS_IN_TURN, keep_file};
use crate::model::csv_table::CsvTable;
use crate::model::journal_file::COLUMNS;
use athyper_kernel_error::ProblemKind;
use athyper_kernel_ledger::tenant_defaults;

/// Import journals
///
/// Columns `entry_no`, `date`, `account`, `debit`, `credit` and, if wanted, `payee`, `narration` and `currency`, in any
/// order. The lines with one `entry_no` form one journal, which is posted. A file with any error changes nothing. The
/// work is done by a job, in batches, and goes on where it stopped if it is interrupted: follow the operation that is
/// answered.
#[utoipa::path(
    post,
    path = "/v1/opening/journals/import",
    operation_id = "opening.import_journals",
    tag = "opening",
    request_body(
        content = String,
        content_type = "text/csv",
        example = "entry_no,date,payee,narration,account,debit,credit,currency\n\
                   1,2024-01-04,BANK FEES,Monthly bank fee,Expenses:Financial:Fees,4.00,,USD\n\
                   1,2024-01-04,BANK FEES,Monthly bank fee,Assets:US:BofA:Checking,,4.00,USD\n"
    ),
    responses((status = 202, description = "The operation to follow", body = Operation), CreateProblems)
)]
pub(crate) async fn import_journals(
    State(deps): State<Deps>,
    mut cmd: Command<CsvFile>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let done = execute(&mut cmd.tx, &deps, &cmd.body, into_soft_closed).await.map_err(problem)?;
    let reply = accepted(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    file: &CsvFile,
    into_soft_closed: bool,
) -> Result<Done<Operation>, Error> {
    CsvTable::check_start(&file.start, COLUMNS).map_err(Error::InvalidFile)?;

    let (upload, sha256) = keep_file(tx, file).await?;
    let default_currency = match deps.ledger.entity(tx, None).await {
        Ok(entity) => Some(entity.base_currency),
        // The first books of a tenant are opened by what is posted first.
        Err(problem) if problem.kind == ProblemKind::NotFound => tenant_defaults::currency(tx.context()),
        Err(problem) => return Err(problem.into()),
    };
    let payload = ImportJournals { upload, into_soft_closed, entity: None, default_currency };
    let job = NewJob::new(&payload)?.serial_key(IMPORTS_IN_TURN);
    let operation = start_operation(tx, "opening.import_journals", job).await?;

    let event = AuditEvent::info("opening.import_journals")
        .about("platform.operation", operation.id)
        .with("bytes", file.upload.size)
        .with("sha256", sha256);
    Ok(Done::new(operation, event))
}
