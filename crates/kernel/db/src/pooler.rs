//! A pooler that stands between the process and its database.

use std::time::Duration;

/// What each transaction has to do where a pooler stands between, which lends a connection for one transaction alone:
/// nothing that the connection was told before can be relied on, and statements of others may still lie prepared on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pooler {
    /// How long one statement may run.
    pub statement_timeout: Duration,
    /// How long a transaction may stand still.
    pub idle_timeout: Duration,
}

impl Pooler {
    /// What follows `begin`. Names of prepared statements are given out by each client for itself, so that two of them
    /// would meet on one connection; outside a transaction nobody keeps any.
    pub(crate) fn opening(self) -> String {
        format!(
            "deallocate all; select set_config('statement_timeout', '{}', true), \
             set_config('idle_in_transaction_session_timeout', '{}', true); ",
            self.statement_timeout.as_millis(),
            self.idle_timeout.as_millis()
        )
    }
}
