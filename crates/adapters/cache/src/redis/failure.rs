//! Puts the failures of pool, connection and server into the words of the contract.

use std::time::Duration;

use deadpool_redis::PoolError;
use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::error::CacheError;

/// What kind of entry a call needs, for the message when it is another.
pub(super) type Wanted = &'static str;

/// Why a call failed.
pub(super) enum Failure {
    Pool(PoolError),
    Redis(RedisError),
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Pool(error)
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        Self::Redis(error)
    }
}

impl Failure {
    pub(super) fn into_error(self, wanted: Wanted) -> CacheError {
        match self {
            Self::Redis(error) | Self::Pool(PoolError::Backend(error)) => from_redis(&error, wanted),
            Self::Pool(PoolError::Timeout(_)) => {
                CacheError::Unavailable { reason: "no connection became free in time".to_owned() }
            }
            Self::Pool(error) => CacheError::Unavailable { reason: error.to_string() },
        }
    }
}

/// The error for a call that took too long.
pub(super) fn no_answer(timeout: Duration) -> CacheError {
    CacheError::Unavailable { reason: format!("no answer within {} ms", timeout.as_millis()) }
}

/// The error for what the client says.
pub(super) fn from_redis(error: &RedisError, wanted: Wanted) -> CacheError {
    let reason = error.to_string();
    match error.kind() {
        ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm) => {
            CacheError::Refused { reason }
        }
        ErrorKind::UnexpectedReturnType => CacheError::WrongType { wanted },
        // The codes stand inside the text where the error is that of a step of a transaction.
        _ if reason.contains("WRONGTYPE") || reason.contains("not an integer") => {
            CacheError::WrongType { wanted }
        }
        _ if reason.contains("would overflow") => CacheError::Overflow,
        _ if reason.contains("NOAUTH") || reason.contains("WRONGPASS") => CacheError::Refused { reason },
        _ => CacheError::Unavailable { reason },
    }
}
