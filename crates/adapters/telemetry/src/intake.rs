//! The bounded queue between the threads that work and the one that exports.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::losses::{Losses, Reason, Signal};

/// The end that takes items. It never waits: what does not fit is dropped and counted.
pub(crate) struct Intake<T> {
    signal: Signal,
    sender: Sender<T>,
    losses: Arc<Losses>,
}

impl<T> Intake<T> {
    /// A queue for at most `size` items.
    pub(crate) fn new(signal: Signal, size: usize, losses: Arc<Losses>) -> (Self, Receiver<T>) {
        let (sender, receiver) = channel(size);
        (Self { signal, sender, losses }, receiver)
    }

    pub(crate) fn offer(&self, item: T) {
        let reason = match self.sender.try_send(item) {
            Ok(()) => return,
            Err(TrySendError::Full(_)) => Reason::QueueFull,
            Err(TrySendError::Closed(_)) => Reason::Stopped,
        };
        self.losses.lose(self.signal, reason, 1);
    }
}

impl<T> Clone for Intake<T> {
    fn clone(&self) -> Self {
        Self { signal: self.signal, sender: self.sender.clone(), losses: Arc::clone(&self.losses) }
    }
}

impl<T> fmt::Debug for Intake<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Intake").field(&self.signal).finish()
    }
}
