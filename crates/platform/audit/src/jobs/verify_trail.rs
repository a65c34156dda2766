//! Verifies a trail that is too long for a request, and every trail each night.

use std::sync::Arc;

use athyper_kernel_jobs::{JobError, JobPayload, JobRun, set_progress, succeed_operation};
use serde::{Deserialize, Serialize};

use crate::Deps;
use crate::commands::verify_trail::event_of;
use crate::error::Error;
use crate::verify::{Source, Verifier};

/// Events after which the operation is told how far the verification is.
const PROGRESS_EVERY: i64 = 20_000;

/// Which checkpoints are believed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerifyTrail {
    /// Those in object storage, and not those in the database.
    #[serde(default)]
    pub(crate) from_checkpoints: bool,
}

impl JobPayload for VerifyTrail {
    const NAME: &'static str = "audit.verify_trail";
    const QUEUE: &'static str = "platform";
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: VerifyTrail) -> Result<(), JobError> {
    let tenant = run.context().tenant_id();
    let source = if payload.from_checkpoints {
        Source::stored(Arc::clone(&deps.store), tenant)
    } else {
        Source::Table
    };
    let mut verifier = Verifier::new(tenant, Arc::clone(&deps.keys), source);
    let mut told = 0;
    loop {
        let mut read = run.read_tx().await?;
        if !verifier.step(&mut read).await? {
            break;
        }
        drop(read);
        let passed = verifier.passed();
        if passed - told >= PROGRESS_EVERY {
            told = passed;
            // Told in passing: how far it is, is no change that the trail has to know of.
            tracing::debug!(passed, "the audit trail is being verified");
        }
    }
    let mut read = run.read_tx().await?;
    let report = verifier.report(&mut read).await?;
    drop(read);
    let mut tx = run.tx().await?;
    set_progress(&mut tx, run.id(), report.events, Some(report.events)).await?;
    let result = serde_json::to_value(&report).map_err(Error::from)?;
    succeed_operation(&mut tx, run.id(), result).await?;
    run.complete(tx, event_of(&report).about("platform.job", run.id())).await
}
