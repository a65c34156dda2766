//! Why a value cannot be sealed or opened.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, ProblemKind};

/// Why a value cannot be sealed or opened. None of these carries any part of a value or of a key.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key was destroyed on purpose: nobody can read the value any more, and no new one is taken for its subject.
    #[error("the key of this value was destroyed: nobody can read it any more")]
    Shredded,
    /// The value was changed, or belongs to another tenant, purpose or record.
    #[error("the value is not what was sealed here")]
    Unreadable,
    /// The data key is wrapped by a master key that this process does not have.
    #[error(
        "a data key is wrapped by master key {id}, which this process does not have: set it as \
         ATHYPER_SUPER__MASTER_KEYS__<name>"
    )]
    MasterKeyMissing {
        /// The id that the vault gives to the missing key.
        id: String,
    },
    /// The value is longer than one that is sealed in a row may be.
    #[error("the value is longer than the {max} bytes that can be sealed")]
    TooLong {
        /// The longest, in bytes.
        max: usize,
    },
    /// The cryptographic library refused; it says no more.
    #[error("the cryptographic library failed at {0}")]
    Crypto(&'static str),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<sqlx::Error> for VaultError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl DomainError for VaultError {
    fn code(&self) -> &'static str {
        match self {
            Self::Shredded => "vault.shredded",
            Self::Unreadable => "vault.unreadable",
            Self::MasterKeyMissing { .. } => "vault.master_key_missing",
            Self::TooLong { .. } => "vault.too_long",
            Self::Crypto(_) => "vault.crypto_failed",
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::Shredded => ProblemKind::Conflict,
            Self::TooLong { .. } => ProblemKind::Invalid,
            Self::Unreadable | Self::MasterKeyMissing { .. } | Self::Crypto(_) => ProblemKind::Internal,
            Self::Database(error) => error.kind(),
        }
    }
}
