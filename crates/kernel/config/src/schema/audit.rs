//! Section `audit`: where audit events go, and how the trail is sealed.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::text::{http_url, not_blank};
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

/// Where checkpoints of the trail are kept, where that is another place than that of all objects. What is left out is as in
/// section `s3`. Whoever has the key of that section can then not change them. Every path of it is locked.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckpointsConfig {
    /// Address of the service.
    #[validate(custom(function = "http_url"))]
    pub endpoint: Option<String>,
    /// Region that requests are signed for.
    #[validate(custom(function = "not_blank"))]
    pub region: Option<String>,
    /// Bucket that holds the checkpoints and nothing else.
    #[validate(custom(function = "not_blank"))]
    pub bucket: Option<String>,
    /// Name of the access key; set with its other half.
    #[serde(serialize_with = "serialize_redacted")]
    pub access_key: Option<SecretString>,
    /// Secret of the access key.
    #[serde(serialize_with = "serialize_redacted")]
    pub secret_key: Option<SecretString>,
}

impl CheckpointsConfig {
    /// Whether one half of the key is set, and not the other.
    pub(crate) fn is_set_by_halves(&self) -> bool {
        self.access_key.is_some() != self.secret_key.is_some()
    }

    /// Whether anything of it is set.
    pub fn is_set(&self) -> bool {
        self.endpoint.is_some() || self.region.is_some() || self.bucket.is_some() || self.access_key.is_some()
    }
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
    /// Where checkpoints are kept, where that is a place of their own.
    #[validate(nested)]
    pub checkpoints: CheckpointsConfig,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self {
            writer: AuditWriter::default(),
            signing_key: None,
            retired_keys: String::new(),
            checkpoint_events: 1_000,
            checkpoint_seconds: 60,
            checkpoints: CheckpointsConfig::default(),
        }
    }
}
