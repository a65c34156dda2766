//! Commits what is reserved.

use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Text;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::committing::change_part;
use crate::entities::COMMITMENT;
use crate::error::{Error, problem};
use crate::model::commitment::{Commitment, Kind};
use crate::store::commitments;

/// How much.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::CommitStep)]
pub(crate) struct CommitStep {
    /// Id of the step, given by the caller. The same id with the same content is one step.
    id: Uuid,
    /// How much in base currency; all that there is where it is left out.
    #[schema(value_type = Option<String>, max_length = 31, example = "300.00")]
    amount: Option<Text<1, 31>>,
}

/// Commit what is reserved
///
/// Wholly or in part. A reservation that has expired is reserved anew.
#[utoipa::path(
    post,
    path = "/v1/budgeting/commitments/{id}/commit",
    operation_id = "budgeting.commit_commitment",
    tag = "budgeting",
    params(
        ("id" = String, Path, description = "Id of the commitment", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    request_body(content = CommitStep, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "amount": "300.00"})),
    responses(
        (
            status = 200,
            description = "The commitment as it is now",
            body = Commitment,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "line": "advertising", "entity": "main", "date": "2026-03-15",
                "account": "6100", "currency": "EUR", "amount": "500.00", "reserved": "200.00", "committed": "300.00",
                "consumed": "0.00", "posted": "0.00", "released": "0.00", "state": "open", "createdAt": "2026-03-01T09:00:00Z",
                "createdBy": "ada", "version": 2})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn commit_commitment(
    State(deps): State<Deps>,
    PathId(id): PathId<Commitment>,
    mut cmd: Command<Json<CommitStep>>,
) -> Result<Reply, ProblemResponse> {
    let found = commitments::find(&mut cmd.tx, id).await?.ok_or(Error::CommitmentNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (COMMITMENT, id.uuid()), Error::CommitmentNotFound).await?;
    cmd.check_version(found.version)?;
    let CommitStep { id, amount } = &cmd.body.0;
    let change = (Kind::Commit, "budgeting.commit_commitment");
    let done = change_part(&mut cmd.tx, &found, change, (*id, amount.as_ref())).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}
