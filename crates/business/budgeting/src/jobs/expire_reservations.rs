//! Lets go of what is still reserved when its time is over.

use std::collections::BTreeSet;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun};
use serde::{Deserialize, Serialize};

use crate::committing::{hold, write};
use crate::model::commitment::{CommitmentId, Kind};
use crate::store::commitments;

/// Most reservations of one run: the rest is let go by the next.
const MOST: i64 = 1_000;

/// Nothing to say: it is all that has expired in the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExpireReservations {}

impl JobPayload for ExpireReservations {
    const NAME: &'static str = "budgeting.expire_reservations";
}

pub(crate) async fn run(run: JobRun, _payload: ExpireReservations) -> Result<(), JobError> {
    let mut tx = run.tx().await?;
    let now = tx.now();
    let due: BTreeSet<_> = commitments::expired(&mut tx, now, MOST).await?.into_iter().collect();
    let mut expired = 0_usize;
    for (_, mut commitment) in hold(&mut tx, due).await? {
        // Somebody may have committed it meanwhile.
        let is_due = commitment.expires_at.is_some_and(|at| at <= now);
        if is_due && commitment.reserved > rust_decimal::Decimal::ZERO {
            let step = (Kind::Expire, CommitmentId::new(tx.clock()).uuid());
            write(&mut tx, &mut commitment, step, None, None).await?;
            expired += 1;
        }
    }
    let event = AuditEvent::info("budgeting.expire_reservations").with("reservations", expired);
    run.complete(tx, event).await
}
