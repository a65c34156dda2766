//! What can go wrong with a cache, in words that never carry a key, a value or a password.

use athyper_kernel_error::{DomainError, ProblemKind};

use crate::settings::{MAX_KEY_BYTES, MAX_TIME_TO_LIVE};

/// Why a call of the cache failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Redis cannot be reached, or does not answer in time. A write that ran into the timeout may still take effect.
    #[error("the cache does not answer: {reason}; check that Redis runs and that redis.url points to it")]
    Unavailable {
        /// What the connection or the server said.
        reason: String,
    },
    /// Redis refuses the login or the command.
    #[error("Redis refuses this user: {reason}; check the user and password in redis.url and the user's ACL")]
    Refused {
        /// What the server said.
        reason: String,
    },
    /// The URL is no Redis URL. It is not shown, as it holds a password.
    #[error(
        "the redis url is not valid: write it as redis://user:password@host:port/database, or with rediss:// for TLS"
    )]
    Url,
    /// The settings cannot work.
    #[error("the cache cannot be set up: {0}")]
    Settings(String),
    /// The key is empty or too long.
    #[error("a cache key has {bytes} bytes: use 1 to {MAX_KEY_BYTES}")]
    Key {
        /// Length of the key.
        bytes: usize,
    },
    /// The time to live is too short or too long.
    #[error("the time to live of a cache entry must be between 1 ms and {} days", MAX_TIME_TO_LIVE.as_secs() / 86_400)]
    TimeToLive,
    /// The value is larger than the cache takes.
    #[error("a value of {size} {unit} is too large for the cache: keep at most {limit}")]
    TooLarge {
        /// Size of the value.
        size: usize,
        /// What the size counts: bytes, or members of a set.
        unit: &'static str,
        /// The largest that is taken.
        limit: usize,
    },
    /// The entry is of another kind: a set where a value is wanted, text where a number is.
    #[error("the cache entry is not {wanted}: use one namespace for one kind of entry")]
    WrongType {
        /// What the operation needs.
        wanted: &'static str,
    },
    /// The counter would leave the range of 64 bits.
    #[error("the counter would leave the range of a signed 64-bit number: let it expire or delete it")]
    Overflow,
    /// The entry cannot be read as the type that is asked for.
    #[error("the cache entry is not the expected JSON (line {line}, column {column}): delete it")]
    Corrupt {
        /// Line of the first fault, counted from 1.
        line: usize,
        /// Column of the first fault, counted from 1.
        column: usize,
    },
    /// The value cannot be written as JSON.
    #[error("the value cannot be written as JSON: its maps need text keys and its parts must serialize")]
    NotJson,
}

impl DomainError for CacheError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "cache.unavailable",
            Self::Refused { .. } => "cache.refused",
            Self::Url => "cache.invalid_url",
            Self::Settings(_) => "cache.invalid_settings",
            Self::Key { .. } => "cache.invalid_key",
            Self::TimeToLive => "cache.invalid_time_to_live",
            Self::TooLarge { .. } => "cache.too_large",
            Self::WrongType { .. } => "cache.wrong_type",
            Self::Overflow => "cache.overflow",
            Self::Corrupt { .. } => "cache.corrupt",
            Self::NotJson => "cache.not_json",
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::Unavailable { .. } | Self::Refused { .. } => ProblemKind::Unavailable,
            Self::TooLarge { .. } => ProblemKind::TooLarge,
            // The rest are mistakes of our own code or set-up.
            Self::Url
            | Self::Settings(_)
            | Self::Key { .. }
            | Self::TimeToLive
            | Self::WrongType { .. }
            | Self::Overflow
            | Self::Corrupt { .. }
            | Self::NotJson => ProblemKind::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use athyper_kernel_error::Problem;

    use super::*;

    #[test]
    fn an_outage_is_a_503_whose_reason_stays_in_the_log() {
        let problem = Problem::from(CacheError::Unavailable { reason: "connection refused".to_owned() });
        assert_eq!(problem.kind.status(), 503);
        assert_eq!(problem.code, "cache.unavailable");
        assert!(!problem.detail.contains("refused"));
        assert!(problem.cause_chain().unwrap().contains("connection refused"));
    }
}
