//! Throws an open reconciliation away.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::RECONCILIATION;
use crate::error::Error;
use crate::model::reconciliation::{Reconciliation, ReconciliationState};
use crate::store::reconciliations;

/// Throw a reconciliation away
///
/// Only one that is not signed off.
#[utoipa::path(
    delete,
    path = "/v1/banking/reconciliations/{id}",
    operation_id = "banking.delete_reconciliation",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the reconciliation", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is thrown away")
    ),
    responses(
        (
            status = 200,
            description = "The reconciliation as it was",
            body = Reconciliation,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "asOf": "2024-05-31", "currency": "EUR", "statementBalance": "2210.00", "state": "open",
                "createdAt": "2024-06-03T08:00:00Z", "createdBy": "ada", "version": 1})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn delete_reconciliation(
    State(deps): State<Deps>,
    PathId(id): PathId<Reconciliation>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let open = reconciliations::lock(&mut cmd.tx, id).await?.ok_or(Error::ReconciliationNotFound)?;
    let caller = cmd.caller().clone();
    let missing = Error::ReconciliationNotFound;
    deps.records.check_on(&mut cmd.tx, &caller, (RECONCILIATION, id.uuid()), missing).await?;
    cmd.require_version(open.version)?;
    let done = execute(&mut cmd.tx, open).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, open: Reconciliation) -> Result<Done<Reconciliation>, Error> {
    if open.state != ReconciliationState::Open {
        return Err(Error::ReconciliationSignedOff);
    }

    reconciliations::delete(tx, open.id).await?;

    let event = AuditEvent::info("banking.delete_reconciliation")
        .about("banking.reconciliation", open.id)
        .with("account", open.account.to_string())
        .with("asOf", open.as_of.to_string());
    Ok(Done::new(open, event))
}
