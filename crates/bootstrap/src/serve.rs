//! The HTTP server: listens, serves, and at shutdown answers what it has accepted before it goes.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use athyper_kernel_config::{Environment, RuntimeConfig};
use athyper_kernel_lifecycle::Lifecycle;
use axum::Router;
use tokio::net::TcpListener;

use crate::error::StartError;

/// Starts to listen and serve.
pub(crate) async fn serve(
    config: &RuntimeConfig,
    lifecycle: &Lifecycle,
    router: Router,
) -> Result<SocketAddr, StartError> {
    let listener = listen(config).await?;
    let address = listener.local_addr().map_err(|source| StartError::Io { doing: "listen", source })?;
    let stopping = lifecycle.stopping();
    let server =
        axum::serve(listener, router).with_graceful_shutdown(async move { stopping.cancelled().await });
    let served = lifecycle.spawn("http server", async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the http server failed");
        }
    });
    let budget = Duration::from_millis(config.shutdown_timeout_ms);
    // The task ends when the last accepted request is answered; the hook waits for that before the next one runs.
    let hook = lifecycle.on_shutdown("http server", budget, move || async move { Ok(served.await?) });
    hook.map_err(|error| StartError::Command(error.to_string()))?;
    Ok(address)
}

/// In env `local` the port is open to this machine only. The first address that the machine has is taken. One that
/// another program has is an error: whoever goes to `localhost` might meet that one.
async fn listen(config: &RuntimeConfig) -> Result<TcpListener, StartError> {
    let port = config.port;
    let [first, second] = if config.env == Environment::Local {
        [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)]
    } else {
        [IpAddr::from(Ipv6Addr::UNSPECIFIED), IpAddr::from(Ipv4Addr::UNSPECIFIED)]
    };
    let bound = match TcpListener::bind((first, port)).await {
        Err(error) if error.kind() != ErrorKind::AddrInUse => TcpListener::bind((second, port)).await,
        bound => bound,
    };
    bound.map_err(|source| StartError::Port { port, source })
}
