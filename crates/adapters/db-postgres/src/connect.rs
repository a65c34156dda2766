//! Connects to a PostgreSQL: the pool of the application role, and single connections of the owner.

use std::time::Duration;

use athyper_kernel_db::{Database, Pooler};
use athyper_kernel_types::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::role_check::{RoleCheckError, check_application_role};

/// How long a transaction may stand still, so that one that was forgotten frees its locks.
const IDLE_IN_TRANSACTION: Duration = Duration::from_mins(1);
/// How long a caller waits for a connection to a replica, before the primary is asked.
const REPLICA_PATIENCE: Duration = Duration::from_secs(1);

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
    /// A pooler answers, and the configuration names none.
    #[error(
        "db.url leads to a pooler such as PgBouncer, which takes no settings of a session: set db.pooler to transaction \
         (variable DB_POOLER), and let the pooler work in transaction mode"
    )]
    Pooler,
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
    let (statement, idle) = (millis(settings.statement_timeout), millis(IDLE_IN_TRANSACTION));
    let options = parse(url)?.options([
        ("statement_timeout", statement.as_str()),
        ("idle_in_transaction_session_timeout", idle.as_str()),
    ]);
    Ok(Database::new(open(options, settings).await?, clock))
}

/// Opens the pool as [`connect`] does, where the URL leads to a pooler in transaction mode, such as PgBouncer. Each
/// transaction then sets its own limits and keeps no prepared statements, and no notifications are heard.
///
/// # Errors
/// When the server does not answer, or the role is too mighty.
pub async fn connect_through_pooler(
    url: &SecretString,
    settings: &PoolSettings,
    clock: Clock,
) -> Result<Database, ConnectError> {
    let pool = open(through_pooler(parse(url)?), settings).await?;
    let pooler = Pooler { statement_timeout: settings.statement_timeout, idle_timeout: IDLE_IN_TRANSACTION };
    Ok(Database::behind_pooler(pool, clock, pooler))
}

/// Numbers travel in binary form, so that no digit of theirs hangs on the setting that is left out.
fn through_pooler(options: PgConnectOptions) -> PgConnectOptions {
    options.statement_cache_capacity(0).extra_float_digits(None)
}

#[expect(clippy::disallowed_types, reason = "the adapter makes the pool that the kernel then owns")]
async fn open(options: PgConnectOptions, settings: &PoolSettings) -> Result<sqlx::PgPool, ConnectError> {
    let pool = untried_while_fresh(PgPoolOptions::new())
        .max_connections(settings.max_connections)
        .acquire_timeout(settings.acquire_timeout)
        .connect_with(options.application_name(&settings.application_name))
        .await
        .map_err(unreachable)?;
    let role = check_application_role(&pool).await;
    if let Err(error) = role {
        pool.close().await;
        return Err(error.into());
    }
    Ok(pool)
}

/// A connection is asked for a sign of life when it has been idle for so long. Before that, its transaction's first statement
/// is the question, and `Database` takes another connection where that fails: one round trip less for each transaction.
const FRESH: Duration = Duration::from_secs(1);

fn untried_while_fresh(options: PgPoolOptions) -> PgPoolOptions {
    options.test_before_acquire(false).before_acquire(|connection, meta| {
        Box::pin(async move {
            if meta.idle_for >= FRESH {
                connection.ping().await?;
            }
            Ok(true)
        })
    })
}

/// PgBouncer refuses what it cannot hand to every session that a client may meet, and says so in these words.
fn unreachable(error: sqlx::Error) -> ConnectError {
    let is_pooler = error
        .as_database_error()
        .is_some_and(|error| error.message().starts_with("unsupported startup parameter"));
    if is_pooler { ConnectError::Pooler } else { ConnectError::Unreachable(error) }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

/// Gives the database a replica, whose connections are made when they are needed: one that is away holds up no start.
/// Each connection's role is checked like that of the primary.
///
/// # Errors
/// When the URL is not valid, or the replica answers and the role is too mighty.
pub async fn connect_replica(
    database: Database,
    url: &SecretString,
    settings: &PoolSettings,
) -> Result<Database, ConnectError> {
    let plain = parse(url)?.application_name(&settings.application_name);
    let (statement, idle) = (millis(settings.statement_timeout), millis(IDLE_IN_TRANSACTION));
    let options = if database.can_listen() {
        plain.options([
            ("statement_timeout", statement.as_str()),
            ("idle_in_transaction_session_timeout", idle.as_str()),
        ])
    } else {
        through_pooler(plain)
    };
    match PgConnection::connect_with(&options).await {
        Ok(mut connection) => check_application_role(&mut connection).await?,
        Err(error) => {
            tracing::warn!(%error, "the replica cannot be reached now, the primary is read instead");
        }
    }
    let pool = untried_while_fresh(PgPoolOptions::new())
        .max_connections(settings.max_connections)
        .acquire_timeout(settings.acquire_timeout.min(REPLICA_PATIENCE))
        .after_connect(|connection, _| {
            Box::pin(async move {
                let role = check_application_role(connection).await;
                role.map_err(|error| sqlx::Error::Configuration(Box::new(error)))
            })
        })
        .connect_lazy_with(options);
    Ok(database.with_replica(pool))
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
