//! Starts the job that makes the monthly balances anew.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, NoBody, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::{NewJob, Operation, start_operation};

use crate::error::Error;
use crate::jobs::rebuild_balances::RebuildBalances;

/// Rebuild balances
///
/// Makes the monthly balances of all accounts anew from the posted lines, as after the nightly proof has found one that is not
/// their sum. Nobody posts meanwhile. The audit event `finance.balances_rebuilt` names those that were wrong. The work is done by
/// a job: follow the operation that is answered.
#[utoipa::path(
    post,
    path = "/v1/finance/balances/rebuild",
    operation_id = "finance.rebuild_balances",
    tag = "finance",
    responses(
        (
            status = 202,
            description = "The operation to follow",
            body = Operation,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "kind": "finance.rebuild_balances",
                "state": "queued", "done": 0, "total": null, "errors": [], "createdAt": "2025-01-15T09:00:00Z"})
        ),
        CreateProblems
    )
)]
pub(crate) async fn rebuild_balances(mut cmd: Command<NoBody>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx).await?;
    let reply = accepted(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx) -> Result<Done<Operation>, Error> {
    let job = NewJob::new(&RebuildBalances {})?.serial_key("finance.rebuild_balances");
    let operation = start_operation(tx, "finance.rebuild_balances", job).await?;
    let event = AuditEvent::info("finance.rebuild_balances").about("platform.operation", operation.id);
    Ok(Done::new(operation, event))
}
