//! Tokens made by hand, the way an attacker would, and keys to sign them with.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A token in its three parts, read without any check.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) signature: String,
}

impl Parts {
    pub(crate) fn read(token: &str) -> Self {
        let parts: Vec<&str> = token.split('.').collect();
        let json = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        Self { header: json(parts[0]), claims: json(parts[1]), signature: parts[2].to_owned() }
    }

    /// With some claims replaced; null removes one.
    pub(crate) fn claiming(mut self, changes: &Value) -> Self {
        self.claims = with(self.claims, changes);
        self
    }

    /// With some members of the header replaced; null removes one.
    pub(crate) fn headed(mut self, changes: &Value) -> Self {
        self.header = with(self.header, changes);
        self
    }

    /// What a signature signs.
    pub(crate) fn signed_text(&self) -> String {
        format!("{}.{}", base64url(self.header.to_string()), base64url(self.claims.to_string()))
    }

    /// The token with the signature that it came with, right or not.
    pub(crate) fn as_it_was_signed(&self) -> String {
        format!("{}.{}", self.signed_text(), self.signature)
    }

    /// The token without a signature.
    pub(crate) fn unsigned(&self) -> String {
        format!("{}.", self.signed_text())
    }

    /// The token signed by this key.
    pub(crate) fn signed_by(&self, key: &Key) -> String {
        let text = self.signed_text();
        format!("{text}.{}", key.sign(&text))
    }

    /// The token with an HMAC of this secret for a signature.
    pub(crate) fn sealed_with(&self, secret: &[u8]) -> String {
        let text = self.signed_text();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
        format!("{text}.{}", base64url(tag))
    }
}

/// A private key of the curve that ES256 is for.
pub(crate) struct Key(EcdsaKeyPair);

impl Key {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// The public half (RFC 7518, section 6.2).
    pub(crate) fn jwk(&self, id: &str) -> Value {
        let point = self.0.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id,
            "x": base64url(&point[1..33]), "y": base64url(&point[33..])})
    }

    fn sign(&self, text: &str) -> String {
        base64url(self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap())
    }
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn with(mut object: Value, changes: &Value) -> Value {
    let members = object.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    object
}
