//! Reads one commitment with its movements.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::COMMITMENT;
use crate::error::Error;
use crate::model::commitment::{Commitment, Movement};
use crate::store::{commitments, movements};

/// A commitment with all that moved it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = budgeting::CommitmentWithMovements)]
pub(crate) struct CommitmentWithMovements {
    /// The commitment.
    #[serde(flatten)]
    commitment: Commitment,
    /// Its movements, oldest first.
    movements: Vec<Movement>,
}

/// Get a commitment
///
/// With every movement since it was reserved.
#[utoipa::path(
    get,
    path = "/v1/budgeting/commitments/{id}",
    operation_id = "budgeting.get_commitment",
    tag = "budgeting",
    params(("id" = String, Path, description = "Id of the commitment", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The commitment",
            body = CommitmentWithMovements,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "line": "advertising", "entity": "main", "date": "2026-03-15",
                "account": "6100", "currency": "EUR", "amount": "500.00", "reserved": "500.00", "committed": "0.00", "consumed": "0.00",
                "posted": "0.00", "released": "0.00", "state": "open", "createdAt": "2026-03-01T09:00:00Z", "createdBy": "ada",
                "version": 1, "movements": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "kind": "reserve", "amount": "500.00",
                    "recordedAt": "2026-03-01T09:00:00Z", "recordedBy": "ada"}]})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_commitment(
    State(deps): State<Deps>,
    PathId(id): PathId<Commitment>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (COMMITMENT, id.uuid()), Error::CommitmentNotFound).await?;
    let commitment = commitments::find(&mut read.tx, id).await?.ok_or(Error::CommitmentNotFound)?;
    let movements = movements::of(&mut read.tx, &commitment).await?;
    read.reply(commitment.version, &CommitmentWithMovements { commitment, movements })
}
