//! Counts what publishing a draft would mean for an entity of many records.
//!
//! Nothing is changed, so a run that was interrupted begins anew. Each page is read in a transaction of its own: what is
//! written meanwhile may be counted or not, as it may after any plan.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun, set_progress, succeed_operation};
use athyper_kernel_records::{EntityId, count_all};
use athyper_kernel_types::Id;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::deps::Deps;
use crate::error::Error;
use crate::planning::{plan, sketch};
use crate::scanning::Scan;
use crate::store::{designs, plans};

/// Pages between two reports of how far it is.
const REPORT: usize = 20;

/// Which draft.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlanEntity {
    /// The entity.
    pub(crate) entity: EntityId,
    /// The version of its draft.
    pub(crate) draft_version: i64,
}

impl JobPayload for PlanEntity {
    const NAME: &'static str = "metadata.plan_entity";
}

impl PlanEntity {
    /// A payload of the present form.
    pub(crate) fn sample() -> Self {
        Self { entity: Id::nil(), draft_version: 1 }
    }
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: PlanEntity) -> Result<(), JobError> {
    let mut tx = run.read_tx().await?;
    let design = designs::find(&mut tx, payload.entity).await?;
    let design = design.filter(|design| design.version == payload.draft_version);
    let design = design.ok_or_else(|| JobError::abort("the draft has changed: ask for its plan again"))?;
    let sketch = sketch(&mut tx, &deps.system, &design, &[]).await?;
    let base = sketch.base.as_ref().ok_or_else(|| JobError::from(Error::NotPublished))?;
    let total = count_all(&mut tx, base).await?.live;
    drop(tx);

    let event = || AuditEvent::info("metadata.plan_entity").about("metadata.entity", design.id);
    let mut scan = Scan::new(base, &sketch.diff.steps);
    let (mut done, mut pages) = (0, 0);
    loop {
        let count = scan.page(&mut run.read_tx().await?).await?;
        if count == 0 {
            break;
        }
        (done, pages) = (done + i64::try_from(count).unwrap_or(0), pages + 1);
        if pages % REPORT == 0 {
            let mut tx = run.tx().await?;
            set_progress(&mut tx, run.id(), done, Some(total.max(done))).await?;
            run.commit(tx, event().with("done", done)).await?;
        }
    }

    let mut tx = run.tx().await?;
    let changes = sketch.count_rest(&mut tx, base, scan.found()).await?;
    let plan = plan(&design, &sketch, changes);
    if !plans::end(&mut tx, design.id, (design.version, base.version), &plan.changes).await? {
        return Err(JobError::abort("the entity was published meanwhile: ask for the plan again"));
    }
    let result = serde_json::to_value(&plan).map_err(|error| JobError::abort(error.to_string()))?;
    succeed_operation(&mut tx, run.id(), result).await?;
    let event = event().with("class", json!(plan.class)).with("changes", plan.changes.len());
    run.complete(tx, event).await
}
