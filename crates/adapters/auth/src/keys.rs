//! The keys of one issuer, each with the one algorithm that it may be used with.

use std::collections::HashMap;
use std::sync::Arc;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// A key set larger than this is cut; issuers publish a handful.
const MAX_KEYS: usize = 100;

/// A public key and the one algorithm that it verifies.
#[derive(Debug)]
pub(crate) struct VerificationKey {
    /// The algorithm.
    pub(crate) algorithm: Algorithm,
    key: DecodingKey,
}

impl VerificationKey {
    /// The key and its id, if the JWK (RFC 7517) is a key for signatures by an algorithm of the allow-list.
    ///
    /// The algorithm follows from type and curve. RSA fits two; without `alg` it is RS256, the default of OpenID Connect
    /// (Dynamic Client Registration, section 2).
    fn from_jwk(jwk: &Jwk) -> Option<(String, Self)> {
        let common = &jwk.common;
        let is_for_signatures =
            common.public_key_use.as_ref().is_none_or(|is| *is == PublicKeyUse::Signature)
                && common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
        if !is_for_signatures {
            return None;
        }
        let algorithm = match (&jwk.algorithm, common.key_algorithm) {
            (AlgorithmParameters::RSA(_), None | Some(KeyAlgorithm::RS256)) => Algorithm::RS256,
            (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::PS256)) => Algorithm::PS256,
            (AlgorithmParameters::EllipticCurve(key), None | Some(KeyAlgorithm::ES256))
                if key.curve == EllipticCurve::P256 =>
            {
                Algorithm::ES256
            }
            (AlgorithmParameters::OctetKeyPair(key), None | Some(KeyAlgorithm::EdDSA))
                if key.curve == EllipticCurve::Ed25519 =>
            {
                Algorithm::EdDSA
            }
            _ => return None,
        };
        let key_id = common.key_id.clone()?;
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some((key_id, Self { algorithm, key }))
    }

    /// Whether `signature`, in base64url, is of this key over `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        jsonwebtoken::crypto::verify(signature, message, &self.key, self.algorithm).unwrap_or(false)
    }
}

/// The keys of one issuer by their id.
#[derive(Debug)]
pub(crate) struct KeySet(HashMap<String, Arc<VerificationKey>>);

/// A JWK set (RFC 7517, section 5). Keys are read one by one, so that a kind of key from the future spoils no other.
#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

/// Why a text is not a key set to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeySetError {
    /// Not a JWK set.
    #[error("the key set is not a JSON object with an array named keys")]
    NotAKeySet(#[source] serde_json::Error),
    /// Nothing to verify with.
    #[error("the key set holds no signature key with a kid for RS256, PS256, ES256 or EdDSA")]
    NoUsableKey,
}

impl KeySet {
    /// Reads a JWK set. Keys that cannot be used are left out; of two with one id the first counts.
    ///
    /// # Errors
    /// It is no JWK set, or not one key is usable.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, KeySetError> {
        let set: JwkSet = serde_json::from_slice(json).map_err(KeySetError::NotAKeySet)?;
        let mut keys = HashMap::new();
        for value in set.keys.into_iter().take(MAX_KEYS) {
            let usable =
                serde_json::from_value::<Jwk>(value).ok().and_then(|jwk| VerificationKey::from_jwk(&jwk));
            if let Some((key_id, key)) = usable {
                keys.entry(key_id).or_insert_with(|| Arc::new(key));
            }
        }
        if keys.is_empty() { Err(KeySetError::NoUsableKey) } else { Ok(Self(keys)) }
    }

    /// The key with this id.
    pub(crate) fn find(&self, key_id: &str) -> Option<Arc<VerificationKey>> {
        self.0.get(key_id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The algorithm of a key that is alone in its set, `None` if it is not usable.
    fn algorithm_of(jwk: Value) -> Option<Algorithm> {
        let set = KeySet::from_json(json!({"keys": [jwk]}).to_string().as_bytes()).ok()?;
        set.find("k").map(|key| key.algorithm)
    }

    fn with(mut base: Value, more: Value) -> Value {
        let more = more.as_object().unwrap().clone();
        base.as_object_mut().unwrap().extend(more);
        base
    }

    fn rsa() -> Value {
        json!({"kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB"})
    }

    fn ec() -> Value {
        json!({"kty": "EC", "crv": "P-256", "kid": "k", "x": "AQAB", "y": "AQAB"})
    }

    fn ed() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "AQAB"})
    }

    #[test]
    fn each_key_has_exactly_one_algorithm() {
        assert_eq!(algorithm_of(rsa()), Some(Algorithm::RS256));
        assert_eq!(algorithm_of(with(rsa(), json!({"alg": "PS256"}))), Some(Algorithm::PS256));
        assert_eq!(algorithm_of(ec()), Some(Algorithm::ES256));
        assert_eq!(algorithm_of(ed()), Some(Algorithm::EdDSA));
    }

    #[test]
    fn a_key_whose_type_curve_and_algorithm_disagree_is_left_out() {
        for bad in [
            with(rsa(), json!({"alg": "ES256"})),
            with(rsa(), json!({"alg": "HS256"})),
            with(rsa(), json!({"alg": "RS512"})),
            with(rsa(), json!({"alg": "something"})),
            with(ec(), json!({"alg": "RS256"})),
            with(ec(), json!({"crv": "P-384"})),
            with(ec(), json!({"crv": "secp256k1"})),
            with(ed(), json!({"crv": "X25519"})),
            with(ed(), json!({"crv": "P-256"})),
            with(ed(), json!({"alg": "ES256"})),
            json!({"kty": "oct", "kid": "k", "k": "AQAB", "alg": "HS256"}),
            json!({"kty": "oct", "kid": "k", "k": "AQAB"}),
        ] {
            assert_eq!(algorithm_of(bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn a_key_that_is_not_for_signatures_or_has_no_id_is_left_out() {
        assert_eq!(algorithm_of(with(rsa(), json!({"use": "enc"}))), None);
        assert_eq!(algorithm_of(with(rsa(), json!({"key_ops": ["encrypt"]}))), None);
        assert_eq!(algorithm_of(with(rsa(), json!({"kid": null}))), None);
        assert_eq!(algorithm_of(with(rsa(), json!({"use": "sig"}))), Some(Algorithm::RS256));
        assert_eq!(algorithm_of(with(rsa(), json!({"key_ops": ["verify"]}))), Some(Algorithm::RS256));
    }

    #[test]
    fn a_strange_key_spoils_no_other() {
        let keys =
            json!({"keys": [7, {"kty": "AKP", "kid": "pq", "alg": "ML-DSA-44"}, {"kty": "RSA"}, ec()]});
        let set = KeySet::from_json(keys.to_string().as_bytes()).unwrap();
        assert!(set.find("k").is_some() && set.find("pq").is_none());
    }
}
