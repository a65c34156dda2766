//! Ticks a step that people do.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathIds, ProblemResponse, Reply};
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::PERIOD_CLOSE;
use crate::error::Error;
use crate::model::close::{CloseState, ManualStepOf, PeriodClose, StepId};
use crate::store::{closes, steps};

/// What is said of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = closing::TickStep)]
pub(crate) struct TickStep {
    /// What was done, or where the proof of it is.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Reason>,
}

/// Tick a step of a close
///
/// Who ticks it and when is written down, and what they write. Steps that the system proves are not ticked by anybody.
#[utoipa::path(
    post,
    path = "/v1/closing/period-closes/{id}/steps/{step}/tick",
    operation_id = "closing.tick_close_step",
    tag = "closing",
    params(
        ("id" = String, Path, description = "Id of the close", format = Uuid),
        ("step" = String, Path, description = "Id of the step", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that was read")
    ),
    request_body(content = TickStep, example = json!({"note": "Counted by two people, list in the safe"})),
    responses((status = 200, description = "The close, without its checklist", body = PeriodClose), ChangeProblems)
)]
pub(crate) async fn tick_close_step(
    State(deps): State<Deps>,
    PathIds(id, step): PathIds<PeriodClose, ManualStepOf>,
    mut cmd: Command<Json<TickStep>>,
) -> Result<Reply, ProblemResponse> {
    let close = closes::lock(&mut cmd.tx, id).await?.ok_or(Error::CloseNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PERIOD_CLOSE, id.uuid()), Error::CloseNotFound).await?;
    cmd.check_version(close.version)?;
    let note = cmd.body.0.note.as_ref().map(|note| note.as_str().to_owned());
    let done = execute(&mut cmd.tx, close, step, note.as_deref()).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    close: PeriodClose,
    step: StepId,
    note: Option<&str>,
) -> Result<Done<PeriodClose>, Error> {
    if close.state != CloseState::Open {
        return Err(Error::CloseState(close.state));
    }
    if !steps::set_ticked(tx, (close.id, step), true, note).await? {
        return Err(Error::StepNotFound);
    }
    closes::touch(tx, close.id).await?;

    let close = PeriodClose { version: close.version + 1, ..close };
    let event = AuditEvent::info("closing.tick_close_step")
        .about(PERIOD_CLOSE, close.id)
        .with("entity", close.entity.as_str())
        .with("period", close.name.as_str())
        .with("step", step.to_string());
    Ok(Done::new(close, event))
}
