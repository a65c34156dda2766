//! Proves the ledger every night: journals balance, balances are the sums of lines, numbers have no gaps, open items are
//! those of their control accounts, and the trial balance sums up to zero.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use athyper_kernel_ledger_books::proofs;
use serde::{Deserialize, Serialize};

/// Most findings of each proof.
const MOST_FINDINGS: i64 = 20;

/// Nothing to say: it is the whole ledger of the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VerifyLedger {}

impl JobPayload for VerifyLedger {
    const NAME: &'static str = "finance.verify_ledger";
}

pub(crate) async fn run(run: JobRun, _payload: VerifyLedger) -> Result<(), JobError> {
    let mut read = run.read_tx().await?;
    let posted = proofs::count_posted(&mut read).await?;
    let mut findings = proofs::unbalanced_journals(&mut read, MOST_FINDINGS).await?;
    findings.extend(proofs::wrong_balances(&mut read, MOST_FINDINGS).await?);
    findings.extend(proofs::broken_series(&mut read, MOST_FINDINGS).await?);
    findings.extend(proofs::wrong_items(&mut read, MOST_FINDINGS).await?);
    findings.extend(proofs::unbalanced_currencies(&mut read, MOST_FINDINGS).await?);
    drop(read);

    let event = if findings.is_empty() {
        AuditEvent::info("finance.ledger_verified").with("journals", posted)
    } else {
        tracing::error!(findings = findings.len(), first = findings.first(), "the ledger contradicts itself");
        AuditEvent::error("finance.ledger_mismatch").with("journals", posted).with("findings", findings)
    };
    let tx = run.tx().await?;
    run.complete(tx, event).await
}
