//! The form of a sealed value: which key, which nonce, and the ciphertext with its tag.

use std::fmt;

use aws_lc_rs::aead::NONCE_LEN;
use uuid::Uuid;

use crate::VaultError;

/// First byte of every sealed value; another form gets another one.
const FORM: u8 = 1;

/// Bytes before the ciphertext.
const HEAD: usize = 1 + 16 + NONCE_LEN;

/// A sealed value, to be stored as `bytea`: form (1 byte), key id (16), nonce (12), ciphertext, tag (16).
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes what was stored. Whether it opens is seen when it is opened.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn join(key: Uuid, nonce: [u8; NONCE_LEN], ciphertext: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(HEAD + ciphertext.len());
        bytes.push(FORM);
        bytes.extend_from_slice(key.as_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(ciphertext);
        Self(bytes)
    }

    /// Key id, nonce, and ciphertext with tag.
    pub(crate) fn split(&self) -> Result<(Uuid, [u8; NONCE_LEN], &[u8]), VaultError> {
        let (form, rest) = self.0.split_first().ok_or(VaultError::Unreadable)?;
        let (key, rest) = rest.split_first_chunk::<16>().ok_or(VaultError::Unreadable)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::Unreadable)?;
        if *form != FORM {
            return Err(VaultError::Unreadable);
        }
        Ok((Uuid::from_bytes(*key), *nonce, ciphertext))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}
