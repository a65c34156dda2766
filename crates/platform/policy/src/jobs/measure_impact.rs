//! Measures what a draft would mean for a tenant of many principals.
//!
//! Nothing is changed, so a run that was interrupted begins anew. Each page is read in a transaction of its own.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun, set_progress, succeed_operation};
use athyper_kernel_types::Id;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Deps;
use crate::impact::Look;
use crate::model::policy::PolicyId;
use crate::store::policies;

/// Questions that a job asks at most.
const MOST: usize = 2_000_000;
/// Pages between two reports of how far it is.
const REPORT: usize = 20;

/// Which draft.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MeasureImpact {
    /// The policy.
    pub(crate) policy: PolicyId,
    /// Its version: another has another draft.
    pub(crate) version: i64,
}

impl JobPayload for MeasureImpact {
    const NAME: &'static str = "policy.measure_impact";
}

impl MeasureImpact {
    /// A payload of the present form.
    pub(crate) fn sample() -> Self {
        Self { policy: Id::nil(), version: 1 }
    }
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: MeasureImpact) -> Result<(), JobError> {
    let changed = || JobError::abort("the policy has changed: ask for its impact again");
    let mut tx = run.read_tx().await?;
    let policy = policies::find(&mut tx, payload.policy).await?;
    let policy = policy.filter(|policy| policy.version == payload.version).ok_or_else(changed)?;
    let draft = policy.draft.as_ref().ok_or_else(changed)?;
    let mut look = Look::begin(&mut tx, &deps, &policy, draft).await?;
    drop(tx);
    let event = || AuditEvent::info("policy.measure_impact").about("policy.policy", policy.id);
    let mut pages = 0;
    while look.page(&mut run.read_tx().await?, &deps, MOST).await? {
        pages += 1;
        if pages % REPORT == 0 {
            let mut tx = run.tx().await?;
            let done = i64::try_from(look.looked_at()).unwrap_or(i64::MAX);
            set_progress(&mut tx, run.id(), done, None).await?;
            run.commit(tx, event().with("principals", json!(done))).await?;
        }
    }
    let mut tx = run.tx().await?;
    let event = event().with("principals", json!(look.looked_at()));
    let result = serde_json::to_value(look.found()).map_err(|error| JobError::abort(error.to_string()))?;
    succeed_operation(&mut tx, run.id(), result).await?;
    run.complete(tx, event).await
}
