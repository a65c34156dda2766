//! Forgets what has ended: links, challenges, counted addresses, proofs.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::store::{addresses, challenges, links, proofs};

/// Nothing to say: it is all of the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Forget {}

impl JobPayload for Forget {
    const NAME: &'static str = "accounts.forget";
}

pub(crate) async fn run(run: JobRun, _payload: Forget) -> Result<(), JobError> {
    let mut tx = run.tx().await?;
    let a_day_ago = tx.now() - TimeDelta::days(1);
    let gone = links::forget(&mut tx).await?
        + challenges::forget(&mut tx).await?
        + addresses::forget(&mut tx, a_day_ago).await?
        + proofs::forget(&mut tx, a_day_ago).await?;
    run.complete(tx, AuditEvent::info("accounts.forget").with("rows", gone)).await
}
