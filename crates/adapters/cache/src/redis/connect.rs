//! Reads the URL and prepares the pool; no connection is made yet.

use std::time::Duration;

use deadpool_redis::{Manager, Pool, Runtime};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, TlsCertificates,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::CacheError;
use crate::settings::RedisSettings;

/// The client for subscriptions and the pool for everything else.
pub(super) fn prepare(url: &SecretString, settings: RedisSettings) -> Result<(Client, Pool), CacheError> {
    if settings.max_connections == 0 || settings.timeout.is_zero() {
        return Err(CacheError::Settings("it needs at least one connection and some patience".to_owned()));
    }
    let client = client(url, settings.root_certificates)?;
    let timeout = Some(settings.timeout);
    let connection =
        AsyncConnectionConfig::new().set_connection_timeout(timeout).set_response_timeout(timeout);
    let manager = Manager::new_with_config(client.get_connection_info().clone(), connection)
        .map_err(|_| CacheError::Url)?;
    let pool = Pool::builder(manager)
        .max_size(settings.max_connections)
        .wait_timeout(timeout)
        .create_timeout(timeout)
        .recycle_timeout(timeout)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| CacheError::Settings(error.to_string()))?;
    Ok((client, pool))
}

fn client(url: &SecretString, root_certificates: Option<Vec<u8>>) -> Result<Client, CacheError> {
    let info: ConnectionInfo = url.expose_secret().into_connection_info().map_err(|_| CacheError::Url)?;
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    match info.addr() {
        // A fragment `#insecure` would switch the check of the certificate off.
        ConnectionAddr::TcpTls { insecure: true, .. } => Err(CacheError::Url),
        ConnectionAddr::TcpTls { .. } if root_certificates.is_some() => {
            let certificates = TlsCertificates { client_tls: None, root_cert: root_certificates };
            Client::build_with_tls(info, certificates).map_err(|_| {
                CacheError::Settings(
                    "the root certificates for Redis are no certificates in PEM form".to_owned(),
                )
            })
        }
        _ => Client::open(info).map_err(|_| CacheError::Url),
    }
}

/// How long the first wait before a new attempt is; every further one is twice as long.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest wait before a new attempt.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5);
