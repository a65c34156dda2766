//! Makes the file of an approved payment run.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::PAYMENT_RUN;
use crate::error::Error;
use crate::model::payment_run::{PaymentRun, PaymentRunState};
use crate::store::runs;

/// Export a payment run
///
/// From then on it counts as given to the bank, and its file can be downloaded.
#[utoipa::path(
    post,
    path = "/v1/banking/payment-runs/{id}/export",
    operation_id = "banking.export_payment_run",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the run", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    responses(
        (
            status = 200,
            description = "The run",
            body = PaymentRun,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "number": "PAY-2024-000001",
                "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "executionOn": "2024-06-03", "currency": "EUR", "total": "1190.00",
                "state": "exported", "createdAt": "2024-06-01T08:00:00Z", "createdBy": "ada", "version": 3, "payments": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn export_payment_run(
    State(deps): State<Deps>,
    PathId(id): PathId<PaymentRun>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let run = runs::lock(&mut cmd.tx, id).await?.ok_or(Error::RunNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PAYMENT_RUN, id.uuid()), Error::RunNotFound).await?;
    cmd.check_version(run.version)?;
    let done = execute(&mut cmd.tx, run).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, mut run: PaymentRun) -> Result<Done<PaymentRun>, Error> {
    if run.state != PaymentRunState::Approved {
        return Err(Error::RunState(run.state));
    }

    run.state = PaymentRunState::Exported;
    run.exported_at = Some(tx.now());
    run.exported_by = Some(tx.context().actor().id.clone());
    runs::update(tx, &run).await?;

    run.version += 1;
    let event = AuditEvent::info("banking.export_payment_run")
        .about("banking.payment_run", run.id)
        .with("number", run.number.clone())
        .with("total", run.total.to_string());
    Ok(Done::new(run, event))
}
