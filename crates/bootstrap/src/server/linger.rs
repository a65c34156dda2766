//! The rest of a body that nobody wants: taken for a while, so that a caller who is still sending gets its answer.
//!
//! A socket that is closed while bytes come in is reset, and the caller may then lose the answer that was sent to it
//! (RFC 9112, section 9.6).

use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::{HeaderMap, header};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::timeout;

/// How long the rest of a body is taken before the connection is closed all the same.
const LONGEST: Duration = Duration::from_secs(10);

/// A body that hands on what is left of it when it is dropped.
#[derive(Debug)]
pub(super) struct Lingering {
    body: Option<Incoming>,
    /// Whether the caller sends without being asked for more: `Expect: 100-continue` waits for a reader.
    is_coming: bool,
    rests: UnboundedSender<Incoming>,
}

impl Lingering {
    pub(super) fn new(body: Incoming, headers: &HeaderMap, rests: UnboundedSender<Incoming>) -> Self {
        Self { body: Some(body), is_coming: !headers.contains_key(header::EXPECT), rests }
    }
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.is_coming = true;
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| self.is_coming && !body.is_end_stream()) {
            // The receiver ends with the connection, and then there is nothing left to take.
            let _ = self.rests.send(body);
        }
    }
}

/// Takes the rests of a connection's bodies, one after the other. Never ends; it is dropped with the connection.
pub(super) async fn take_rests(mut rests: UnboundedReceiver<Incoming>) {
    while let Some(mut body) = rests.recv().await {
        let taken = timeout(LONGEST, async { while let Some(Ok(_)) = body.frame().await {} }).await;
        if taken.is_err() {
            tracing::debug!("a caller does not stop sending, its connection is closed");
        }
    }
    pending::<()>().await;
}
