//! Claims due jobs for the free slots and a little ahead of them, again and again until the process stops.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use athyper_kernel_db::{DbError, SystemReason};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Shared;
use super::admit::admit;
use super::ahead::{self, Ahead, PATIENCE};
use super::ends::{self, Outcome};
use super::feed::Claim;
use crate::JobEvent;
use crate::outage::Outage;
use crate::store::{self, Found, Held, Look};

/// Pause after a claim that met another one.
const CONTENTION: Duration = Duration::from_millis(10);

/// Fills the feed until the process stops, then returns what the runtime has not taken.
pub(super) async fn claim_jobs(shared: Arc<Shared>) {
    let stopping = shared.lifecycle.stopping();
    let mut outage = Outage::new("claim jobs");
    let mut round = Round::default();
    let mut ahead = Ahead::new(Instant::now());
    while let Some(places) = room_for_jobs(&shared, &mut ahead, &stopping).await {
        // Never cut off at the stop: a claim that was committed and not read would leave jobs that nobody runs.
        let wait = match timeout(shared.config.lease, claim(&shared, &mut round, places)).await {
            Ok(Ok((claims, pace))) => {
                outage.over();
                shared.stats.add_claimed(claims.len());
                for claim in &claims {
                    shared.observe(&claim.row, JobEvent::Claimed { waited: claim.row.waited() });
                }
                shared.feed.push(claims);
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
    give_back(&shared).await;
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

/// Waits until jobs are wanted and gives a place for each of them; `None` when the process stops. What has waited for a slot too
/// long goes back meanwhile.
async fn room_for_jobs(
    shared: &Shared,
    ahead: &mut Ahead,
    stopping: &CancellationToken,
) -> Option<OwnedSemaphorePermit> {
    while !stopping.is_cancelled() {
        let late = shared.feed.oldest().map(|since| since + PATIENCE);
        if late.is_some_and(|late| late <= Instant::now()) {
            give_back(shared).await;
            continue;
        }
        let (free, waiting) = (shared.slots.available_permits(), shared.feed.waiting());
        let ahead = ahead.jobs(shared.ended.load(Ordering::Relaxed), Instant::now());
        let places = ahead::wanted(free, waiting, ahead).min(shared.places.available_permits());
        if places > 0 {
            let places = u32::try_from(places).unwrap_or(u32::MAX);
            return Arc::clone(&shared.places).try_acquire_many_owned(places).ok();
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = shared.room.notified() => {}
            () = sleep_until(late.unwrap_or_else(Instant::now)), if late.is_some() => {}
        }
    }
    None
}

async fn claim(
    shared: &Shared,
    round: &mut Round,
    mut places: OwnedSemaphorePermit,
) -> Result<(Vec<Claim>, Pace), DbError> {
    let limits = &shared.limits;
    let mut tx = shared.database.system_tx(SystemReason::RunQueue).await?;
    let until = Instant::now() + shared.config.lease;
    let look = Look {
        types: &limits.types,
        limited_types: (&limits.limited_types, &limits.of_types),
        queues: (&limits.queues, &limits.of_queues),
        limit: places.num_permits(),
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
        let place = places.split(1)?;
        let held = row.held();
        let lease = shared.leases.hold(&held, until);
        Some(Claim { row, held, lease, place })
    });
    Ok((claims.collect(), pace))
}

/// Two claims met at one serial key, or the database found a deadlock: the claim is made again.
fn is_contention(error: &DbError) -> bool {
    matches!(error, DbError::Contended(_)) || error.constraint() == Some("job_serial_running")
}

/// Returns what waits for a slot: together where that can be, else one by one.
async fn give_back(shared: &Shared) {
    let mut claims = shared.feed.take_back();
    if claims.is_empty() {
        return;
    }
    match release(shared, &claims).await {
        Ok(released) => claims.retain(|claim| !released.contains(&claim.held.token)),
        Err(error) => tracing::debug!(%error, "jobs could not be given back together"),
    }
    for Claim { row, held, mut lease, place } in claims {
        ends::record(shared, &row, &held, &mut lease, &Outcome::Returned).await;
        drop(place);
    }
}

/// Returns those that stand before no gate: the end of one behind a gate takes that gate's lock.
async fn release(shared: &Shared, claims: &[Claim]) -> Result<HashSet<Uuid>, DbError> {
    let jobs: Vec<&Held> = claims.iter().map(|claim| &claim.held).filter(|held| !held.gated).collect();
    let mut tx = shared.database.system_tx(SystemReason::RunQueue).await?;
    let released = store::release(tx.conn(), &jobs).await?;
    tx.commit().await?;
    Ok(released)
}
