//! Claims due jobs for the free slots, again and again until the process stops.

use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_db::{DbError, SystemReason};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Shared;
use super::admit::admit;
use super::ends::{self, Outcome};
use super::feed::{Claim, Feed};
use crate::JobEvent;
use crate::outage::Outage;
use crate::store::{self, Found, Look};

/// Pause after a claim that met another one.
const CONTENTION: Duration = Duration::from_millis(10);

/// Fills the feed until the process stops, then returns what the runtime has not taken.
pub(super) async fn claim_jobs(shared: Arc<Shared>, sender: UnboundedSender<Claim>, feed: Feed) {
    let stopping = shared.lifecycle.stopping();
    let mut outage = Outage::new("claim jobs");
    let mut round = Round::default();
    while let Some(slots) = free_slots(&shared, &stopping).await {
        // Never cut off at the stop: a claim that was committed and not read would leave jobs that nobody runs.
        let wait = match timeout(shared.config.lease, claim(&shared, &mut round, slots)).await {
            Ok(Ok((claims, pace))) => {
                outage.over();
                shared.stats.add_claimed(claims.len());
                for claim in claims {
                    shared.observe(&claim.row, JobEvent::Claimed { waited: claim.row.waited() });
                    if let Err(unsent) = sender.send(claim) {
                        give_back(&shared, unsent.0).await;
                    }
                }
                match pace {
                    Pace::AtOnce => Duration::ZERO,
                    Pace::Soon => CONTENTION,
                    Pace::Poll => shared.config.poll_interval,
                }
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

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// There may be more.
    AtOnce,
    /// What is due is held by another claim at this moment.
    Soon,
    /// Nothing is due.
    Poll,
}

/// Where the round of the tenants stands.
#[derive(Debug, Default)]
struct Round {
    /// The tenant that was served or visited last.
    after: Uuid,
    /// Where the looks that found nothing began, and whether they have come past the end of the tenants since.
    empty_since: Option<(Uuid, bool)>,
}

impl Round {
    /// Goes on to `found.next`; whether the looks since the last find have seen all tenants.
    fn advance(&mut self, found: &Found) -> bool {
        let from = std::mem::replace(&mut self.after, found.next);
        if !found.jobs.is_empty() {
            self.empty_since = None;
            return found.saw_all;
        }
        let (origin, wrapped) = self.empty_since.unwrap_or((from, false));
        let wrapped = wrapped || self.after <= from;
        let is_round = found.saw_all || wrapped && self.after >= origin;
        self.empty_since = (!is_round).then_some((origin, wrapped));
        is_round
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
    round: &mut Round,
    mut slots: OwnedSemaphorePermit,
) -> Result<(Vec<Claim>, Pace), DbError> {
    let limits = &shared.limits;
    let mut tx = shared.database.system_tx(SystemReason::RunQueue).await?;
    let until = Instant::now() + shared.config.lease;
    let look = Look {
        types: &limits.types,
        type_limits: &limits.of_types,
        queues: (&limits.queues, &limits.of_queues),
        limit: slots.num_permits(),
        after: round.after,
    };
    let found = store::find(tx.conn(), &look).await?;
    let saw_round = round.advance(&found);
    if found.jobs.is_empty() {
        let pace = match (found.saw_due, saw_round) {
            (true, _) => Pace::Soon,
            (false, false) => Pace::AtOnce,
            (false, true) => Pace::Poll,
        };
        return Ok((Vec::new(), pace));
    }
    let admission = admit(tx.conn(), limits, &found.jobs).await?;
    let rows = if admission.admitted.is_empty() {
        Vec::new()
    } else {
        store::claim(tx.conn(), &admission.admitted, shared.config.lease, &shared.config.worker_id).await?
    };
    tx.commit().await?;
    let pace = if !rows.is_empty() || admission.parked > 0 || !saw_round {
        Pace::AtOnce
    } else if admission.is_contended {
        Pace::Soon
    } else {
        Pace::Poll
    };
    let claims = rows.into_iter().filter_map(|row| {
        let slot = slots.split(1)?;
        let held = row.held();
        let lease = shared.leases.hold(&held, until);
        Some(Claim { row, held, lease, slot })
    });
    Ok((claims.collect(), pace))
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
