//! Finding, making, starting, sharing and leaving the server.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::cluster::{self, ADMIN, Cluster};
use super::credentials::{self, Credentials};
use super::error::{Doing, EmbeddedError};
use super::options::ClusterOptions;
use super::paths::Layout;
use super::postmaster::{self, Postmaster};
use super::record::ServerRecord;
use super::{discover, keeper, locks};
use crate::provision::{Provisioning, provision};

/// How often a server that somebody else is stopping is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// A running server that this process uses. While one of these lives, in whichever process, the server runs.
#[derive(Debug)]
pub struct EmbeddedDatabase {
    /// Connects to the platform's database as the application, which row security binds.
    pub app_url: SecretString,
    /// Connects to the platform's database as its owner, who runs migrations.
    pub owner_url: SecretString,
    /// Connects to the database `postgres` as the superuser of this cluster, for provisioning and tests alone.
    pub admin_url: SecretString,
    /// The server's port on 127.0.0.1.
    pub port: u16,
    /// The folder of the cluster, its log and its passwords.
    pub cluster_dir: PathBuf,
    users_lock: File,
}

/// Finds or obtains PostgreSQL, makes the cluster at the first call, starts it unless it runs, and provisions it.
///
/// Several processes may do this at the same moment: one does the work and the others find it done. A future that is
/// dropped does not cut the work off in the middle; it is finished in the background and then left.
///
/// # Errors
/// [`EmbeddedError`], which says how to mend it.
pub async fn start(options: ClusterOptions) -> Result<EmbeddedDatabase, EmbeddedError> {
    let runtime = Handle::current();
    spawn_blocking(move || start_blocking(&options, &runtime)).await?
}

impl EmbeddedDatabase {
    /// Leaves the server, and stops it when no other process uses it. Returns when it has stopped.
    ///
    /// Dropping the value is enough where a keeper watches; this is for those who start without one, or who want to
    /// see the server gone.
    ///
    /// # Errors
    /// [`EmbeddedError`] when the server cannot be stopped.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        spawn_blocking(move || stop_if_unused(&Layout::of_cluster(&self.cluster_dir), &self.users_lock))
            .await?
    }
}

fn start_blocking(options: &ClusterOptions, runtime: &Handle) -> Result<EmbeddedDatabase, EmbeddedError> {
    let (layout, user) = Layout::prepare(&options.data_dir)?;
    let starting = locks::exclusive(&layout.start_lock())?;
    // Waits for a keeper that is stopping the server at this moment.
    let users_lock = locks::shared(&layout.users_lock())?;

    if let Some((port, credentials)) = attach(&layout, options)? {
        drop(starting);
        return Ok(database(layout.cluster, port, &credentials, users_lock));
    }
    let major = cluster::major_version(&layout)?;
    let installation = discover::installation(options, &layout, major, user.as_ref())?;
    tracing::debug!("using PostgreSQL {:?} of {:?}", installation.version, installation.programs.bin);
    let cluster = Cluster { layout, programs: installation.programs, throw_away: options.throw_away };
    let credentials = cluster.initialise()?;
    // Before the server: should this process end right now, somebody stops what it was starting.
    if let Some(command) = &options.keeper {
        keeper::ensure(&cluster.layout, command)?;
    }
    let port = cluster.ensure_running(&credentials.admin, runtime)?;
    let plan = plan(&credentials);
    runtime.block_on(provision(&cluster::admin_options(port, &credentials.admin), &plan))?;
    ServerRecord::note_provisioned(&cluster.layout.server_record(), plan.digest()?)?;
    drop(starting);
    Ok(database(cluster.layout.cluster, port, &credentials, users_lock))
}

/// A server that runs and has been provisioned since its start: those who come to it need neither look for its programs nor
/// ask how it does.
fn attach(layout: &Layout, options: &ClusterOptions) -> Result<Option<(u16, Credentials)>, EmbeddedError> {
    let Some(credentials) = credentials::read(&layout.credentials())? else { return Ok(None) };
    let Some(record) = ServerRecord::read(&layout.server_record())? else { return Ok(None) };
    if record.provisioned != Some(plan(&credentials).digest()?) {
        return Ok(None);
    }
    let runs_there = |server: &Postmaster| server.ready && server.port == Some(record.port);
    if !postmaster::running(&layout.data())?.as_ref().is_some_and(runs_there) {
        return Ok(None);
    }
    if let Some(command) = &options.keeper {
        keeper::ensure(layout, command)?;
    }
    Ok(Some((record.port, credentials)))
}

fn plan(credentials: &Credentials) -> Provisioning {
    Provisioning::new(Some(credentials.owner.clone()), Some(credentials.app.clone()))
}

fn database(
    cluster_dir: PathBuf,
    port: u16,
    credentials: &Credentials,
    users_lock: File,
) -> EmbeddedDatabase {
    let plan = plan(credentials);
    EmbeddedDatabase {
        app_url: url(&plan.app.name, &credentials.app, port, &plan.database),
        owner_url: url(&plan.owner.name, &credentials.owner, port, &plan.database),
        admin_url: url(ADMIN, &credentials.admin, port, "postgres"),
        port,
        cluster_dir,
        users_lock,
    }
}

/// A connection URL. The passwords are made of characters that a URL takes as they are.
fn url(role: &str, password: &SecretString, port: u16, database: &str) -> SecretString {
    let password = password.expose_secret();
    SecretString::from(format!("postgres://{role}:{password}@127.0.0.1:{port}/{database}?sslmode=disable"))
}

/// Gives up this process's share of the server, and stops it when that was the last one.
fn stop_if_unused(layout: &Layout, users_lock: &File) -> Result<(), EmbeddedError> {
    let path = layout.users_lock();
    users_lock.unlock().doing("unlock", &path)?;
    loop {
        if locks::try_exclusive(users_lock, &path)? {
            return cluster::stop(layout);
        }
        if locks::try_shared(users_lock, &path)? {
            // Only other users stand in the way, and the server is theirs.
            return users_lock.unlock().doing("unlock", &path);
        }
        // The keeper was faster and is stopping the server.
        std::thread::sleep(PAUSE);
    }
}
