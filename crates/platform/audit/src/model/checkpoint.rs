//! Checkpoints: signed statements of how far a tenant's chain has come, and with which hashes.

use athyper_kernel_types::TenantId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::model::body::time_text;
use crate::model::chain::{Hash, LINK_BYTES, Link};
use crate::model::keys::{AuditKeys, Untrusted};

/// What the statement says it is.
const FORMAT: &str = "athyper-audit-checkpoint-v1";

/// Where checkpoints lie in object storage. The numbers are padded, so that their order is that of the names.
pub(crate) const PREFIX: &str = "audit/checkpoints/";

/// A checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// How many events the chain has.
    pub(crate) size: i64,
    /// How many it had at the checkpoint before.
    pub(crate) from_size: i64,
    /// Hash of the last event.
    pub(crate) head_hash: Hash,
    /// Id and hash of each event since the checkpoint before.
    pub(crate) links: Vec<u8>,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) key_id: String,
    pub(crate) signature: Vec<u8>,
}

/// What is signed, in the canonical form of RFC 8785.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'a> {
    format: &'static str,
    tenant: Uuid,
    size: i64,
    from_size: i64,
    head_hash: String,
    links_digest: String,
    recorded_at: String,
    key_id: &'a str,
}

/// What is wrong with a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Invalid {
    /// Its links do not lead to its head.
    #[error("its list of events does not belong to it")]
    Links,
    /// It is not believed.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// It could not be written down to be checked.
    #[error("it cannot be read")]
    Unreadable,
}

impl Checkpoint {
    /// Signs the links from `from_size` on; none where there is none.
    pub(crate) fn sign(
        keys: &AuditKeys,
        tenant: TenantId,
        from_size: i64,
        links: &[Link],
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, serde_json::Error> {
        let Some(last) = links.last() else { return Ok(None) };
        let mut bytes = Vec::with_capacity(links.len() * LINK_BYTES);
        for link in links {
            link.write(&mut bytes);
        }
        let mut checkpoint = Self {
            size: from_size.saturating_add(i64::try_from(links.len()).unwrap_or(i64::MAX)),
            from_size,
            head_hash: last.hash,
            links: bytes,
            recorded_at: now.trunc_subsecs(6),
            key_id: keys.current().id().to_owned(),
            signature: Vec::new(),
        };
        checkpoint.signature = keys.sign(&checkpoint.statement(tenant)?);
        Ok(Some(checkpoint))
    }

    fn statement(&self, tenant: TenantId) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(&Statement {
            format: FORMAT,
            tenant: tenant.uuid(),
            size: self.size,
            from_size: self.from_size,
            head_hash: hex::encode(self.head_hash),
            links_digest: hex::encode(Sha256::digest(&self.links)),
            recorded_at: time_text(self.recorded_at),
            key_id: &self.key_id,
        })
    }

    /// Whether it is one of this tenant, signed by a trusted key, and whole.
    pub(crate) fn check(&self, tenant: TenantId, keys: &AuditKeys) -> Result<(), Invalid> {
        let statement = self.statement(tenant).map_err(|_| Invalid::Unreadable)?;
        keys.check(&self.key_id, &statement, &self.signature)?;
        let count = self.size.checked_sub(self.from_size).and_then(|count| usize::try_from(count).ok());
        let is_whole = count.is_some_and(|count| {
            count > 0
                && self.links.len() == count * LINK_BYTES
                && Link::read(&self.links, count - 1).is_some_and(|last| last.hash == self.head_hash)
        });
        if is_whole { Ok(()) } else { Err(Invalid::Links) }
    }

    /// What it says of the event at this place of the chain.
    pub(crate) fn link(&self, seq: i64) -> Option<Link> {
        let place = seq.checked_sub(self.from_size)?.checked_sub(1)?;
        Link::read(&self.links, usize::try_from(place).ok()?)
    }

    /// Its name in object storage.
    pub(crate) fn object_key(&self) -> String {
        object_key(self.size)
    }

    /// Its content in object storage.
    pub(crate) fn to_object(&self, tenant: TenantId) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Stored {
            format: FORMAT.to_owned(),
            tenant: tenant.uuid(),
            size: self.size,
            from_size: self.from_size,
            head_hash: hex::encode(self.head_hash),
            links: STANDARD.encode(&self.links),
            recorded_at: self.recorded_at,
            key_id: self.key_id.clone(),
            signature: STANDARD.encode(&self.signature),
        })
    }

    /// Reads an object; none where it is none of ours.
    pub(crate) fn from_object(content: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(content).ok()?;
        Some(Self {
            size: stored.size,
            from_size: stored.from_size,
            head_hash: hex::decode(stored.head_hash).ok()?.try_into().ok()?,
            links: STANDARD.decode(stored.links).ok()?,
            recorded_at: stored.recorded_at,
            key_id: stored.key_id,
            signature: STANDARD.decode(stored.signature).ok()?,
        })
    }
}

/// The name in object storage of the checkpoint at this size.
pub(crate) fn object_key(size: i64) -> String {
    format!("{PREFIX}{size:020}.json")
}

/// A checkpoint as an object.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    format: String,
    tenant: Uuid,
    size: i64,
    from_size: i64,
    head_hash: String,
    links: String,
    recorded_at: DateTime<Utc>,
    key_id: String,
    signature: String,
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::{Id, PLATFORM_TENANT};

    use super::*;
    use crate::model::keys::SigningKey;

    fn keys() -> AuditKeys {
        let key = SigningKey::from_base64(&SigningKey::generate().unwrap()).unwrap();
        AuditKeys::new(key, Vec::new())
    }

    fn checkpoint(keys: &AuditKeys) -> Checkpoint {
        let links: Vec<Link> =
            (1_u8..4).map(|number| Link { id: Uuid::from_u128(number.into()), hash: [number; 32] }).collect();
        let now = "2025-01-15T09:00:00.123456789Z".parse().unwrap();
        Checkpoint::sign(keys, PLATFORM_TENANT, 10, &links, now).unwrap().unwrap()
    }

    #[test]
    fn it_is_believed_as_it_was_signed_and_in_no_other_form() {
        let keys = keys();
        let signed = checkpoint(&keys);
        assert_eq!((signed.from_size, signed.size), (10, 13));
        assert_eq!(signed.check(PLATFORM_TENANT, &keys), Ok(()));
        assert_eq!(signed.link(11).unwrap().hash, [1; 32]);
        assert_eq!((signed.link(10), signed.link(14)), (None, None));
        let wrong = Err(Invalid::Untrusted(Untrusted::Signature));
        assert_eq!(signed.check(Id::from_uuid(Uuid::from_u128(7)), &keys), wrong);
        for change in [
            |it: &mut Checkpoint| it.size += 1,
            |it: &mut Checkpoint| it.from_size -= 1,
            |it: &mut Checkpoint| it.head_hash = [8; 32],
            |it: &mut Checkpoint| it.links.swap(0, 47),
            |it: &mut Checkpoint| it.recorded_at += chrono::TimeDelta::microseconds(1),
        ] {
            let mut changed = signed.clone();
            change(&mut changed);
            assert_eq!(changed.check(PLATFORM_TENANT, &keys), wrong);
        }
        assert_eq!(signed.check(PLATFORM_TENANT, &self::keys()), Err(Invalid::Untrusted(Untrusted::Key)));
    }

    #[test]
    fn an_object_is_read_as_it_was_written() {
        let signed = checkpoint(&keys());
        let object = signed.to_object(PLATFORM_TENANT).unwrap();
        assert_eq!(Checkpoint::from_object(&object), Some(signed));
        assert_eq!(Checkpoint::from_object(b"{}"), None);
        assert!(object_key(9) < object_key(10));
    }
}
