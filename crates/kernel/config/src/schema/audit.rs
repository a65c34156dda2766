//! Section `audit`: where audit events go, and how the trail is sealed.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::secrets::serialize_redacted;

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

/// How the audit trail is written, sealed and signed.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct AuditConfig {
    /// The receiver of audit events.
    pub writer: AuditWriter,
    /// Ed25519 key that signs checkpoints of the trail: PKCS#8 in base64. Unset in `local` means one that is made once and
    /// kept in the data folder; required elsewhere. Locked.
    #[serde(serialize_with = "serialize_redacted")]
    pub signing_key: Option<SecretString>,
    /// Public keys that signed before, each 32 bytes in base64, separated by commas: what they signed is still believed. Locked.
    pub retired_keys: String,
    /// Events after which a checkpoint is signed.
    #[validate(range(min = 10, max = 10_000))]
    pub checkpoint_events: u16,
    /// Seconds after which a checkpoint is signed, if there is any event.
    #[validate(range(min = 1, max = 86_400))]
    pub checkpoint_seconds: u32,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self {
            writer: AuditWriter::default(),
            signing_key: None,
            retired_keys: String::new(),
            checkpoint_events: 1_000,
            checkpoint_seconds: 60,
        }
    }
}
