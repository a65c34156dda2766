//! What can go wrong with the built-in issuer. It serves the developer alone, so the errors tell all.

use std::io;
use std::path::{Path, PathBuf};

use athyper_kernel_config::Environment;

/// Why the built-in issuer cannot be opened or give a token.
#[derive(Debug, thiserror::Error)]
pub enum LocalIssuerError {
    /// The environment is not `local`.
    #[error("the built-in issuer has demo users and is not for {0}: set iam.issuerUrl of the realm")]
    BuiltInIssuerOutsideLocal(Environment),
    /// The realm does not use it.
    #[error("realm {0:?} does not use the built-in issuer: set builtInIssuer of the realm to true")]
    NotBuiltIn(String),
    /// The realm's key is not one that a file can be named after.
    #[error("{0:?} is not the key of a realm: use letters, digits, _ and -, at most 63")]
    NotARealmKey(String),
    /// The realm has no such tenant.
    #[error("realm {realm} has no tenant {tenant:?}: ask for one of {known}")]
    UnknownTenant {
        /// The realm.
        realm: String,
        /// What was asked for.
        tenant: String,
        /// What can be asked for, separated by commas.
        known: String,
    },
    /// There is no such demo user.
    #[error("there is no user {user:?}: ask for one of {known}")]
    UnknownUser {
        /// What was asked for.
        user: String,
        /// What can be asked for, separated by commas.
        known: String,
    },
    /// A file could not be read or written.
    #[error("cannot {doing} {}: check the folder's owner and the free space", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file of the key holds something else.
    #[error("{} is not a key of the built-in issuer: delete it, and the next start makes another", .0.display())]
    BrokenKey(PathBuf),
    /// The machine's cryptography failed, its source of random numbers for instance.
    #[error("{0} failed in the cryptographic library")]
    Crypto(&'static str),
}

/// Says what was tried with which file when it fails.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, LocalIssuerError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, LocalIssuerError> {
        self.map_err(|source| LocalIssuerError::File { doing, path: path.to_owned(), source })
    }
}
