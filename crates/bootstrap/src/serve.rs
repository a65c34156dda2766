//! The public HTTP server: listens, serves, and at shutdown answers what it has accepted before it goes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use athyper_kernel_config::{Environment, RuntimeConfig};
use athyper_kernel_lifecycle::Lifecycle;
use axum::Router;

use crate::error::StartError;
use crate::server::{ConnectionLimits, listen, serve_until};

/// Starts to listen and serve.
pub(crate) async fn serve(
    config: &RuntimeConfig,
    lifecycle: &Lifecycle,
    router: Router,
) -> Result<SocketAddr, StartError> {
    let port = config.port;
    let listener =
        listen(&addresses(config.env), port).await.map_err(|source| StartError::Port { port, source })?;
    let address = listener.local_addr().map_err(|source| StartError::Io { doing: "listen", source })?;
    let server = serve_until(lifecycle.stopping(), listener, router, limits(config));
    let served = lifecycle.spawn("http server", server);
    let budget = Duration::from_millis(config.shutdown_timeout_ms);
    // The task ends when the last accepted request is answered; the hook waits for that before the next one runs.
    let hook = lifecycle.on_shutdown("http server", budget, move || async move { Ok(served.await?) });
    hook.map_err(|error| StartError::Command(error.to_string()))?;
    Ok(address)
}

/// In env `local` the port is open to this machine only.
fn addresses(env: Environment) -> [IpAddr; 2] {
    match env {
        Environment::Local => [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        Environment::Staging | Environment::Production => {
            [Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()]
        }
    }
}

fn limits(config: &RuntimeConfig) -> ConnectionLimits {
    let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let patience = Duration::from_millis(config.http.header_timeout_ms);
    ConnectionLimits {
        connections: number(config.http.max_connections),
        head_time: patience,
        stall_time: patience,
        head_bytes: number(config.http.header_limit_bytes),
    }
}
