//! One cluster: made once, started, asked how it does, and stopped.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection, PgConnection};
use tokio::runtime::Handle;

use super::credentials::{self, Credentials};
use super::error::{Doing, EmbeddedError};
use super::paths::{self, Layout};
use super::program::{self, Programs};
use super::record::ServerRecord;
use super::settings::settings;
use super::{ports, postmaster, timezones, user};

/// The role that initialises the cluster and provisions it.
pub(super) const ADMIN: &str = "athyper_admin";
/// How long a server that is starting, recovering or stopping is waited for.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often its state is looked at meanwhile.
const PAUSE: Duration = Duration::from_millis(50);
/// How many times a start is tried when the port is taken, or when the last server's processes are still leaving.
const ATTEMPTS: u32 = 20;
/// The size from which a log is put aside at the next start, in bytes.
const LOG_LIMIT: u64 = 16 * 1024 * 1024;
/// The class of SQLSTATE codes of a refused login (PostgreSQL manual, appendix A).
const REFUSED: &str = "28";

/// A cluster with the programs to run it.
pub(super) struct Cluster {
    pub(super) layout: Layout,
    pub(super) programs: Programs,
    pub(super) throw_away: bool,
}

/// The major version that made the cluster; `None` when there is no cluster yet.
pub(super) fn major_version(layout: &Layout) -> Result<Option<u32>, EmbeddedError> {
    let path = layout.data().join("PG_VERSION");
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).doing("read", &path)?;
    text.trim()
        .parse()
        .map(Some)
        .map_err(|_| EmbeddedError::Damaged { path, why: format!("{:?} is no version", text.trim()) })
}

impl Cluster {
    /// Makes the data directory when there is none, and gives the passwords of its roles.
    pub(super) fn initialise(&self) -> Result<Credentials, EmbeddedError> {
        let path = self.layout.credentials();
        let known = credentials::read(&path)?;
        if major_version(&self.layout)?.is_some() {
            return known.ok_or_else(|| EmbeddedError::CredentialsLost {
                cluster: self.layout.cluster.clone(),
                file: "credentials.json",
            });
        }
        let credentials = match known {
            Some(credentials) => credentials,
            None => credentials::create(&path)?,
        };
        tracing::info!("making a PostgreSQL cluster in {}", self.layout.cluster.display());
        // Whoever is interrupted leaves a draft, never half a data directory.
        let draft = self.layout.cluster.join("data.new");
        self.init_draft(&draft, "C.UTF-8", &credentials.admin).or_else(|error| {
            tracing::debug!("no cluster with the locale C.UTF-8, trying C: {error}");
            self.init_draft(&draft, "C", &credentials.admin)
        })?;
        fs::rename(&draft, self.layout.data()).doing("put in place", &draft)?;
        Ok(credentials)
    }

    /// How the server asks for passwords. What the client works out for SCRAM, a hash 4,096 times over, takes code that is not
    /// optimised longer than most tests take for their statements; a throw-away server is told the password, and works it out
    /// itself.
    fn authentication(&self) -> &'static str {
        if self.throw_away { "password" } else { "scram-sha-256" }
    }

    /// Runs `initdb` into a new folder.
    fn init_draft(&self, draft: &Path, locale: &str, password: &SecretString) -> Result<(), EmbeddedError> {
        if draft.exists() {
            fs::remove_dir_all(draft).doing("remove", draft)?;
        }
        fs::create_dir(draft).doing("make", draft)?;
        paths::give(draft, self.programs.user.as_ref())?;
        let password_file = self.layout.cluster.join("initdb.password");
        self.write_password(&password_file, password)?;
        let mut arguments = vec![
            "--username".to_owned(),
            ADMIN.to_owned(),
            format!("--auth={}", self.authentication()),
            format!("--pwfile={}", password_file.display()),
            "--encoding=UTF8".to_owned(),
            format!("--locale={locale}"),
            "--data-checksums".to_owned(),
            "--no-instructions".to_owned(),
            format!("--pgdata={}", draft.display()),
        ];
        if self.throw_away {
            arguments.push("--no-sync".to_owned());
        }
        let made = self.programs.run("initdb", arguments);
        fs::remove_file(&password_file).doing("remove", &password_file)?;
        made.map(drop)
    }

    /// Writes the password file of `initdb`, which the user who runs it must read.
    fn write_password(&self, path: &Path, password: &SecretString) -> Result<(), EmbeddedError> {
        if path.exists() {
            fs::remove_file(path).doing("remove", path)?;
        }
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).doing("make", path)?;
        file.write_all(password.expose_secret().as_bytes()).doing("write", path)?;
        paths::give(path, self.programs.user.as_ref())
    }

    /// Starts the server unless it runs, waits until it takes connections, and gives its port.
    pub(super) fn ensure_running(
        &self,
        admin_password: &SecretString,
        runtime: &Handle,
    ) -> Result<u16, EmbeddedError> {
        let deadline = Instant::now() + PATIENCE;
        let mut started = false;
        loop {
            match postmaster::running(&self.layout.data())? {
                None if started => return Err(self.start_failure(0)),
                None => {
                    self.start()?;
                    started = true;
                }
                Some(server) => {
                    let port = server.port.filter(|_| server.ready);
                    if let Some(port) = port
                        && self.answers(port, admin_password, runtime)?
                    {
                        return Ok(port);
                    }
                    if Instant::now() > deadline {
                        return Err(EmbeddedError::NotReady {
                            cluster: self.layout.cluster.clone(),
                            seconds: PATIENCE.as_secs(),
                            log: self.layout.log(),
                        });
                    }
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }

    /// Whether the administrator can connect. Anything but a refused login counts as "not yet".
    fn answers(&self, port: u16, password: &SecretString, runtime: &Handle) -> Result<bool, EmbeddedError> {
        let options = admin_options(port, password);
        let attempt = async {
            let connection =
                tokio::time::timeout(Duration::from_secs(5), PgConnection::connect_with(&options)).await;
            match connection {
                Ok(Ok(connection)) => connection.close().await.map(|()| true),
                Ok(Err(error)) => Err(error),
                Err(_) => Ok(false),
            }
        };
        match runtime.block_on(attempt) {
            Ok(answers) => Ok(answers),
            Err(error) => {
                let code = error
                    .as_database_error()
                    .and_then(sqlx::error::DatabaseError::code)
                    .map(|code| code.to_string());
                if code.is_some_and(|code| code.starts_with(REFUSED)) {
                    return Err(EmbeddedError::Refused {
                        cluster: self.layout.cluster.clone(),
                        source: error,
                    });
                }
                tracing::debug!("the server does not answer yet: {error}");
                Ok(false)
            }
        }
    }

    /// Starts the server on the remembered port, or on another one when somebody else has taken it.
    fn start(&self) -> Result<(), EmbeddedError> {
        timezones::link(&self.layout.cluster, &self.programs.bin)?;
        let remembered = ServerRecord::read(&self.layout.server_record())?
            .map(|record| record.port)
            .filter(|port| ports::is_free(*port));
        let mut port = remembered.map_or_else(ports::pick, Ok)?;
        let mut attempt = 1;
        loop {
            ServerRecord::write(&self.layout.server_record(), port, &self.programs)?;
            let log_start = self.rotate_log()?;
            tracing::info!("starting PostgreSQL on 127.0.0.1:{port}");
            let Err(error) = self.run_pg_ctl_start(port) else {
                return Ok(());
            };
            let log = self.log_since(log_start);
            let port_taken = log.contains("Address already in use") || log.contains("could not bind");
            // Processes of a killed server leave a moment after it and hold its memory until then.
            let still_leaving = log.contains("pre-existing shared memory block");
            if attempt >= ATTEMPTS || !(port_taken || still_leaving) {
                tracing::debug!("pg_ctl: {error}");
                return Err(if log.is_empty() { error } else { self.start_failure(log_start) });
            }
            attempt += 1;
            if port_taken {
                port = ports::pick()?;
            } else {
                std::thread::sleep(PAUSE * 10);
            }
        }
    }

    fn run_pg_ctl_start(&self, port: u16) -> Result<(), EmbeddedError> {
        let data = self.layout.data();
        let mut command = self.programs.command("pg_ctl");
        command
            .args(["start", "--silent", "--wait", "--timeout=600", "--pgdata"])
            .arg(&data)
            .arg("--log")
            .arg(self.layout.log())
            .arg("--options")
            .arg(settings(port, self.throw_away))
            // Redirected time zones are looked up from here; see `timezones`.
            .current_dir(&data);
        program::finish(&mut command).map(drop)
    }

    /// The error of a server that did not start, with what it logged from `log_start` on.
    fn start_failure(&self, log_start: u64) -> EmbeddedError {
        program::failed(&self.programs.bin.join("postgres"), &self.log_since(log_start))
    }

    /// Puts a long log aside and gives the length of the one that remains.
    fn rotate_log(&self) -> Result<u64, EmbeddedError> {
        let log = self.layout.log();
        let length = fs::metadata(&log).map_or(0, |metadata| metadata.len());
        if length <= LOG_LIMIT {
            return Ok(length);
        }
        fs::rename(&log, log.with_extension("log.1")).doing("put aside", &log)?;
        Ok(0)
    }

    fn log_since(&self, start: u64) -> String {
        let mut text = Vec::new();
        let read = fs::File::open(self.layout.log()).and_then(|mut log| {
            log.seek(SeekFrom::Start(start))?;
            log.read_to_end(&mut text)
        });
        match read {
            Ok(_) => String::from_utf8_lossy(&text).into_owned(),
            Err(_) => String::new(),
        }
    }
}

/// Stops the server of a cluster if it runs: open transactions are rolled back, committed ones are on disk.
pub(super) fn stop(layout: &Layout) -> Result<(), EmbeddedError> {
    let data = layout.data();
    if postmaster::running(&data)?.is_none() {
        return Ok(());
    }
    let path = layout.server_record();
    let Some(record) = ServerRecord::read(&path)? else {
        return Err(EmbeddedError::Damaged { path, why: "it is missing".to_owned() });
    };
    let programs = Programs { bin: record.bin, libraries: record.libraries, user: user::run_user(&data)? };
    let stop = |mode: &str| {
        let mut command = programs.command("pg_ctl");
        command.args(["stop", "--silent", "--wait", "--timeout=60", "--mode", mode, "--pgdata"]).arg(&data);
        program::finish(&mut command).map(drop)
    };
    tracing::info!("stopping PostgreSQL of {}", layout.cluster.display());
    stop("fast").or_else(|error| {
        if postmaster::running(&data)?.is_none() {
            return Ok(());
        }
        tracing::warn!("PostgreSQL does not stop, ending it at once: {error}");
        stop("immediate")
    })
}

/// How the administrator connects to the server on `port`.
pub(super) fn admin_options(port: u16, password: &SecretString) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username(ADMIN)
        .password(password.expose_secret())
        .database("postgres")
        .ssl_mode(PgSslMode::Disable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_cluster_has_no_version() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::of_cluster(folder.path());
        assert_eq!(major_version(&layout).unwrap(), None);
        fs::create_dir(layout.data()).unwrap();
        fs::write(layout.data().join("PG_VERSION"), "15\n").unwrap();
        assert_eq!(major_version(&layout).unwrap(), Some(15));
        fs::write(layout.data().join("PG_VERSION"), "x\n").unwrap();
        assert!(major_version(&layout).is_err());
    }

    #[test]
    fn stopping_what_does_not_run_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        stop(&Layout::of_cluster(folder.path())).unwrap();
    }
}
