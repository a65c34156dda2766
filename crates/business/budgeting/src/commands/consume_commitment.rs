//! Consumes what is committed.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::{Source, Step};
use athyper_kernel_types::Text;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::committing::take_steps;
use crate::entities::COMMITMENT;
use crate::error::{Error, problem};
use crate::model::commitment::{Commitment, Kind};
use crate::model::money;
use crate::store::commitments;

/// How much.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::ConsumeStep)]
pub(crate) struct ConsumeStep {
    /// Id of the step, given by the caller. The same id with the same content is one step.
    id: Uuid,
    /// How much in base currency; all that there is where it is left out.
    #[schema(value_type = Option<String>, max_length = 31, example = "300.00")]
    amount: Option<Text<1, 31>>,
    /// The document whose posting shows it in the ledger.
    source: Option<ConsumedFor>,
}

/// A document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::ConsumedFor)]
pub(crate) struct ConsumedFor {
    /// Key of its entity: `finance.journal` for a journal written by hand.
    #[schema(value_type = String, max_length = 100, example = "finance.journal")]
    entity: Text<1, 100>,
    /// Its id.
    id: Uuid,
    /// Which of its postings; `post` where it is left out.
    #[schema(value_type = Option<String>, max_length = 40, example = "post")]
    step: Option<Text<1, 40>>,
}

/// Consume what is committed
///
/// Wholly or in part: it was delivered. `source` names the document whose posting will show it in the ledger, such as a journal that
/// is still a draft; until that is posted it counts here, and from then on there. Without one it counts here for good.
#[utoipa::path(
    post,
    path = "/v1/budgeting/commitments/{id}/consume",
    operation_id = "budgeting.consume_commitment",
    tag = "budgeting",
    params(
        ("id" = String, Path, description = "Id of the commitment", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    request_body(
        content = ConsumeStep,
        example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "amount": "300.00",
            "source": {"entity": "finance.journal", "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073"}})
    ),
    responses(
        (
            status = 200,
            description = "The commitment as it is now",
            body = Commitment,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "line": "advertising", "entity": "main", "date": "2026-03-15",
                "account": "6100", "currency": "EUR", "amount": "500.00", "reserved": "0.00", "committed": "200.00",
                "consumed": "300.00", "posted": "0.00", "released": "0.00", "state": "open", "createdAt": "2026-03-01T09:00:00Z",
                "createdBy": "ada", "version": 2})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn consume_commitment(
    State(deps): State<Deps>,
    PathId(id): PathId<Commitment>,
    mut cmd: Command<Json<ConsumeStep>>,
) -> Result<Reply, ProblemResponse> {
    let found = commitments::find(&mut cmd.tx, id).await?.ok_or(Error::CommitmentNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (COMMITMENT, id.uuid()), Error::CommitmentNotFound).await?;
    cmd.check_version(found.version)?;
    let done = execute(&mut cmd.tx, &found, &cmd.body.0).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    found: &Commitment,
    input: &ConsumeStep,
) -> Result<Done<Commitment>, Error> {
    let amount = input.amount.as_ref().map(|amount| money::parse_positive(amount.as_str(), found.currency));
    let amount = amount.transpose().map_err(Error::InvalidAmount)?;
    let source = input.source.as_ref().map(|source| {
        let step = source.step.as_ref().map_or("post", Text::as_str);
        Source::new(source.entity.as_str(), source.id, step)
    });
    let step = Step { id: input.id, commitment: found.id.uuid(), amount, source };
    let taken = take_steps(tx, Kind::Consume, &[step]).await?;
    let commitment = taken.into_iter().next().ok_or(Error::CommitmentNotFound)?;

    let event = AuditEvent::info("budgeting.consume_commitment")
        .about(COMMITMENT, commitment.id)
        .with("step", input.id.to_string())
        .with("amount", amount.map(|amount| amount.to_string()))
        .with("reserved", commitment.reserved.to_string())
        .with("committed", commitment.committed.to_string())
        .with("consumed", commitment.consumed.to_string());
    Ok(Done::new(commitment, event))
}
