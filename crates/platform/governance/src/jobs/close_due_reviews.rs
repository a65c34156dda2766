//! Closes the access reviews that are due: what was not decided is done as each review says.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use serde::{Deserialize, Serialize};

use crate::Deps;
use crate::commands::close_access_review;
use crate::model::review::ReviewStatus;
use crate::store::reviews;

/// Nothing to say: it is all reviews of the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CloseDueReviews {}

impl JobPayload for CloseDueReviews {
    const NAME: &'static str = "governance.close_due_reviews";
}

pub(crate) async fn run(run: JobRun, deps: Deps, _payload: CloseDueReviews) -> Result<(), JobError> {
    let mut tx = run.tx().await?;
    let now = tx.now();
    let due = reviews::overdue(&mut tx, now).await?;
    tx.rollback().await?;
    for id in &due {
        // Each in its own transaction, so that one that fails keeps none of the others.
        let mut tx = run.tx().await?;
        deps.access.lock(&mut tx).await?;
        let review = reviews::lock(&mut tx, *id).await?;
        let Some(review) = review.filter(|review| review.status == ReviewStatus::Open) else { continue };
        let done = close_access_review::execute(&mut tx, &*deps.access, review).await?;
        run.commit(tx, done.event.with("due", true)).await?;
    }
    let tx = run.tx().await?;
    run.complete(tx, AuditEvent::info("governance.due_reviews_closed").with("reviews", due.len())).await
}
