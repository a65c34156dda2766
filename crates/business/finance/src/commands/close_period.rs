//! Closes a period: nothing is posted into it any more.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::{finish_period, locked_period};
use crate::error::Error;
use crate::model::period::{Period, PeriodState};
use crate::store::{guards, periods};

/// Close a period
///
/// From open or soft-closed. Postings under way are waited for; an import that posts into the period refuses it. Periods
/// may be closed in any order.
#[utoipa::path(
    post,
    path = "/v1/finance/periods/{id}/close",
    operation_id = "finance.close_period",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the period", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is closed")
    ),
    responses(
        (
            status = 200,
            description = "The period, closed",
            body = Period,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "2024-01", "startsOn": "2024-01-01",
                "endsOn": "2024-01-31", "state": "closed", "version": 2})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn close_period(
    State(deps): State<Deps>,
    PathId(id): PathId<Period>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let period = locked_period(&mut cmd, &deps, id).await?;
    check_not_guarded(&mut cmd.tx, &period).await?;
    let changed = enter_state(&mut cmd.tx, &period, PeriodState::Closed).await?;
    finish_period(cmd, AuditEvent::info("finance.close_period"), &period, &changed).await
}

/// Checks that no import posts into the period.
pub(crate) async fn check_not_guarded(tx: &mut TenantTx, period: &Period) -> Result<(), Error> {
    if guards::is_kept(tx, period.starts_on, period.ends_on).await? {
        return Err(Error::ImportRunning);
    }
    Ok(())
}

/// Moves a locked period to another state, where it may go there.
pub(crate) async fn enter_state(
    tx: &mut TenantTx,
    period: &Period,
    to: PeriodState,
) -> Result<Period, Error> {
    if !period.state.may_become(to) {
        return Err(Error::PeriodState { from: period.state, to });
    }
    periods::set_state(tx, period.id, to).await?;
    Ok(Period { state: to, version: period.version + 1, ..period.clone() })
}
