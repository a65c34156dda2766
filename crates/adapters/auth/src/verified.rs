//! Tokens whose signature and claims were verified before: a signature costs more than all else that a small request does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_http::Identity;
use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest as sha256};
use foldhash::quality::RandomState;
use moka::sync::Cache;

use crate::keys::VerificationKey;

/// Most tokens that are remembered.
const CAPACITY: u64 = 10_000;
/// How long one is remembered that nobody sends.
const IDLE: Duration = Duration::from_mins(10);

/// The SHA-256 of a token. The token itself is not kept.
pub(crate) type Digest = [u8; SHA256_OUTPUT_LEN];

/// A token that was verified.
pub(crate) struct Verified {
    /// Who it lets in.
    pub(crate) identity: Arc<Identity>,
    /// Its issuer.
    pub(crate) issuer: String,
    /// The name of the key that it is signed with.
    pub(crate) key_id: String,
    /// That key.
    pub(crate) key: Arc<VerificationKey>,
}

impl Verified {
    /// Whether the issuer still has the key that the token was verified with, and not another one of its name.
    pub(crate) fn is_of(&self, key: &Arc<VerificationKey>) -> bool {
        Arc::ptr_eq(&self.key, key)
    }
}

/// The tokens that were verified, by their digest. What of a token may change — whether its time has come or passed, whether its key
/// is still the issuer's — is asked each time; whether its bearer was shut out is asked where rights are.
#[derive(Clone)]
pub(crate) struct VerifiedTokens(Cache<Digest, Arc<Verified>, RandomState>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        let tokens = Cache::builder().max_capacity(CAPACITY).time_to_idle(IDLE);
        Self(tokens.build_with_hasher(RandomState::default()))
    }
}

impl VerifiedTokens {
    pub(crate) fn find(&self, digest: &Digest) -> Option<Arc<Verified>> {
        self.0.get(digest)
    }

    pub(crate) fn keep(&self, digest: Digest, verified: Verified) {
        self.0.insert(digest, Arc::new(verified));
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedTokens").field("count", &self.0.entry_count()).finish()
    }
}

/// The digest of a token.
pub(crate) fn digest_of(token: &str) -> Digest {
    let mut digest = [0; SHA256_OUTPUT_LEN];
    digest.copy_from_slice(sha256(&SHA256, token.as_bytes()).as_ref());
    digest
}
