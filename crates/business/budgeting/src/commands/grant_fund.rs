//! Gives to a fund from the one above it.

use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{Reason, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::FUND;
use crate::error::{Error, problem};
use crate::funding::{Way, move_money};
use crate::model::fund::Fund;
use crate::store::funds;

/// How much, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::GrantFund)]
pub(crate) struct GrantFund {
    /// How much, in the currency of the fund.
    #[schema(value_type = String, max_length = 31, example = "5000.00")]
    amount: Text<1, 31>,
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// Give to a fund
///
/// From the fund above it, which must hold as much beyond what active budgets plan upon it; to one without a fund above it from
/// outside.
#[utoipa::path(
    post,
    path = "/v1/budgeting/funds/{id}/grant",
    operation_id = "budgeting.grant_fund",
    tag = "budgeting",
    params(
        ("id" = String, Path, description = "Id of the fund", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    request_body(content = GrantFund, example = json!({"amount": "5000.00", "reason": "Second half of the year"})),
    responses(
        (
            status = 200,
            description = "The fund as it is now",
            body = Fund,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "code": "research", "name": "Research", "currency": "EUR",
                "received": "50000.00", "held": "20000.00", "planned": "15000.00", "free": "5000.00",
                "createdAt": "2026-01-01T09:00:00Z", "createdBy": "ada", "version": 2})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn grant_fund(
    State(deps): State<Deps>,
    PathId(id): PathId<Fund>,
    mut cmd: Command<Json<GrantFund>>,
) -> Result<Reply, ProblemResponse> {
    let held = funds::lock_with_parent(&mut cmd.tx, id).await?;
    let version = held.iter().find(|fund| fund.id == id).ok_or(Error::FundNotFound)?.version;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (FUND, id.uuid()), Error::FundNotFound).await?;
    cmd.check_version(version)?;
    let GrantFund { amount, reason } = &cmd.body.0;
    let done = move_money(&mut cmd.tx, (held, id), Way::Given, (amount, reason)).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}
