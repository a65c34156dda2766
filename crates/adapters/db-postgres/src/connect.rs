//! Connects to a PostgreSQL: the pool of the application role, and single connections of the owner.

use std::time::Duration;

use athyper_kernel_db::Database;
use athyper_kernel_types::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::role_check::{RoleCheckError, check_application_role};

/// Size and patience of the pool.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// Most connections.
    pub max_connections: u32,
    /// How long a caller waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may run.
    pub statement_timeout: Duration,
    /// Name that the server shows for the connections.
    pub application_name: String,
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is no PostgreSQL URL. It is not shown, as it holds a password.
    #[error("the database url is not valid: write it as postgres://user:password@host:port/database")]
    Url,
    /// The server does not answer or refuses the login.
    #[error("the database cannot be reached: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// The login role could go around row security.
    #[error(transparent)]
    Role(#[from] RoleCheckError),
}

/// Opens the pool and checks that its role cannot go around row security.
///
/// # Errors
/// When the server does not answer, or the role is too mighty.
pub async fn connect(
    url: &SecretString,
    settings: &PoolSettings,
    clock: Clock,
) -> Result<Database, ConnectError> {
    let millis = settings.statement_timeout.as_millis().to_string();
    let options = parse(url)?
        .application_name(&settings.application_name)
        .options([("statement_timeout", millis.as_str()), ("idle_in_transaction_session_timeout", "60000")]);
    let pool = PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(settings.acquire_timeout)
        .connect_with(options)
        .await
        .map_err(ConnectError::Unreachable)?;
    let role = check_application_role(&pool).await;
    if let Err(error) = role {
        pool.close().await;
        return Err(error.into());
    }
    Ok(Database::new(pool, clock))
}

/// Opens one connection, such as the owner's for migrations.
///
/// # Errors
/// When the server does not answer.
pub async fn connect_once(url: &SecretString) -> Result<PgConnection, ConnectError> {
    PgConnection::connect_with(&parse(url)?).await.map_err(ConnectError::Unreachable)
}

fn parse(url: &SecretString) -> Result<PgConnectOptions, ConnectError> {
    let options: PgConnectOptions = url.expose_secret().parse().map_err(|_| ConnectError::Url)?;
    // Statements are timed by spans of their own; sqlx's log would show them twice.
    Ok(options.disable_statement_logging())
}
