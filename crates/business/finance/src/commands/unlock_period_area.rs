//! Opens an area of a period again.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::{finish_period, locked_period};
use crate::model::period::{Area, Period};
use crate::store::periods;

/// Which area.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::UnlockPeriodArea)]
pub(crate) struct UnlockPeriodArea {
    /// The area.
    area: Area,
}

/// Unlock an area of a period
///
/// It takes postings again, as far as the period does.
#[utoipa::path(
    post,
    path = "/v1/finance/periods/{id}/unlock-area",
    operation_id = "finance.unlock_period_area",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the period", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = UnlockPeriodArea, example = json!({"area": "sales"})),
    responses((status = 200, description = "The period as it is now", body = Period), ChangeProblems)
)]
pub(crate) async fn unlock_period_area(
    State(deps): State<Deps>,
    PathId(id): PathId<Period>,
    mut cmd: Command<Json<UnlockPeriodArea>>,
) -> Result<Reply, ProblemResponse> {
    let period = locked_period(&mut cmd, &deps, id).await?;
    let area = cmd.body.0.area;
    let mut changed = Period { version: period.version + 1, ..period.clone() };
    changed.locked.remove(&area);
    periods::set_locked(&mut cmd.tx, period.id, &changed.locked).await?;
    let event = AuditEvent::info("finance.unlock_period_area").with("area", area.as_str());
    finish_period(cmd, event, &period, &changed).await
}
