//! Closes an access review and carries its decisions out.

use std::collections::HashSet;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::binding::BindingId;
use crate::model::review::{AccessReview, Outcome, ReviewStatus, Verdict};
use crate::ports::{Access, Which};
use crate::store::reviews;

/// Close an access review
///
/// Bindings that are to be revoked end; what was not decided is done as the review says. A binding without which nobody
/// would administer the tenant is kept, and its outcome says so.
#[utoipa::path(
    post,
    path = "/v1/governance/access-reviews/{id}/close",
    operation_id = "governance.close_access_review",
    tag = "governance",
    params(("id" = String, Path, description = "Id of the review", format = Uuid), ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")),
    responses((status = 200, description = "The review, closed", body = AccessReview, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "First quarter",
        "reviewer": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "dueAt": "2025-04-15T00:00:00Z", "undecided": "revoke",
        "status": "closed", "closedAt": "2025-04-10T09:00:00Z",
        "version": 2})), ChangeProblems)
)]
pub(crate) async fn close_access_review(
    State(deps): State<Deps>,
    PathId(id): PathId<AccessReview>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    deps.access.caller(&mut cmd.tx, &caller).await?;
    let review = reviews::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Review))?;
    cmd.check_version(review.version)?;
    let done = execute(&mut cmd.tx, &*deps.access, review).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

/// Closes a locked review, behind the lock of access.
pub(crate) async fn execute(
    tx: &mut TenantTx,
    access: &dyn Access,
    review: AccessReview,
) -> Result<Done<AccessReview>, Error> {
    if review.status == ReviewStatus::Closed {
        return Err(Error::ReviewClosed);
    }
    let items = reviews::items(tx, review.id, None, u32::MAX).await?;
    let decided = |verdict: Verdict| -> Vec<BindingId> {
        let is_so = |item: &&reviews::Item| item.decision.unwrap_or(review.undecided) == verdict;
        items.iter().filter(is_so).map(|item| item.binding).collect()
    };
    let mut outcomes = keep(tx, access, &decided(Verdict::Keep)).await?;
    outcomes.extend(access.end_bindings(tx, &decided(Verdict::Revoke)).await?);
    reviews::close(tx, review.id, &outcomes).await?;

    let count = |what| outcomes.iter().filter(|(_, outcome)| *outcome == what).count();
    let event = AuditEvent::info("governance.close_access_review")
        .about("governance.access_review", review.id)
        .with("name", review.name.as_str())
        .with("kept", count(Outcome::Kept))
        .with("revoked", count(Outcome::Revoked))
        .with("lastAdministrator", count(Outcome::LastAdministrator));
    let closed = AccessReview {
        status: ReviewStatus::Closed,
        closed_at: Some(tx.now()),
        version: review.version + 1,
        ..review
    };
    Ok(Done::new(closed, event))
}

/// What becomes of bindings that stay: those that hold no more have ended before.
async fn keep(
    tx: &mut TenantTx,
    access: &dyn Access,
    ids: &[BindingId],
) -> Result<Vec<(BindingId, Outcome)>, Error> {
    let held: HashSet<BindingId> =
        access.active_bindings(tx, Which::default()).await?.into_iter().map(|binding| binding.id).collect();
    let outcome = |id: &BindingId| if held.contains(id) { Outcome::Kept } else { Outcome::EndedBefore };
    Ok(ids.iter().map(|id| (*id, outcome(id))).collect())
}
