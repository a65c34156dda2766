//! Records successes together: while one statement is under way, those that end meanwhile wait for the next.

use std::sync::Arc;

use athyper_kernel_db::{DbError, SystemReason};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::Shared;
use crate::store::{self, Held};

/// Most successes in one statement.
const MOST: usize = 500;

/// A success to record.
pub(super) struct Ack {
    job: Held,
    recorded: oneshot::Sender<bool>,
}

/// Where successes are handed in.
#[derive(Clone)]
pub(super) struct Acks(UnboundedSender<Ack>);

/// What successes are handed in to, and what [`write_acks`] reads.
pub(super) fn channel() -> (Acks, UnboundedReceiver<Ack>) {
    let (sender, receiver) = unbounded_channel();
    (Acks(sender), receiver)
}

impl Acks {
    /// Records the success together with others. Whether it was recorded, or the lease was lost; `None` when the
    /// statement failed and the caller is to see to its own job.
    pub(super) async fn succeed(&self, job: &Held) -> Option<bool> {
        let (recorded, answer) = oneshot::channel();
        self.0.send(Ack { job: job.clone(), recorded }).ok()?;
        answer.await.ok()
    }
}

/// Writes what is handed in, until the jobs of this process are given up.
pub(super) async fn write_acks(shared: Arc<Shared>, mut acks: UnboundedReceiver<Ack>) {
    let mut batch = Vec::with_capacity(MOST);
    loop {
        tokio::select! {
            () = shared.give_up.cancelled() => return,
            _taken = acks.recv_many(&mut batch, MOST) => {}
        }
        match write(&shared, &batch).await {
            Ok(kept) => {
                for (ack, kept) in batch.drain(..).zip(kept) {
                    // Nobody listens when the lease has ended in the meantime.
                    let _unheard = ack.recorded.send(kept);
                }
            }
            // Dropped without an answer, each job sees to itself.
            Err(error) => {
                tracing::debug!(%error, "successes could not be recorded together");
                batch.clear();
            }
        }
    }
}

/// Whether each success was recorded, side by side.
async fn write(shared: &Shared, batch: &[Ack]) -> Result<Vec<bool>, DbError> {
    let jobs: Vec<&Held> = batch.iter().map(|ack| &ack.job).collect();
    let mut tx = shared.database.system_tx(SystemReason::RunQueue).await?;
    let kept = store::succeed(tx.conn(), &jobs).await?;
    tx.commit().await?;
    Ok(jobs.iter().map(|job| kept.contains(&job.token)).collect())
}
