//! The leases that this worker holds, until when, and the heartbeat that renews them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use athyper_kernel_db::{DbError, SystemReason};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uuid::Uuid;

use super::Shared;
use crate::outage::Outage;
use crate::store::{self, Held};

/// The leases of one worker, by their tokens.
#[derive(Default)]
pub(super) struct Leases(Mutex<HashMap<Uuid, Entry>>);

struct Entry {
    tenant: Uuid,
    job: Uuid,
    news: watch::Sender<News>,
}

/// What the last heartbeat said about a lease.
#[derive(Clone, Copy, Debug)]
struct News {
    /// Until when the lease is ours, by this machine's steady clock.
    until: Instant,
    /// Somebody asked that the job stop.
    cancelled: bool,
}

/// One lease. It is renewed until this is dropped.
pub(super) struct Lease {
    leases: Arc<Leases>,
    token: Uuid,
    news: watch::Receiver<News>,
}

impl Leases {
    /// Keeps the lease of this job, which ends at `until` unless it is renewed.
    ///
    /// `until` counts from before the statement that took the lease, so it is never later than the end that the
    /// database knows.
    pub(super) fn hold(self: &Arc<Self>, job: &Held, until: Instant) -> Lease {
        let (sender, receiver) = watch::channel(News { until, cancelled: false });
        let entry = Entry { tenant: job.tenant.uuid(), job: job.id.uuid(), news: sender };
        self.lock().insert(job.token, entry);
        Lease { leases: Arc::clone(self), token: job.token, news: receiver }
    }

    /// Tenants, jobs and tokens of all leases, side by side.
    fn all(&self) -> (Vec<Uuid>, Vec<Uuid>, Vec<Uuid>) {
        let entries = self.lock();
        let mut lists = (Vec::new(), Vec::new(), Vec::new());
        for (token, entry) in entries.iter() {
            lists.0.push(entry.tenant);
            lists.1.push(entry.job);
            lists.2.push(*token);
        }
        lists
    }

    /// The lease lasts until then.
    fn set(&self, token: Uuid, until: Instant) {
        if let Some(entry) = self.lock().get(&token) {
            entry.news.send_modify(|news| news.until = until);
        }
    }

    /// The lease's job is to stop.
    fn cancel(&self, token: Uuid) {
        if let Some(entry) = self.lock().get(&token) {
            entry.news.send_modify(|news| news.cancelled = true);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        // The map is whole between any two statements, so a poisoned lock does no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Returns when the lease has ended without having been renewed.
    pub(super) async fn lost(&mut self) {
        loop {
            let until = self.news.borrow_and_update().until;
            tokio::select! {
                () = sleep_until(until) => return,
                changed = self.news.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Returns when somebody has asked that the job stop.
    pub(super) fn cancelled(&self) -> impl Future<Output = ()> + use<> {
        let mut news = self.news.clone();
        async move {
            // Without a sender the lease has ended, which is not the same.
            if news.wait_for(|news| news.cancelled).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.leases.lock().remove(&self.token);
    }
}

/// Renews all leases of the worker at a third of their length, until its jobs are given up.
pub(super) async fn keep(shared: Arc<Shared>) {
    let beat = shared.config.lease / 3;
    let mut outage = Outage::new("renew the leases of jobs");
    let mut wait = beat;
    loop {
        tokio::select! {
            () = shared.give_up.cancelled() => return,
            () = sleep(wait) => {}
        }
        wait = match timeout(beat, renew_all(&shared)).await {
            Ok(Ok(())) => {
                outage.over();
                beat
            }
            Ok(Err(error)) => outage.failed(&error).min(beat),
            Err(late) => outage.failed(&late).min(beat),
        };
    }
}

async fn renew_all(shared: &Shared) -> Result<(), DbError> {
    let (tenants, jobs, tokens) = shared.leases.all();
    if tokens.is_empty() {
        return Ok(());
    }
    let mut tx = shared.database.system_tx(SystemReason::RunQueue).await?;
    let asked = Instant::now();
    let renewals = store::renew(tx.conn(), &tenants, &jobs, &tokens, shared.config.lease).await?;
    tx.commit().await?;
    for renewal in renewals {
        if renewal.renewed {
            shared.leases.set(renewal.token, asked + shared.config.lease);
        } else if !renewal.held {
            shared.leases.set(renewal.token, asked);
        }
        if renewal.cancelled {
            shared.leases.cancel(renewal.token);
        }
    }
    Ok(())
}
