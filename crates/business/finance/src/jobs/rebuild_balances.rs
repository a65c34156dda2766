//! Makes the monthly balances anew from the lines that they sum up.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use athyper_kernel_ledger_books::proofs;
use serde::{Deserialize, Serialize};

use crate::store::{balances, periods};

/// Most wrong balances that the audit event names.
const MOST_NAMED: i64 = 20;

/// Nothing to say: it is the whole ledger of the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RebuildBalances {}

impl JobPayload for RebuildBalances {
    const NAME: &'static str = "finance.rebuild_balances";
}

/// Whoever posts waits meanwhile: each posting holds its period, and whoever needs a new one holds the calendar.
pub(crate) async fn run(run: JobRun, _payload: RebuildBalances) -> Result<(), JobError> {
    let mut tx = run.tx().await?;
    periods::lock_calendar(&mut tx).await?;
    periods::lock_all(&mut tx).await?;
    let wrong = proofs::wrong_balances(&mut tx, MOST_NAMED).await?;
    let balances = balances::rebuild(&mut tx).await?;
    let event = AuditEvent::info("finance.balances_rebuilt").with("balances", balances).with("wrong", wrong);
    run.complete(tx, event).await
}
