//! Forgets decisions that were made long ago, and what drafts would have made of them.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::store::{decisions, differences};

/// How long decisions are kept.
const KEPT: TimeDelta = TimeDelta::days(90);
/// Decisions of a transaction.
const BATCH: i64 = 5_000;

/// Nothing has to be said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PurgeDecisions {}

impl JobPayload for PurgeDecisions {
    const NAME: &'static str = "policy.purge_decisions";
}

pub(crate) async fn run(run: JobRun, _payload: PurgeDecisions) -> Result<(), JobError> {
    let before = run.now() - KEPT;
    loop {
        let mut tx = run.tx().await?;
        let purged = decisions::purge(&mut tx, before, BATCH).await?
            + differences::purge(&mut tx, before, BATCH).await?;
        let event = AuditEvent::info("policy.purge_decisions").with("purged", purged);
        if purged == 0 {
            return run.complete(tx, event).await;
        }
        run.commit(tx, event).await?;
    }
}
