//! `Idempotency-Key` of somebody without an identity: what such a request sends and gets is secret, so that the answer is
//! kept in a form that only the same request opens again.
//!
//! The key belongs to the tenant and the operation, since there is nobody it could belong to. The table holds a digest of it;
//! a digest of the request under it, of which nobody finds the password by trying, since the key is as hard to guess as one;
//! and the answer, sealed under key and request together. Whoever reads the table has none of them.

use std::fmt;

use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Reply;
use crate::idempotency::{self, IdempotencyKey, Seen};

/// Shortest key, in characters: 128 random bits in base64. Clients send a UUID, which is longer.
const SHORTEST_KEY: usize = 22;

/// Largest answer that is kept, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// A guest's key.
#[derive(Clone)]
pub(crate) struct GuestKey {
    stored: IdempotencyKey,
    seal: [u8; 32],
}

impl fmt::Debug for GuestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestKey")
    }
}

/// An answer in the form in which it is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    headers: Vec<(String, String)>,
    body: String,
}

impl GuestKey {
    /// The key of this request, if it has one.
    pub(crate) fn of(parts: &Parts, operation: &str, content: &[u8]) -> Result<Option<Self>, Problem> {
        let Some(key) = idempotency::sent(parts, SHORTEST_KEY)? else { return Ok(None) };
        let secret = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let digest = |purpose: &[u8]| {
            let mut digest = hmac::Context::with_key(&secret);
            digest.update(purpose);
            for part in idempotency::request(parts, operation, content) {
                digest.update(&part);
            }
            let mut bytes = [0; 32];
            bytes.copy_from_slice(digest.sign().as_ref());
            bytes
        };
        let name = Sha256::new_with_prefix(b"athyper-guest-key-v1").chain_update(key).finalize();
        let stored = IdempotencyKey::held_by(
            format!("guest {operation}"),
            hex::encode(name),
            digest(b"athyper-guest-request-v1"),
        );
        Ok(Some(Self { stored, seal: digest(b"athyper-guest-answer-v1") }))
    }

    /// Claims the key for this transaction, and gives the answer of the same request, if there was one.
    pub(crate) async fn claim(&self, tx: &mut TenantTx) -> Result<Option<Response>, Problem> {
        match idempotency::claim(tx, &self.stored).await? {
            Seen::Never => Ok(None),
            Seen::Before(reply) => Ok(Some(self.open(&reply)?)),
        }
    }

    /// Keeps the answer, in the transaction that does the work.
    pub(crate) async fn remember(&self, tx: &mut TenantTx, response: Response) -> Result<Response, Problem> {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, MOST_BYTES).await.map_err(Problem::internal)?;
        let text = |value: &HeaderValue| value.to_str().map(str::to_owned).map_err(Problem::internal);
        let mut headers = Vec::new();
        for (name, value) in &parts.headers {
            headers.push((name.as_str().to_owned(), text(value)?));
        }
        let kept = Kept { headers, body: String::from_utf8(body.to_vec()).map_err(Problem::internal)? };
        let sealed = self.seal(serde_json::to_vec(&kept).map_err(Problem::internal)?)?;
        let reply = Reply::replayed(parts.status.as_u16(), Vec::new(), sealed.into());
        idempotency::remember(tx, &self.stored, &reply).await?;
        Ok(Response::from_parts(parts, Body::from(body)))
    }

    fn cipher(&self) -> Result<RandomizedNonceKey, Problem> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.seal).map_err(|_| unusable())
    }

    fn seal(&self, mut bytes: Vec<u8>) -> Result<Vec<u8>, Problem> {
        let sealed = self.cipher()?.seal_in_place_append_tag(Aad::empty(), &mut bytes);
        let nonce = sealed.map_err(|_| unusable())?;
        Ok([nonce.as_ref().as_slice(), &bytes].concat())
    }

    fn open(&self, reply: &Reply) -> Result<Response, Problem> {
        let (nonce, sealed) = reply.body().split_first_chunk::<NONCE_LEN>().ok_or_else(unusable)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.cipher()?.open_in_place(nonce, Aad::empty(), &mut sealed).map_err(|_| unusable())?;
        let kept: Kept = serde_json::from_slice(plain).map_err(Problem::internal)?;
        let mut response = Response::new(Body::from(kept.body));
        *response.status_mut() = StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        for (name, value) in kept.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                // A name may come more than once: each cookie has a line of its own.
                headers.append(name, value);
            }
        }
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        Ok(response)
    }
}

fn unusable() -> Problem {
    Problem::internal("the answer of a guest cannot be sealed or opened")
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn key(sent: &str, operation: &str, content: &str) -> Result<Option<GuestKey>, Problem> {
        let request = Request::post("/v1/x").header("idempotency-key", sent).body(()).unwrap();
        GuestKey::of(&request.into_parts().0, operation, content.as_bytes())
    }

    fn sealed(by: &GuestKey) -> Reply {
        let kept = Kept { headers: vec![("set-cookie".to_owned(), "a=b".to_owned())], body: "{}".to_owned() };
        let sealed = by.seal(serde_json::to_vec(&kept).unwrap()).unwrap();
        Reply::replayed(200, Vec::new(), sealed.into())
    }

    #[test]
    fn an_answer_opens_for_the_same_request_alone() {
        const KEY: &str = "0b0f7f1c-1d55-4d4e-9a39-6d8d3b1d7a11";
        let first = key(KEY, "a.b", "secret").unwrap().unwrap();
        let reply = sealed(&first);
        let again = key(KEY, "a.b", "secret").unwrap().unwrap().open(&reply).unwrap();
        assert_eq!(again.headers()["set-cookie"], "a=b");
        assert_eq!(again.headers()["idempotency-replayed"], "true");
        for other in [
            key(KEY, "a.b", "Secret"),
            key(KEY, "a.c", "secret"),
            key("1b0f7f1c-1d55-4d4e-9a39-6d8d3b1d7a11", "a.b", "secret"),
        ] {
            assert!(other.unwrap().unwrap().open(&reply).is_err());
        }
    }

    #[test]
    fn a_key_that_could_be_guessed_is_refused() {
        assert!(key("1", "a.b", "secret").is_err());
        assert!(key("abcdefghijklmnopqrstu", "a.b", "secret").is_err());
        assert!(key("abcdefghijklmnopqrstuv", "a.b", "secret").is_ok());
    }
}
