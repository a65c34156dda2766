//! Decides about a binding in an access review.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathIds, ProblemResponse, Reply};
use athyper_kernel_types::{PrincipalId, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::binding::{BindingId, RoleBinding};
use crate::model::review::{AccessReview, ReviewStatus, Verdict};
use crate::ports::Access;
use crate::store::reviews;

/// Lets a caller decide in reviews of others, and close them.
const CLOSES: &str = "governance.close_access_review";

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = governance::DecideAccessReviewItem)]
pub(crate) struct DecideAccessReviewItem {
    /// What is decided.
    pub(crate) decision: Verdict,
    /// Why.
    #[serde(default)]
    #[schema(value_type = String, max_length = 500)]
    pub(crate) note: Text<0, 500>,
}

/// Decide about a binding
///
/// The reviewer does, and who may close the review. Nobody decides about a role that they have by the binding themselves.
/// A later decision takes the place of an earlier one until the review is closed.
#[utoipa::path(
    post,
    path = "/v1/governance/access-reviews/{id}/items/{binding}/decide",
    operation_id = "governance.decide_access_review_item",
    tag = "governance",
    params(("id" = String, Path, description = "Id of the review", format = Uuid), ("binding" = String, Path, description = "Id of the binding", format = Uuid)),
    request_body(content = DecideAccessReviewItem, example = json!({"decision": "revoke", "note": "moved to another team"})),
    responses((status = 200, description = "The review", body = AccessReview), ChangeProblems)
)]
pub(crate) async fn decide_access_review_item(
    State(deps): State<Deps>,
    PathIds(id, binding): PathIds<AccessReview, RoleBinding>,
    mut cmd: Command<Json<DecideAccessReviewItem>>,
) -> Result<Reply, ProblemResponse> {
    let found = reviews::lock(&mut cmd.tx, id).await?;
    let review = found.ok_or(Error::NotFound(Thing::Review))?;
    let caller = cmd.caller().principal();
    if caller != Some(review.reviewer) && !cmd.caller().may(CLOSES) {
        return Err(Error::NotReviewer.into());
    }
    let done = execute(&mut cmd.tx, &*deps.access, caller, review, binding, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    access: &dyn Access,
    caller: Option<PrincipalId>,
    review: AccessReview,
    binding: BindingId,
    input: &DecideAccessReviewItem,
) -> Result<Done<AccessReview>, Error> {
    if review.status == ReviewStatus::Closed {
        return Err(Error::ReviewClosed);
    }
    let about = access.bindings(tx, &[binding]).await?.pop().ok_or(Error::NotFound(Thing::ReviewItem))?;
    if let Some(caller) = caller
        && access.is_part_of(tx, caller, about.subject).await?
    {
        return Err(Error::OwnCase);
    }
    let note = input.note.to_option();
    if !reviews::decide(tx, review.id, binding, input.decision, note.as_deref()).await? {
        return Err(Error::NotFound(Thing::ReviewItem));
    }
    let event = AuditEvent::info("governance.decide_access_review_item")
        .about("governance.access_review", review.id)
        .with("binding", binding.to_string())
        .with("decision", input.decision.as_str());
    Ok(Done::new(review, event))
}
