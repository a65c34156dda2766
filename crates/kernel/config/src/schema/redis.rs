//! Section `redis`: cache, sessions and rate limits shared by processes.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::secrets::serialize_redacted;

/// How to reach Redis.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RedisConfig {
    /// Address of the server (locked). Unset in `local` means in-process memory.
    #[serde(serialize_with = "serialize_redacted")]
    pub url: Option<SecretString>,
}
