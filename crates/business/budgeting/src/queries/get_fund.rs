//! Reads one fund.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::FUND;
use crate::error::Error;
use crate::model::fund::Fund;
use crate::store::funds;

/// Get a fund
///
/// With what it was given and holds, and how much of that active budgets plan to spend.
#[utoipa::path(
    get,
    path = "/v1/budgeting/funds/{id}",
    operation_id = "budgeting.get_fund",
    tag = "budgeting",
    params(("id" = String, Path, description = "Id of the fund", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The fund",
            body = Fund,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "code": "research", "name": "Research", "currency": "EUR",
                "received": "50000.00", "held": "20000.00", "planned": "15000.00", "free": "5000.00",
                "createdAt": "2026-01-01T09:00:00Z", "createdBy": "ada", "version": 2})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_fund(
    State(deps): State<Deps>,
    PathId(id): PathId<Fund>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (FUND, id.uuid()), Error::FundNotFound).await?;
    let found = funds::find(&mut read.tx, id).await?.ok_or(Error::FundNotFound)?;
    read.reply(found.version, &found)
}
