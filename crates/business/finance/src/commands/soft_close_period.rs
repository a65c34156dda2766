//! Closes a period for most: only who may post to soft-closed periods still can.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::close_period::{check_not_guarded, enter_state};
use crate::commands::{finish_period, locked_period};
use crate::model::period::{Period, PeriodState};

/// Soft-close a period
///
/// From open. Only callers with the permission `finance.post_to_soft_closed_period` post into it from then on.
#[utoipa::path(
    post,
    path = "/v1/finance/periods/{id}/soft-close",
    operation_id = "finance.soft_close_period",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the period", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is closed")
    ),
    responses(
        (
            status = 200,
            description = "The period, soft-closed",
            body = Period,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "2024-01", "startsOn": "2024-01-01",
                "endsOn": "2024-01-31", "state": "soft_closed", "version": 2})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn soft_close_period(
    State(deps): State<Deps>,
    PathId(id): PathId<Period>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let period = locked_period(&mut cmd, &deps, id).await?;
    check_not_guarded(&mut cmd.tx, &period).await?;
    let changed = enter_state(&mut cmd.tx, &period, PeriodState::SoftClosed).await?;
    finish_period(cmd, AuditEvent::info("finance.soft_close_period"), &period, &changed).await
}
