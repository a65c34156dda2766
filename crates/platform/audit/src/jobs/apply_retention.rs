//! Removes every hour what a tenant's policies let go of. Each batch leaves an event of its own.

use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use serde::{Deserialize, Serialize};

use crate::Deps;
use crate::sealer;

/// Nothing to say: it is the whole trail of the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApplyRetention {}

impl JobPayload for ApplyRetention {
    const NAME: &'static str = "audit.apply_retention";
    const QUEUE: &'static str = "platform";
}

pub(crate) async fn run(run: JobRun, deps: Deps, _payload: ApplyRetention) -> Result<(), JobError> {
    sealer::apply_retention(&deps.database, &deps.keys, run.context().tenant_id()).await?;
    Ok(())
}
