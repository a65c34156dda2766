//! Forgets sessions some time after they ran out: until then the administration shows what became of them.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::store::sessions;

/// How long sessions are kept after they ran out.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Most sessions of one run; the next one goes on.
const MOST: i64 = 10_000;

/// Nothing to say: it is all sessions of the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PurgeSessions {}

impl JobPayload for PurgeSessions {
    const NAME: &'static str = "security.purge_sessions";
}

pub(crate) async fn run(run: JobRun, _payload: PurgeSessions) -> Result<(), JobError> {
    let mut tx = run.tx().await?;
    let before = tx.now() - KEPT;
    let purged = sessions::purge(&mut tx, before, MOST).await?;
    let event = AuditEvent::info("security.sessions_purged").with("sessions", purged);
    run.complete(tx, event).await
}
