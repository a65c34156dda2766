//! The master keys: the present one, which wraps, and former ones, which only unwrap.

use std::collections::BTreeMap;
use std::fmt;

use athyper_kernel_config::{MasterKeyFault, VaultConfig, decode_master_key};
use aws_lc_rs::hmac;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use crate::VaultError;
use crate::cipher::{self, CipherKey, Wrapping};

/// Why the master keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// There is none.
    #[error("there is no master key: set ATHYPER_SUPER__MASTER_KEY to what `openssl rand -base64 32` prints")]
    Missing,
    /// One is no key.
    #[error("{variable} {fault}: make one with `openssl rand -base64 32`")]
    Broken {
        /// The variable.
        variable: String,
        /// What is wrong with it.
        fault: MasterKeyFault,
    },
    /// The cryptographic library refused the key.
    #[error(transparent)]
    Refused(#[from] VaultError),
}

/// The master keys of this process, by the id that follows from each key itself: whatever name an operator gave to a
/// former one, it is found by what it is.
pub struct MasterKeys {
    current: String,
    keys: BTreeMap<String, CipherKey>,
}

impl MasterKeys {
    /// The configured keys; `local` is the present one where the configuration names none.
    ///
    /// # Errors
    /// When there is no present key, or one is not 32 bytes in base64.
    pub fn new(config: &VaultConfig, local: Option<&SecretString>) -> Result<Self, MasterKeyError> {
        let current = config.master_key.as_ref().or(local).ok_or(MasterKeyError::Missing)?;
        let mut keys = BTreeMap::new();
        let mut add = |variable: &str, key: &SecretString| -> Result<String, MasterKeyError> {
            let bytes = decode_master_key(key.expose_secret())
                .map_err(|fault| MasterKeyError::Broken { variable: variable.to_owned(), fault })?;
            let id = id(&*bytes);
            keys.insert(id.clone(), CipherKey::new(&*bytes)?);
            Ok(id)
        };
        for (name, key) in &config.master_keys {
            add(&format!("ATHYPER_SUPER__MASTER_KEYS__{name}"), key)?;
        }
        let current = add("ATHYPER_SUPER__MASTER_KEY", current)?;
        Ok(Self { current, keys })
    }

    /// Id of the present key.
    pub fn current_id(&self) -> &str {
        &self.current
    }

    /// Wraps a data key by the present master key.
    pub(crate) fn wrap(&self, wrapping: &Wrapping<'_>, data_key: &[u8]) -> Result<Vec<u8>, VaultError> {
        cipher::wrap(self.find(&self.current)?, &self.current, wrapping, data_key)
    }

    /// Unwraps a data key by the master key that wrapped it.
    pub(crate) fn unwrap(
        &self,
        master: &str,
        wrapping: &Wrapping<'_>,
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        cipher::unwrap(self.find(master)?, master, wrapping, wrapped)
    }

    fn find(&self, id: &str) -> Result<&CipherKey, VaultError> {
        self.keys.get(id).ok_or_else(|| VaultError::MasterKeyMissing { id: id.to_owned() })
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKeys").field("current", &self.current).finish_non_exhaustive()
    }
}

/// Names a key without telling it: the first 64 bits of an HMAC-SHA-256 under the key.
fn id(key: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"athyper.vault.master-key-id.v1");
    let mut id = hex::encode(tag.as_ref());
    id.truncate(16);
    id
}
