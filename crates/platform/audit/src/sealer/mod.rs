//! The sealer: gives each tenant's events their places and hashes, signs checkpoints, and puts those into object storage.
//!
//! Any number of processes may run one. Who works on a tenant holds the row of its chain; the others pass by. Each batch is
//! one transaction, so that a crash at any point leaves whole batches and nothing else.

mod lag;
mod retention;
mod sealing;
mod signing;

use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_db::{Database, SystemReason};
use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::model::keys::AuditKeys;
use crate::ports::CheckpointStore;
use crate::store::chain;

pub use lag::{SealLag, SealLagReading};
pub(crate) use retention::apply_retention;

/// How a sealer works.
#[derive(Clone, Copy, Debug)]
pub struct SealerSettings {
    /// Events of one transaction.
    pub batch: u16,
    /// Batches of one tenant before the next tenant has its turn.
    pub batches_in_turn: u16,
    /// Events after which a checkpoint is signed, whatever the time.
    pub checkpoint_events: u16,
    /// Time after which a checkpoint is signed, if there is any event.
    pub checkpoint_every: TimeDelta,
    /// How long the sealer rests when nothing is left to do.
    pub rest: Duration,
}

impl Default for SealerSettings {
    fn default() -> Self {
        Self {
            batch: 1_000,
            batches_in_turn: 20,
            checkpoint_events: 1_000,
            checkpoint_every: TimeDelta::seconds(60),
            rest: Duration::from_secs(1),
        }
    }
}

/// What a turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Events sealed.
    pub sealed: u64,
    /// Checkpoints signed.
    pub signed: u64,
    /// Checkpoints put into object storage.
    pub stored: u64,
    /// Whether there is more to do at once.
    pub has_more: bool,
}

/// Seals the trails of all tenants.
#[derive(Clone)]
pub struct Sealer {
    database: Database,
    keys: Arc<AuditKeys>,
    store: Arc<dyn CheckpointStore>,
    settings: SealerSettings,
    lag: SealLag,
}

impl Sealer {
    /// A sealer on this database, which signs with the present one of these keys and keeps checkpoints in this store.
    pub fn new(
        database: Database,
        keys: Arc<AuditKeys>,
        store: Arc<dyn CheckpointStore>,
        settings: SealerSettings,
    ) -> Self {
        Self { database, keys, store, settings, lag: SealLag::default() }
    }

    /// How far sealing is behind writing, as seen at the end of the last turn.
    pub fn lag(&self) -> SealLag {
        self.lag.clone()
    }

    /// Works until it is told to stop. What cannot be done now is tried again.
    pub async fn run(self, stopping: CancellationToken) {
        loop {
            let turn = tokio::select! {
                () = stopping.cancelled() => return,
                turn = self.turn() => turn,
            };
            match turn {
                Ok(turn) if turn.has_more => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the audit trail could not be sealed now"),
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(self.settings.rest) => {}
            }
        }
    }

    /// Seals what can be sealed, signs what is due, and stores what is signed.
    ///
    /// # Errors
    /// When the database does not answer; whole batches may be done. That the store does not answer is only logged: what it
    /// lacks is put there by a later turn.
    pub async fn turn(&self) -> Result<Turn, Error> {
        let mut turn = Turn::default();
        let mut tx = self.database.system_tx(SystemReason::SealAudit).await?;
        let tenants = chain::tenants_with_unsealed(&mut tx).await?;
        tx.commit().await?;
        for tenant in tenants {
            self.seal_tenant(tenant, &mut turn).await?;
        }
        self.sign_due(&mut turn).await?;
        match self.store_signed(&mut turn).await {
            Err(Error::Store(error)) => {
                tracing::warn!(error = %error.0, "checkpoints of the audit trail wait for object storage");
            }
            stored => stored?,
        }
        let mut tx = self.database.system_tx(SystemReason::SealAudit).await?;
        let waiting = chain::waiting(&mut tx).await?;
        let now = tx.now();
        tx.commit().await?;
        self.lag.note(waiting, now);
        Ok(turn)
    }
}
