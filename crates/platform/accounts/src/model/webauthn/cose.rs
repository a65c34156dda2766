//! Public keys in COSE (RFC 9052, section 7; RFC 9053, sections 2 and 7): ES256 on P-256 and EdDSA on Ed25519.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};
use ciborium::Value;

use super::WebauthnError;

/// The algorithms that are taken, the preferred one first, by their COSE number.
pub(crate) const ALGORITHMS: [i32; 2] = [EDDSA, ES256];

const ES256: i32 = -7;
const EDDSA: i32 = -8;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey {
    algorithm: i32,
    /// The uncompressed point of P-256, or the 32 bytes of Ed25519.
    bytes: Vec<u8>,
}

impl PublicKey {
    /// Takes what was stored.
    pub(crate) fn stored(algorithm: i32, bytes: Vec<u8>) -> Self {
        Self { algorithm, bytes }
    }

    /// The COSE number of its algorithm.
    pub(crate) fn algorithm(&self) -> i32 {
        self.algorithm
    }

    /// The bytes to store.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads a COSE key.
    pub(super) fn from_cose(key: &Value) -> Result<Self, WebauthnError> {
        let malformed = WebauthnError::Malformed("the public key");
        let entries = key.as_map().ok_or(malformed)?;
        let find = |label: i64| {
            let is_it = |name: &Value| name.as_integer().and_then(|it| i64::try_from(it).ok()) == Some(label);
            entries.iter().find(|(name, _)| is_it(name)).map(|(_, value)| value)
        };
        let number = |label: i64| find(label)?.as_integer().and_then(|it| i64::try_from(it).ok());
        let bytes = |label: i64| find(label)?.as_bytes().filter(|bytes| bytes.len() == 32);
        // Labels: 1 kind of key, 3 algorithm, -1 curve, -2 x, -3 y.
        match (number(1), number(3), number(-1)) {
            (Some(2), Some(-7), Some(1)) => {
                let (x, y) = (bytes(-2).ok_or(malformed)?, bytes(-3).ok_or(malformed)?);
                let point = [&[4][..], x, y].concat();
                Ok(Self { algorithm: ES256, bytes: point })
            }
            (Some(1), Some(-8), Some(6)) => {
                Ok(Self { algorithm: EDDSA, bytes: bytes(-2).ok_or(malformed)?.clone() })
            }
            (Some(_), Some(_), _) => Err(WebauthnError::Algorithm),
            _ => Err(malformed),
        }
    }

    /// Verifies a signature: ASN.1 for ES256, 64 bytes for EdDSA (section 6.5.5).
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WebauthnError> {
        let verified = match self.algorithm {
            ES256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.bytes).verify(message, signature),
            EDDSA => UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature),
            _ => return Err(WebauthnError::Algorithm),
        };
        verified.map_err(|_| WebauthnError::Signature)
    }
}
