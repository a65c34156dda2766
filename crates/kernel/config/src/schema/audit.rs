//! Section `audit`: where audit events go.

use serde::{Deserialize, Serialize};

/// The receiver of audit events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditWriter {
    /// The log, for development.
    Console,
    /// Nowhere, for tests.
    Noop,
    /// A list in memory, for tests.
    Memory,
    /// The audit trail in PostgreSQL, in the transaction of the change. The only one allowed outside `local`.
    #[default]
    Database,
}

/// How the audit trail is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct AuditConfig {
    /// The receiver of audit events.
    pub writer: AuditWriter,
}
