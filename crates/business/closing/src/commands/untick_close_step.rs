//! Takes the tick of a step back.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathIds, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::PERIOD_CLOSE;
use crate::error::Error;
use crate::model::close::{CloseState, ManualStepOf, PeriodClose, StepId};
use crate::store::{closes, steps};

/// Untick a step of a close
///
/// Who ticked it remains in the audit trail.
#[utoipa::path(
    post,
    path = "/v1/closing/period-closes/{id}/steps/{step}/untick",
    operation_id = "closing.untick_close_step",
    tag = "closing",
    params(
        ("id" = String, Path, description = "Id of the close", format = Uuid),
        ("step" = String, Path, description = "Id of the step", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that was read")
    ),
    responses((status = 200, description = "The close, without its checklist", body = PeriodClose), ChangeProblems)
)]
pub(crate) async fn untick_close_step(
    State(deps): State<Deps>,
    PathIds(id, step): PathIds<PeriodClose, ManualStepOf>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let close = closes::lock(&mut cmd.tx, id).await?.ok_or(Error::CloseNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PERIOD_CLOSE, id.uuid()), Error::CloseNotFound).await?;
    cmd.check_version(close.version)?;
    let done = execute(&mut cmd.tx, close, step).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    close: PeriodClose,
    step: StepId,
) -> Result<Done<PeriodClose>, Error> {
    if close.state != CloseState::Open {
        return Err(Error::CloseState(close.state));
    }
    let ticked = steps::of_close(tx, close.id).await?;
    if ticked.iter().any(|found| found.id == step.uuid() && found.ticked_at.is_none()) {
        return Err(Error::StepNotTicked);
    }
    if !steps::set_ticked(tx, (close.id, step), false, None).await? {
        return Err(Error::StepNotFound);
    }
    closes::touch(tx, close.id).await?;

    let close = PeriodClose { version: close.version + 1, ..close };
    let event = AuditEvent::info("closing.untick_close_step")
        .about(PERIOD_CLOSE, close.id)
        .with("entity", close.entity.as_str())
        .with("period", close.name.as_str())
        .with("step", step.to_string());
    Ok(Done::new(close, event))
}
