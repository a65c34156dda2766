//! Opens a period again, for a stated reason.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::close_period::enter_state;
use crate::commands::{finish_period, locked_period};
use crate::error::Error;
use crate::model::period::{Period, PeriodState};
use crate::store::periods;

/// Why a period is opened again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::ReopenPeriod)]
pub(crate) struct ReopenPeriod {
    /// The reason, kept in the audit trail.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// Reopen a period
///
/// From soft-closed or closed. The reason is kept in the audit trail. What is signed off, and what lies before it, is opened by
/// reopening the close that signed it off.
#[utoipa::path(
    post,
    path = "/v1/finance/periods/{id}/reopen",
    operation_id = "finance.reopen_period",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the period", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is opened")
    ),
    request_body(content = ReopenPeriod, example = json!({"reason": "the bank sent a corrected statement"})),
    responses((status = 200, description = "The period, open", body = Period), ChangeProblems)
)]
pub(crate) async fn reopen_period(
    State(deps): State<Deps>,
    PathId(id): PathId<Period>,
    mut cmd: Command<Json<ReopenPeriod>>,
) -> Result<Reply, ProblemResponse> {
    let period = locked_period(&mut cmd, &deps, id).await?;
    if let Some(name) =
        periods::signed_off_from(&mut cmd.tx, period.entity, period.ends_on).await.map_err(Error::from)?
    {
        return Err(Error::PeriodSignedOff { name }.into());
    }
    let changed = enter_state(&mut cmd.tx, &period, PeriodState::Open).await?;
    let event = AuditEvent::info("finance.reopen_period").with("reason", cmd.body.0.reason.as_str());
    finish_period(cmd, event, &period, &changed).await
}
