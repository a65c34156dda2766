//! A subscription on Redis: a connection of its own, made anew when it breaks.

use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use futures::{StreamExt as _, TryFutureExt as _};
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, RedisError, Value};
use tokio::time::{sleep, timeout};

use super::connect::{FIRST_PAUSE, LONGEST_PAUSE};
use super::failure;
use crate::error::CacheError;
use crate::subscription::{CacheEvent, Subscription};

/// How long a silent connection is trusted before it is asked for a sign of life.
const PROBE_AFTER: Duration = Duration::from_secs(15);

/// Subscribes to a channel; when this returns, every later message arrives.
pub(super) async fn subscribe(
    client: Client,
    channel: String,
    patience: Duration,
) -> Result<Subscription, CacheError> {
    let link = connect(&client, &channel, patience).await?;
    let listener = Listener { client, channel, patience, link: Some(link) };
    Ok(Subscription::new(stream::unfold(listener, Listener::next).boxed()))
}

/// The state of a subscription between two events.
struct Listener {
    client: Client,
    channel: String,
    patience: Duration,
    /// The connection, while there is one.
    link: Option<Link>,
}

/// A connection that is subscribed.
struct Link {
    sink: PubSubSink,
    messages: PubSubStream,
}

impl Listener {
    async fn next(mut self) -> Option<(CacheEvent, Self)> {
        loop {
            let Some(link) = &mut self.link else {
                self.link = Some(self.reconnect().await);
                return Some((CacheEvent::Reconnected, self));
            };
            match timeout(PROBE_AFTER, link.messages.next()).await {
                Ok(Some(message)) => {
                    let message = Bytes::copy_from_slice(message.get_payload_bytes());
                    return Some((CacheEvent::Message(message), self));
                }
                Ok(None) => self.link = None,
                Err(_) => {
                    // A machine that vanished does not close its connections: only silence tells.
                    if !matches!(timeout(self.patience, link.sink.ping::<Value>()).await, Ok(Ok(_))) {
                        self.link = None;
                    }
                }
            }
        }
    }

    async fn reconnect(&self) -> Link {
        let mut pause = FIRST_PAUSE;
        loop {
            match connect(&self.client, &self.channel, self.patience).await {
                Ok(link) => return link,
                Err(error) => {
                    tracing::warn!(%error, pause_ms = pause.as_millis(), "a subscription waits for Redis");
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

async fn connect(client: &Client, channel: &str, patience: Duration) -> Result<Link, CacheError> {
    let attempt = async {
        let (mut sink, messages) = client.get_async_pubsub().await?.split();
        sink.subscribe(channel).await?;
        Ok(Link { sink, messages })
    };
    timeout(patience, attempt.map_err(|error: RedisError| failure::from_redis(&error, "a channel")))
        .await
        .unwrap_or_else(|_| Err(failure::no_answer(patience)))
}
