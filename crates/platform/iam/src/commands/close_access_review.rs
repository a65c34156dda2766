//! Closes an access review and carries its decisions out.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Catalogue, ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use uuid::Uuid;

use crate::Deps;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::{Guard, administrators};
use crate::model::review::{AccessReview, ReviewStatus, Verdict};
use crate::store::{bindings, reviews};

/// Close an access review
///
/// Bindings that are to be revoked end; what was not decided is done as the review says. A binding without which nobody
/// would administer the tenant is kept, and its outcome says so.
#[utoipa::path(
    post,
    path = "/v1/iam/access-reviews/{id}/close",
    operation_id = "iam.close_access_review",
    tag = "iam",
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
    Granter::of(&mut cmd, &deps.catalogue).await?;
    let review = reviews::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Review))?;
    cmd.check_version(review.version)?;
    let done = execute(&mut cmd.tx, &deps.catalogue, review).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

/// Closes a locked review, behind the lock of access.
pub(crate) async fn execute(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    review: AccessReview,
) -> Result<Done<AccessReview>, Error> {
    if review.status == ReviewStatus::Closed {
        return Err(Error::ReviewClosed);
    }
    let guard = Guard::before(tx, catalogue, Vec::new()).await?;
    let had_administrator = administrators(tx).await? > 0;
    let mut outcomes: Vec<(Uuid, &'static str)> = Vec::new();
    for item in reviews::items(tx, review.id, None, u32::MAX).await? {
        let decision = item.decision.as_deref().and_then(Verdict::parse).unwrap_or(review.undecided);
        let binding = bindings::find(tx, athyper_kernel_types::Id::from_uuid(item.binding_id)).await?;
        let holds = binding.is_some_and(|binding| binding.ended_at.is_none());
        let outcome = match decision {
            _ if !holds => "ended_before",
            Verdict::Keep => "kept",
            Verdict::Revoke => {
                bindings::end(tx, &[item.binding_id]).await?;
                if had_administrator && administrators(tx).await? == 0 {
                    bindings::take_up(tx, item.binding_id).await?;
                    "last_administrator"
                } else {
                    "revoked"
                }
            }
        };
        outcomes.push((item.binding_id, outcome));
    }
    reviews::close(tx, review.id, &outcomes).await?;
    guard.after(tx).await?;

    let count = |what| outcomes.iter().filter(|(_, outcome)| *outcome == what).count();
    let event = AuditEvent::info("iam.close_access_review")
        .about("iam.access_review", review.id)
        .with("name", review.name.as_str())
        .with("kept", count("kept"))
        .with("revoked", count("revoked"))
        .with("lastAdministrator", count("last_administrator"));
    let closed = AccessReview {
        status: ReviewStatus::Closed,
        closed_at: Some(tx.now()),
        version: review.version + 1,
        ..review
    };
    Ok(Done::new(closed, event))
}
