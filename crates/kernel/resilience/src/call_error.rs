//! Why a call through a breaker has no result.

use std::time::Duration;

/// The breaker let nothing through: the target is known not to answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{target} does not answer; ask again in {} ms", .retry_after.as_millis())]
pub struct Refused {
    /// The name of the target.
    pub target: String,
    /// After how long asking again makes sense; never zero.
    pub retry_after: Duration,
}

/// Why a call through a breaker has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// It was not made.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It took longer than it may. The target may have done what it was asked all the same.
    #[error("{target} took longer than {} ms", .after.as_millis())]
    TimedOut {
        /// The name of the target.
        target: String,
        /// The time that was allowed.
        after: Duration,
    },
    /// It failed by itself.
    #[error(transparent)]
    Failed(E),
}
