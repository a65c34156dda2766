//! Reads opening balances.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::BALANCES;
use crate::error::Error;
use crate::model::opening_balances::OpeningBalances;
use crate::store::balances;

/// Get opening balances
///
/// What one file brought forward, and the journals that it was posted as.
#[utoipa::path(
    get,
    path = "/v1/opening/balances/{id}",
    operation_id = "opening.get_balances",
    tag = "opening",
    params(("id" = String, Path, description = "Id of the opening balances", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The opening balances",
            body = OpeningBalances,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main", "date": "2025-01-01", "state": "posted",
                "rows": 3, "openingBalance": "0.00", "currency": "EUR",
                "journals": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "number": "OB-2025-000001"}],
                "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "createdAt": "2025-01-03T08:00:00Z", "createdBy": "ada", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_balances(
    State(deps): State<Deps>,
    PathId(id): PathId<OpeningBalances>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    let about = (BALANCES, id.uuid());
    deps.records.check_on(&mut read.tx, &caller, about, Error::BalancesNotFound).await?;
    let found = balances::find(&mut read.tx, id).await?.ok_or(Error::BalancesNotFound)?;
    read.reply(found.version, &found)
}
