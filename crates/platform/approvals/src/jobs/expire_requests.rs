//! Marks requests that have run out, and forgets those that ended long ago.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::Deps;
use crate::store::requests;

/// Requests of a transaction.
const BATCH: i64 = 1_000;

/// Nothing to say: it is all requests of the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExpireRequests {}

impl JobPayload for ExpireRequests {
    const NAME: &'static str = "approvals.expire_requests";
}

pub(crate) async fn run(run: JobRun, deps: Deps, _payload: ExpireRequests) -> Result<(), JobError> {
    let before = run.now() - TimeDelta::days(deps.settings.keep_days.into());
    loop {
        let mut tx = run.tx().await?;
        let expired = requests::expire(&mut tx, BATCH).await?;
        let purged = requests::purge(&mut tx, before, BATCH).await?;
        let event =
            AuditEvent::info("approvals.expire_requests").with("expired", expired).with("purged", purged);
        if expired == 0 && purged == 0 {
            return run.complete(tx, event).await;
        }
        run.commit(tx, event).await?;
    }
}
