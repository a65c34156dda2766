//! HTTP/1.1 on a socket: how many connections, how long and how large the head of a request may be, and an end that answers
//! what was accepted.
//!
//! `axum::serve` has none of these limits. TLS and HTTP/2 end at the proxy in front.

mod linger;
mod stall;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use linger::{Lingering, take_rests};
use stall::StallGuard;

/// How long to wait when the system has no more sockets to give.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(200);
/// Most headers of a request.
const MOST_HEADERS: usize = 100;
/// How long a request whose head has begun to come may take to be complete when the process stops.
const LATE_HEAD: Duration = Duration::from_secs(1);

/// What connections may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    /// Most at once.
    pub(crate) connections: usize,
    /// How long the head of a request may take, the wait for its first byte included.
    pub(crate) head_time: Duration,
    /// How long a caller may take nothing of its answer.
    pub(crate) stall_time: Duration,
    /// How large it may be, in bytes.
    pub(crate) head_bytes: usize,
}

/// Listens at the first of these addresses that the machine has. One that another program has is an error: whoever goes to
/// `localhost` might meet that one.
pub(crate) async fn listen(addresses: &[IpAddr], port: u16) -> io::Result<TcpListener> {
    let mut refused = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpListener::bind((*address, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Serves until the token is cancelled, then accepts nothing more, and ends when all that was accepted is answered.
pub(crate) async fn serve_until(
    stopping: CancellationToken,
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
) {
    let slots = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = accept(&listener, &slots) => accepted,
            Some(_ended) = connections.join_next() => continue,
        };
        let Some((stream, peer, slot)) = accepted else { return };
        let connection = serve_connection(stream, peer, router.clone(), limits, stopping.clone());
        connections.spawn(async move {
            connection.await;
            drop(slot);
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is room for it. None never happens: nobody closes the semaphore.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Some((stream, peer, slot)),
            // The caller is gone already.
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(OUT_OF_SOCKETS).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}

async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: ConnectionLimits,
    stopping: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection is slower than it could be");
    }
    // One copy is here and one in the service; each answer under way has another.
    let active = Arc::new(());
    let counted = Arc::clone(&active);
    let (to_rests, rests) = mpsc::unbounded_channel();
    let service = service_fn(move |request: Request<Incoming>| {
        let (parts, body) = request.into_parts();
        let body = Body::new(Lingering::new(body, &parts.headers, to_rests.clone()));
        let mut request = Request::from_parts(parts, body);
        request.extensions_mut().insert(ConnectInfo(peer));
        let (answer, guard) = (router.clone().oneshot(request), Arc::clone(&counted));
        async move {
            let answer = answer.await?;
            Ok::<_, Infallible>(answer.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    // Held until the body is gone.
                    let _ = &guard;
                    frame
                }))
            }))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_headers(MOST_HEADERS)
        .max_buf_size(limits.head_bytes)
        .serve_connection(TokioIo::new(StallGuard::new(stream, limits.stall_time)), service);
    let (mut connection, mut rests) = (pin!(connection), pin!(take_rests(rests)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = rests.as_mut() => Ok(()),
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = rests => Ok(()),
                // A head that never ends must not keep the process.
                () = idle(&active) => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}

/// Ends when for a while nothing has been answered on the connection.
async fn idle(active: &Arc<()>) {
    let mut looks = 0;
    while looks < 2 {
        tokio::time::sleep(LATE_HEAD / 2).await;
        looks = if Arc::strong_count(active) > 2 { 0 } else { looks + 1 };
    }
}
