//! Makes what is due up to the day that it is where the tenant keeps its books.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use athyper_kernel_ledger::tenant_defaults;
use serde::{Deserialize, Serialize};

use crate::Deps;
use crate::due::Due;
use crate::entities::OCCURRENCE;
use crate::making::write_down;
use crate::model::occurrence::OccurrenceState;

/// Most occurrences that are written down in one transaction.
const BATCH: usize = 500;

/// Nothing to say: it is all that is due in the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MakeOccurrences {}

impl JobPayload for MakeOccurrences {
    const NAME: &'static str = "recurring.make_occurrences";
}

pub(crate) async fn run(run: JobRun, deps: Deps, _payload: MakeOccurrences) -> Result<(), JobError> {
    let started = run.now();
    let mut written = 0_usize;
    let today = loop {
        let mut tx = run.tx().await?;
        let today = tenant_defaults::today(run.context(), tx.clock());
        let now = write_down(&mut tx, today, BATCH).await?;
        if now == 0 {
            break today;
        }
        written += now;
        let event = AuditEvent::info("recurring.write_down_occurrences").with("occurrences", now);
        run.commit(tx, event).await?;
    };
    let (mut made, mut failed, mut skipped) = (0_usize, 0_usize, 0_usize);
    // What a fault of the system has stopped: the others are made all the same, and then the job is tried again.
    let mut stopped = None;
    let mut due = Due::new(today, started, false);
    loop {
        if due.is_read_out() {
            due.read(&mut run.read_tx().await?).await?;
        }
        let Some(id) = due.take() else { break };
        // Each in a transaction of its own: what is made stays made, whatever becomes of the others.
        let mut tx = run.tx().await?;
        let occurrence = match due.make(&mut tx, &deps, id, false).await {
            Ok(Some(occurrence)) => occurrence,
            Ok(None) => continue,
            Err(fault) => {
                due.pass_over(id);
                stopped.get_or_insert(fault);
                continue;
            }
        };
        match occurrence.state {
            OccurrenceState::Made => made += 1,
            OccurrenceState::Failed => failed += 1,
            _ => skipped += 1,
        }
        let event = AuditEvent::info("recurring.make_occurrence")
            .about(OCCURRENCE, id)
            .with("state", occurrence.state.as_str())
            .with("dueOn", occurrence.due_on.to_string());
        run.commit(tx, event).await?;
    }
    if let Some(fault) = stopped {
        return Err(fault.into());
    }
    let event = AuditEvent::info("recurring.make_occurrences")
        .with("upTo", today.to_string())
        .with("written", written)
        .with("made", made)
        .with("failed", failed)
        .with("skipped", skipped);
    run.complete(run.tx().await?, event).await
}
