//! The keys that checkpoints and removals are signed with: Ed25519 (RFC 8032).

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// A key that cannot be used, or made. It says nothing of the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The private key is no Ed25519 key in PKCS#8.
    #[error(
        "the signing key of the audit trail is no Ed25519 key in PKCS#8, base64: make one with `openssl genpkey -algorithm ed25519 -outform DER | base64 -w0`"
    )]
    Private,
    /// The public key is not 32 bytes.
    #[error("a retired key of the audit trail is no Ed25519 public key of 32 bytes in base64")]
    Public,
    /// The source of random numbers failed.
    #[error("no key could be made: there are no random numbers")]
    Random,
}

/// The public half of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    bytes: [u8; 32],
    id: String,
}

impl PublicKey {
    /// A key of these bytes. Its id is its thumbprint (RFC 7638, of the form in RFC 8037).
    fn new(bytes: [u8; 32]) -> Self {
        let x = URL_SAFE_NO_PAD.encode(bytes);
        let digest = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Self { bytes, id: URL_SAFE_NO_PAD.encode(digest) }
    }

    /// Reads the 32 bytes of a key in base64, with either alphabet.
    ///
    /// # Errors
    /// [`KeyError::Public`].
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let unpadded = text.trim_end_matches('=');
        let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(unpadded));
        let bytes = bytes.map_err(|_| KeyError::Public)?;
        Ok(Self::new(bytes.try_into().map_err(|_| KeyError::Public)?))
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Whether this is its signature of the statement.
    pub(crate) fn has_signed(&self, statement: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.bytes).verify(statement, signature).is_ok()
    }
}

/// A key that signs.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// Reads a key: PKCS#8 in base64, with or without its public half.
    ///
    /// # Errors
    /// [`KeyError::Private`].
    pub fn from_base64(pkcs8: &SecretString) -> Result<Self, KeyError> {
        let der = STANDARD.decode(pkcs8.expose_secret().trim()).map_err(|_| KeyError::Private)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| KeyError::Private)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Private)?;
        Ok(Self { pair, public: PublicKey::new(public) })
    }

    /// Makes a key: PKCS#8 in base64.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn generate() -> Result<SecretString, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Random)?;
        let der = pair.to_pkcs8().map_err(|_| KeyError::Random)?;
        Ok(STANDARD.encode(der.as_ref()).into())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.public.id).finish_non_exhaustive()
    }
}

/// The key that signs now, and the public halves of those that signed before: what this process trusts. Nothing in the
/// database can add to it.
#[derive(Debug)]
pub struct AuditKeys {
    current: SigningKey,
    retired: Vec<PublicKey>,
}

impl AuditKeys {
    /// These keys.
    pub fn new(current: SigningKey, retired: Vec<PublicKey>) -> Self {
        Self { current, retired }
    }

    /// The public half of the key that signs now.
    pub fn current(&self) -> &PublicKey {
        &self.current.public
    }

    /// All trusted keys, the present one first.
    pub fn trusted(&self) -> impl Iterator<Item = &PublicKey> {
        let present = &self.current.public;
        std::iter::once(present).chain(self.retired.iter().filter(|key| key.id != present.id))
    }

    pub(crate) fn sign(&self, statement: &[u8]) -> Vec<u8> {
        self.current.pair.sign(statement).as_ref().to_vec()
    }

    /// Checks a signature by the id of its key.
    pub(crate) fn check(&self, key_id: &str, statement: &[u8], signature: &[u8]) -> Result<(), Untrusted> {
        let key = self.trusted().find(|key| key.id == key_id).ok_or(Untrusted::Key)?;
        if key.has_signed(statement, signature) { Ok(()) } else { Err(Untrusted::Signature) }
    }
}

/// Why a signature is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Untrusted {
    /// Nobody knows the key.
    #[error("it is signed by a key that this process does not trust")]
    Key,
    /// The key did not sign this.
    #[error("its signature is wrong")]
    Signature,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key, message and signature of RFC 8032, section 7.1, test 2; its key in PKCS#8 without the public half, as OpenSSL
    /// writes it (RFC 8410).
    #[test]
    fn the_vector_of_rfc_8032_holds() {
        let seed = hex::decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
        let mut der = hex::decode("302e020100300506032b657004220420").unwrap();
        der.extend(seed);
        let keys = AuditKeys::new(SigningKey::from_base64(&STANDARD.encode(der).into()).unwrap(), Vec::new());
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        assert_eq!(hex::encode(keys.current().bytes()), public);
        let signature = keys.sign(&[0x72]);
        assert_eq!(
            hex::encode(&signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        let id = keys.current().id().to_owned();
        assert_eq!(keys.check(&id, &[0x72], &signature), Ok(()));
        assert_eq!(keys.check(&id, &[0x73], &signature), Err(Untrusted::Signature));
        assert_eq!(keys.check("another", &[0x72], &signature), Err(Untrusted::Key));
    }

    /// The thumbprint of RFC 8037, appendix A.3.
    #[test]
    fn a_key_is_named_by_its_thumbprint() {
        let key = PublicKey::from_base64("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert!(PublicKey::from_base64("11qY").is_err());
    }

    #[test]
    fn a_made_key_is_read_again_and_a_retired_one_is_still_trusted() {
        let (first, second) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let old = AuditKeys::new(SigningKey::from_base64(&first).unwrap(), Vec::new());
        let signature = old.sign(b"statement");
        let retired = PublicKey::from_base64(&STANDARD.encode(old.current().bytes())).unwrap();
        let new = AuditKeys::new(SigningKey::from_base64(&second).unwrap(), vec![retired]);
        assert_eq!(new.check(old.current().id(), b"statement", &signature), Ok(()));
        assert_eq!(new.trusted().count(), 2);
        assert!(!format!("{new:?}").contains(first.expose_secret()));
        assert!(SigningKey::from_base64(&"hunter2".to_owned().into()).is_err());
    }
}
