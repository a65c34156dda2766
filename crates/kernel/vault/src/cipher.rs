//! AES-256-GCM: how a value is sealed by a data key, and a data key wrapped by a master key.

use std::fmt;

use athyper_kernel_types::TenantId;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use secrecy::SecretSlice;
use secrecy::zeroize::{Zeroize as _, Zeroizing};
use uuid::Uuid;

use crate::{Sealed, Subject, VaultError};

/// Length of a key, in bytes.
pub(crate) const KEY_LEN: usize = 32;

/// Longest value that is sealed, in bytes: one that stands in a row.
const MAX_PLAINTEXT: usize = 1 << 20;

/// A key that seals and opens. The library wipes it when it is dropped.
pub(crate) struct CipherKey(RandomizedNonceKey);

impl CipherKey {
    /// Takes the bytes of a key.
    pub(crate) fn new(bytes: &[u8]) -> Result<Self, VaultError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, bytes);
        Ok(Self(key.map_err(|_| VaultError::Crypto("taking a key"))?))
    }

    /// Encrypts under a random nonce (SP 800-38D, section 8.2.2).
    fn encrypt(&self, aad: &[u8], plaintext: &[u8]) -> Result<([u8; NONCE_LEN], Vec<u8>), VaultError> {
        let mut text = Vec::with_capacity(plaintext.len() + AES_256_GCM.tag_len());
        text.extend_from_slice(plaintext);
        if let Ok(nonce) = self.0.seal_in_place_append_tag(Aad::from(aad), &mut text) {
            return Ok((*nonce.as_ref(), text));
        }
        text.zeroize();
        Err(VaultError::Crypto("encrypting"))
    }

    fn decrypt(
        &self,
        aad: &[u8],
        nonce: [u8; NONCE_LEN],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut text = Zeroizing::new(ciphertext.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(aad), &mut text);
        let length = opened.map_err(|_| VaultError::Unreadable)?.len();
        text.truncate(length);
        Ok(text)
    }
}

impl fmt::Debug for CipherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CipherKey")
    }
}

/// Where a value belongs; it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// Whose it is.
    pub(crate) tenant: TenantId,
    /// What it is for, such as `accounts.totp`.
    pub(crate) purpose: &'a str,
    /// Which record it is of.
    pub(crate) record: &'a str,
}

/// Joins parts so that no two different lists of parts read alike: each has its length before it.
fn join(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in parts {
        joined.extend_from_slice(&(part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

fn value_aad(key: Uuid, context: &Context<'_>) -> Vec<u8> {
    let tenant = context.tenant.uuid();
    join(&[
        b"athyper.vault.value.v1",
        tenant.as_bytes(),
        key.as_bytes(),
        context.purpose.as_bytes(),
        context.record.as_bytes(),
    ])
}

/// Seals a value.
pub(crate) fn seal(
    key: &CipherKey,
    id: Uuid,
    context: &Context<'_>,
    plaintext: &[u8],
) -> Result<Sealed, VaultError> {
    if plaintext.len() > MAX_PLAINTEXT {
        return Err(VaultError::TooLong { max: MAX_PLAINTEXT });
    }
    let (nonce, ciphertext) = key.encrypt(&value_aad(id, context), plaintext)?;
    Ok(Sealed::join(id, nonce, &ciphertext))
}

/// Opens a value with the key that it names.
pub(crate) fn open(
    key: &CipherKey,
    context: &Context<'_>,
    sealed: &Sealed,
) -> Result<SecretSlice<u8>, VaultError> {
    let (id, nonce, ciphertext) = sealed.split()?;
    let text = key.decrypt(&value_aad(id, context), nonce, ciphertext)?;
    Ok(SecretSlice::from(text.to_vec()))
}

/// Which data key is wrapped, and for whom; it is unwrapped as no other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrapping<'a> {
    /// Whose key it is.
    pub(crate) tenant: TenantId,
    /// Id of the data key.
    pub(crate) key: Uuid,
    /// Whose values it seals.
    pub(crate) subject: &'a Subject,
}

impl Wrapping<'_> {
    fn aad(&self, master: &str) -> Vec<u8> {
        let tenant = self.tenant.uuid();
        join(&[
            b"athyper.vault.key.v1",
            tenant.as_bytes(),
            self.key.as_bytes(),
            self.subject.as_str().as_bytes(),
            master.as_bytes(),
        ])
    }
}

/// Wraps a data key by the master key of this id: nonce, ciphertext, tag.
pub(crate) fn wrap(
    master: &CipherKey,
    master_id: &str,
    wrapping: &Wrapping<'_>,
    data_key: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let (nonce, ciphertext) = master.encrypt(&wrapping.aad(master_id), data_key)?;
    let mut wrapped = nonce.to_vec();
    wrapped.extend_from_slice(&ciphertext);
    Ok(wrapped)
}

/// Unwraps a data key.
pub(crate) fn unwrap(
    master: &CipherKey,
    master_id: &str,
    wrapping: &Wrapping<'_>,
    wrapped: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, ciphertext) = wrapped.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::Unreadable)?;
    master.decrypt(&wrapping.aad(master_id), *nonce, ciphertext)
}

#[cfg(test)]
mod tests;
