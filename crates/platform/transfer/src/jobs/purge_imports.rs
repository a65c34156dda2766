//! Forgets imports that were made long ago, with what was wrong with their rows.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::store::imports;

/// How long imports are kept.
const KEPT: TimeDelta = TimeDelta::days(90);
/// Imports of a transaction.
const BATCH: i64 = 20;

/// Nothing has to be said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PurgeImports {}

impl JobPayload for PurgeImports {
    const NAME: &'static str = "transfer.purge_imports";
}

pub(crate) async fn run(run: JobRun, _payload: PurgeImports) -> Result<(), JobError> {
    let before = run.now() - KEPT;
    loop {
        let mut tx = run.tx().await?;
        let purged = imports::purge(&mut tx, before, BATCH).await?;
        let event = AuditEvent::info("transfer.purge_imports").with("purged", purged);
        if purged == 0 {
            return run.complete(tx, event).await;
        }
        run.commit(tx, event).await?;
    }
}
