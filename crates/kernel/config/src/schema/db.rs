//! Section `db`: the PostgreSQL database.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::secrets::serialize_redacted;

/// What stands between this process and PostgreSQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DbPooler {
    /// Nothing: a connection is one session of the server.
    #[default]
    None,
    /// A pooler that lends a session for one transaction at a time, such as PgBouncer with `pool_mode = transaction`.
    Transaction,
}

/// How to reach PostgreSQL and how much of it to use.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct DbConfig {
    /// Address of the application role (locked). Unset in `local` means the embedded database.
    #[serde(serialize_with = "serialize_redacted")]
    pub url: Option<SecretString>,
    /// Address of the role that migrates (locked). Unset means that this process does not migrate with another role.
    #[serde(serialize_with = "serialize_redacted")]
    pub admin_url: Option<SecretString>,
    /// What `url` leads to. `adminUrl` must lead to PostgreSQL itself: migrations take turns by a lock of the session.
    pub pooler: DbPooler,
    /// Connections that this process may hold.
    #[validate(range(min = 1, max = 1000))]
    pub pool_max: u32,
    /// How long to wait for a free connection, in milliseconds.
    #[validate(range(min = 1, max = 600_000))]
    pub acquire_timeout_ms: u64,
    /// How long one statement may run, in milliseconds.
    #[validate(range(min = 1, max = 3_600_000))]
    pub statement_timeout_ms: u64,
}

impl Default for DbConfig {
    fn default() -> Self {
        Self {
            url: None,
            admin_url: None,
            pooler: DbPooler::None,
            pool_max: 10,
            acquire_timeout_ms: 5_000,
            statement_timeout_ms: 30_000,
        }
    }
}
