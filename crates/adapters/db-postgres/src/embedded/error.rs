//! What can go wrong with the embedded PostgreSQL, each with the way to mend it.

use std::io;
use std::path::{Path, PathBuf};

use crate::provision::ProvisionError;

/// Why the embedded PostgreSQL could not be found, obtained, started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// No data folder was given and none can be derived from the environment.
    #[error("no folder for the data: set HOME or XDG_DATA_HOME, or name a data folder in the configuration")]
    NoDataFolder,
    /// There are no PostgreSQL programs and they could not be obtained.
    #[error(
        "no usable PostgreSQL ({wanted}) was found and none could be obtained: {why}; install it with `{install}`, \
         or point ATHYPER_SUPER__DB_URL to an existing database"
    )]
    NoBinaries {
        /// The wanted version, for instance `version 14 or newer`.
        wanted: String,
        /// Why obtaining it failed.
        why: String,
        /// The command that installs PostgreSQL on this machine.
        install: String,
    },
    /// The process runs as root and there is no other user to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root and the machine has neither a user postgres nor a user nobody: add one \
         with `useradd --system postgres`, or start this program as an ordinary user"
    )]
    NoRunUser,
    /// The cluster exists but the file with its passwords does not.
    #[error(
        "the cluster in {cluster} exists but its {file} is missing: restore that file, or move the folder away to \
         begin with an empty database"
    )]
    CredentialsLost {
        /// The cluster folder.
        cluster: PathBuf,
        /// The missing file.
        file: &'static str,
    },
    /// A file of the cluster folder cannot be understood.
    #[error("{path} cannot be read ({why}): restore it, or move the cluster folder away to begin anew")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// One of PostgreSQL's programs failed.
    #[error("{program} failed: {output}")]
    Program {
        /// The program's path.
        program: PathBuf,
        /// The end of what it wrote, or of the server's log.
        output: String,
    },
    /// The server runs but does not become ready.
    #[error("the PostgreSQL server of {cluster} is not ready after {seconds} s: read the log in {log}")]
    NotReady {
        /// The cluster folder.
        cluster: PathBuf,
        /// How long was waited.
        seconds: u64,
        /// The server's log file.
        log: PathBuf,
    },
    /// The server refuses the passwords of the cluster folder.
    #[error(
        "the server of {cluster} refuses the passwords of its credentials.json: restore that file ({source})"
    )]
    Refused {
        /// The cluster folder.
        cluster: PathBuf,
        /// What the server said.
        source: sqlx::Error,
    },
    /// The keeper did not begin its work.
    #[error(
        "the process that stops PostgreSQL after its last user could not be started with {program}: {why}; the \
         program must pass its arguments to run_keeper"
    )]
    Keeper {
        /// The program that was run as keeper.
        program: PathBuf,
        /// What happened to it.
        why: String,
    },
    /// The roles or the database could not be made.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// The operating system gave no random numbers for the passwords.
    #[error("the operating system gives no random numbers, so no passwords can be made")]
    NoRandomness,
    /// A file, folder, lock or process could not be worked with.
    #[error("could not {doing}: {source}")]
    Io {
        /// What was attempted, with the path.
        doing: String,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The work was cut off because the runtime is shutting down.
    #[error("the start of PostgreSQL was interrupted: start the program again")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// Adds what was attempted on which path to the operating system's answer.
pub(super) trait Doing<T> {
    /// Turns an I/O error into [`EmbeddedError::Io`] that says `verb` and `path`.
    fn doing(self, verb: &str, path: &Path) -> Result<T, EmbeddedError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, verb: &str, path: &Path) -> Result<T, EmbeddedError> {
        self.map_err(|source| EmbeddedError::Io { doing: format!("{verb} {}", path.display()), source })
    }
}
