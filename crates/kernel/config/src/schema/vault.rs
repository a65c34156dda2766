//! Section `vault`: the master keys under which data keys lie in the database. Every path of it is locked.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::secrets::{serialize_redacted, serialize_redacted_map};

/// Length of a master key, in bytes.
const KEY_LEN: usize = 32;

/// The master keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct VaultConfig {
    /// The present key: 32 bytes in base64. Unset in `local` means one that is made in the data folder.
    #[serde(serialize_with = "serialize_redacted")]
    pub master_key: Option<SecretString>,
    /// Former keys by any name, for data keys that were not wrapped anew yet.
    #[serde(serialize_with = "serialize_redacted_map")]
    pub master_keys: BTreeMap<String, SecretString>,
}

/// What is wrong with a text that should be a master key. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MasterKeyFault {
    /// Not base64 (RFC 4648, section 4).
    Encoding,
    /// Not 32 bytes.
    Length,
}

impl fmt::Display for MasterKeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "is not base64",
            Self::Length => "is not 32 bytes long",
        })
    }
}

/// Reads a master key.
///
/// # Errors
/// When it is not 32 bytes in base64.
pub fn decode_master_key(text: &str) -> Result<Zeroizing<[u8; KEY_LEN]>, MasterKeyFault> {
    let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| MasterKeyFault::Encoding)?);
    let key: [u8; KEY_LEN] = bytes.as_slice().try_into().map_err(|_| MasterKeyFault::Length)?;
    Ok(Zeroizing::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_is_thirty_two_bytes_in_base64() {
        let key = |bytes: usize| STANDARD.encode(vec![7; bytes]);
        assert_eq!(*decode_master_key(&key(32)).unwrap(), [7; 32]);
        for bytes in [0, 16, 31, 33, 64] {
            assert_eq!(decode_master_key(&key(bytes)), Err(MasterKeyFault::Length), "{bytes}");
        }
        for text in ["no key", "ä", "AAAA="] {
            assert_eq!(decode_master_key(text), Err(MasterKeyFault::Encoding), "{text}");
        }
    }
}
