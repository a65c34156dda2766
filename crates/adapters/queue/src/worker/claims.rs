//! Claims due jobs for the free slots, again and again until the process stops.

use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_db::{DbError, SystemReason};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::ends::{self, Outcome};
use super::feed::{Claim, Feed};
use crate::outage::Outage;
use crate::store::{self, ClaimRequest};

/// Pause after a claim that met another one.
const CONTENTION: Duration = Duration::from_millis(10);

/// Fills the feed until the process stops, then returns what the runtime has not taken.
pub(super) async fn claim_jobs(shared: Arc<Shared>, sender: UnboundedSender<Claim>, feed: Feed) {
    let stopping = shared.lifecycle.stopping();
    let types: Vec<String> = shared.types.keys().map(|name| (*name).to_owned()).collect();
    let mut outage = Outage::new("claim jobs");
    while let Some(slots) = free_slots(&shared, &stopping).await {
        let wanted = slots.num_permits();
        // Never cut off at the stop: a claim that was committed and not read would leave jobs that nobody runs.
        let wait = match timeout(shared.config.lease, claim(&shared, &types, slots)).await {
            Ok(Ok(claims)) => {
                outage.over();
                shared.stats.add_claimed(claims.len());
                let all = claims.len() == wanted;
                for claim in claims {
                    if let Err(unsent) = sender.send(claim) {
                        give_back(&shared, unsent.0).await;
                    }
                }
                if all { Duration::ZERO } else { shared.config.poll_interval }
            }
            Ok(Err(error)) if is_contention(&error) => CONTENTION,
            Ok(Err(error)) => outage.failed(&error),
            Err(late) => outage.failed(&late),
        };
        if !wait.is_zero() {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = sleep(wait) => {}
                () = shared.wake.notified(), if !outage.is_lasting() => {}
            }
        }
    }
    for claim in feed.end() {
        give_back(&shared, claim).await;
    }
}

/// Waits for a free slot and takes all that are free; `None` when the process stops.
async fn free_slots(shared: &Shared, stopping: &CancellationToken) -> Option<OwnedSemaphorePermit> {
    let mut slots = tokio::select! {
        biased;
        () = stopping.cancelled() => return None,
        slot = Arc::clone(&shared.slots).acquire_owned() => slot.ok()?,
    };
    let more = u32::try_from(shared.slots.available_permits()).unwrap_or(u32::MAX);
    if let Ok(others) = Arc::clone(&shared.slots).try_acquire_many_owned(more) {
        slots.merge(others);
    }
    Some(slots)
}

async fn claim(
    shared: &Shared,
    types: &[String],
    mut slots: OwnedSemaphorePermit,
) -> Result<Vec<Claim>, DbError> {
    let mut tx = shared.database.system_tx(SystemReason::RunQueue).await?;
    let until = Instant::now() + shared.config.lease;
    let request = ClaimRequest {
        types,
        limit: slots.num_permits(),
        lease: shared.config.lease,
        worker_id: &shared.config.worker_id,
    };
    let rows = store::claim(tx.conn(), &request).await?;
    tx.commit().await?;
    let claims = rows.into_iter().filter_map(|row| {
        let slot = slots.split(1)?;
        let held = row.held();
        let lease = shared.leases.hold(&held, until);
        Some(Claim { row, held, lease, slot })
    });
    Ok(claims.collect())
}

/// Two claims met at one serial key, or the database found a deadlock: the claim is made again.
fn is_contention(error: &DbError) -> bool {
    matches!(error, DbError::Contended(_)) || error.constraint() == Some("job_serial_running")
}

async fn give_back(shared: &Shared, claim: Claim) {
    let Claim { row, held, mut lease, slot } = claim;
    ends::record(shared, &row, &held, &mut lease, &Outcome::Returned).await;
    drop(slot);
}
