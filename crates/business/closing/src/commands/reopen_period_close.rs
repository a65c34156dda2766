//! Opens a signed-off period again, for a stated reason. What the books said stays.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::problem;
use crate::entities::PERIOD_CLOSE;
use crate::error::Error;
use crate::model::close::{CloseState, PeriodClose};
use crate::store::closes;

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = closing::ReopenPeriodClose)]
pub(crate) struct ReopenPeriodClose {
    /// Why the period is opened again; it is kept with the close and in the audit trail.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    reason: Reason,
}

/// Reopen a signed-off close
///
/// The period takes postings again. The close stays with its proof and its snapshot; the period is closed by another one. Later periods
/// that are signed off have to be reopened first.
#[utoipa::path(
    post,
    path = "/v1/closing/period-closes/{id}/reopen",
    operation_id = "closing.reopen_period_close",
    tag = "closing",
    params(
        ("id" = String, Path, description = "Id of the close", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is reopened")
    ),
    request_body(content = ReopenPeriodClose, example = json!({"reason": "The auditor found an invoice that is missing"})),
    responses((status = 200, description = "The close as it is now", body = PeriodClose), ChangeProblems)
)]
pub(crate) async fn reopen_period_close(
    State(deps): State<Deps>,
    PathId(id): PathId<PeriodClose>,
    mut cmd: Command<Json<ReopenPeriodClose>>,
) -> Result<Reply, ProblemResponse> {
    let close = closes::lock(&mut cmd.tx, id).await?.ok_or(Error::CloseNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PERIOD_CLOSE, id.uuid()), Error::CloseNotFound).await?;
    cmd.check_version(close.version)?;
    let reason = cmd.body.0.reason.as_str().to_owned();
    let done = execute(&mut cmd.tx, &deps, close, &reason).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    close: PeriodClose,
    reason: &str,
) -> Result<Done<PeriodClose>, Error> {
    if close.state != CloseState::SignedOff {
        return Err(Error::CloseState(close.state));
    }
    deps.periods.reopen(tx, close.period).await?;
    closes::reopen(tx, close.id, reason).await?;

    let reopened = closes::find(tx, close.id).await?.ok_or(Error::CloseNotFound)?;
    let event = AuditEvent::info("closing.reopen_period_close")
        .about(PERIOD_CLOSE, reopened.id)
        .with("entity", reopened.entity.as_str())
        .with("period", reopened.name.as_str())
        .with("reason", reason);
    Ok(Done::new(reopened, event))
}
