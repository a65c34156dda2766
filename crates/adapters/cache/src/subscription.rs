//! What a subscriber sees: messages, and the moments when it may have missed some.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;

/// One item of a [`Subscription`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheEvent {
    /// A message that was published.
    Message(Bytes),
    /// The subscriber was too slow and lost this many messages.
    Lagged(u64),
    /// The connection was lost and is there again. Messages published in between are lost; how many is not known.
    Reconnected,
}

/// The messages of one namespace, from the moment of subscribing. Dropping it ends the subscription.
///
/// It never ends by itself and reconnects on its own, but only while it is polled. After [`CacheEvent::Lagged`] and
/// [`CacheEvent::Reconnected`] whatever is kept in step by messages must be read anew.
pub struct Subscription {
    events: BoxStream<'static, CacheEvent>,
}

impl Subscription {
    pub(crate) fn new(events: BoxStream<'static, CacheEvent>) -> Self {
        Self { events }
    }
}

impl Stream for Subscription {
    type Item = CacheEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<CacheEvent>> {
        self.events.as_mut().poll_next(context)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}
