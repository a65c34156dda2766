//! Keys of service accounts: how they are written, and how a secret is compared.

use athyper_kernel_types::{Clock, Id, PrincipalId, TenantId};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// How every key begins, so that a scanner of leaked secrets knows one.
pub(crate) const PREFIX: &str = "athyper_sk_";

/// Bytes of a secret.
const SECRET_BYTES: usize = 32;

/// Most keys of a service that are good at once: the old one and the new one.
pub(crate) const MOST_AT_ONCE: usize = 2;

/// The id of a key.
pub(crate) type KeyId = Id<ServiceKey>;

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::ServiceKey)]
pub(crate) struct ServiceKey {
    /// Id.
    pub(crate) id: KeyId,
    /// The service that it signs in.
    pub(crate) principal: PrincipalId,
    /// Until when it is good (UTC).
    pub(crate) expires_at: DateTime<Utc>,
    /// When it was revoked (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_used_at: Option<DateTime<Utc>>,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
}

/// A key as its holder sends it: `athyper_sk_<tenant and id>.<secret>`.
pub(crate) struct PresentedKey {
    pub(crate) tenant: TenantId,
    pub(crate) id: KeyId,
    secret: SecretString,
}

/// A new key: what its holder is told once, and what is stored of it.
pub(crate) struct NewKey {
    pub(crate) id: KeyId,
    pub(crate) text: SecretString,
    pub(crate) digest: [u8; 32],
}

impl NewKey {
    /// A key with a secret of 256 random bits; none where the machine has no randomness.
    pub(crate) fn random(tenant: TenantId, clock: &Clock) -> Option<Self> {
        let id = KeyId::new(clock);
        let mut bytes = [0_u8; SECRET_BYTES];
        rand::fill(&mut bytes).ok()?;
        let secret = URL_SAFE_NO_PAD.encode(bytes);
        let place = URL_SAFE_NO_PAD.encode([tenant.uuid().into_bytes(), id.uuid().into_bytes()].concat());
        let digest = digest(&secret);
        Some(Self { id, text: format!("{PREFIX}{place}.{secret}").into(), digest })
    }
}

impl PresentedKey {
    /// Reads what a caller sent; nothing where it has not the form of a key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (place, secret) = text.strip_prefix(PREFIX)?.split_once('.')?;
        let place: [u8; 32] = URL_SAFE_NO_PAD.decode(place).ok()?.try_into().ok()?;
        let (tenant, id) = place.split_at(16);
        Some(Self {
            tenant: Id::from_uuid(Uuid::from_slice(tenant).ok()?),
            id: Id::from_uuid(Uuid::from_slice(id).ok()?),
            secret: secret.to_owned().into(),
        })
    }

    /// Whether the secret is the one that was stored as this digest; takes the same time either way.
    pub(crate) fn matches(&self, stored: &[u8]) -> bool {
        verify_slices_are_equal(&digest(self.secret.expose_secret()), stored).is_ok()
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made_and_no_other_secret_is() {
        let (clock, _) = Clock::manual("2025-01-15T09:00:00Z".parse().unwrap());
        let tenant = TenantId::new(&clock);
        let new = NewKey::random(tenant, &clock).unwrap();
        let key = PresentedKey::parse(new.text.expose_secret()).unwrap();
        assert_eq!((key.tenant, key.id), (tenant, new.id));
        assert!(key.matches(&new.digest));
        let other = NewKey::random(tenant, &clock).unwrap();
        assert!(!key.matches(&other.digest) && !key.matches(&[]));
        for wrong in ["", "athyper_sk_", "athyper_sk_a.b", "athyper_sk_AAAA", "eyJ.eyJ.sig"] {
            assert!(PresentedKey::parse(wrong).is_none(), "{wrong}");
        }
    }
}
