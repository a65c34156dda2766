//! Reads one period.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::PERIOD;
use crate::error::Error;
use crate::model::period::Period;
use crate::store::periods;

/// Get a period
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/finance/periods/{id}",
    operation_id = "finance.get_period",
    tag = "finance",
    params(("id" = String, Path, description = "Id of the period", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The period",
            body = Period,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "2024-01", "startsOn": "2024-01-01",
                "endsOn": "2024-01-31", "state": "open", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_period(
    State(deps): State<Deps>,
    PathId(id): PathId<Period>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (PERIOD, id.uuid()), Error::PeriodNotFound).await?;
    let period = periods::find(&mut read.tx, id).await?.ok_or(Error::PeriodNotFound)?;
    read.reply(period.version, &period)
}
