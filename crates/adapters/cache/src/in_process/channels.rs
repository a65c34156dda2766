//! Messages between the parts of this process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use tokio::sync::broadcast::{self, Sender, error::RecvError};

use crate::subscription::{CacheEvent, Subscription};

/// The channels that somebody listens to.
pub(super) struct Channels {
    senders: Mutex<HashMap<String, Sender<Bytes>>>,
    max_pending: usize,
}

impl Channels {
    pub(super) fn new(max_pending: usize) -> Self {
        Self { senders: Mutex::default(), max_pending: max_pending.max(1) }
    }

    pub(super) fn publish(&self, channel: &str, message: &[u8]) {
        if let Some(sender) = self.lock().get(channel) {
            // It fails only when the last listener has just gone, and then there is nobody to tell.
            let _ = sender.send(Bytes::copy_from_slice(message));
        }
    }

    pub(super) fn subscribe(&self, channel: String) -> Subscription {
        let mut senders = self.lock();
        senders.retain(|_, sender| sender.receiver_count() > 0);
        let receiver =
            senders.entry(channel).or_insert_with(|| broadcast::channel(self.max_pending).0).subscribe();
        let events = stream::unfold(receiver, |mut receiver| async {
            let event = match receiver.recv().await {
                Ok(message) => CacheEvent::Message(message),
                Err(RecvError::Lagged(lost)) => CacheEvent::Lagged(lost),
                // The cache itself is gone.
                Err(RecvError::Closed) => return None,
            };
            Some((event, receiver))
        });
        Subscription::new(events.boxed())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Sender<Bytes>>> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
