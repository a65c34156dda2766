//! The chain: how each event's hash stands on the one before it.

use athyper_kernel_types::TenantId;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A SHA-256 digest.
pub(crate) type Hash = [u8; 32];

/// The hash before the first event.
pub(crate) const GENESIS: Hash = [0; 32];

/// First bytes of what is hashed: 16, like the tenant's id that follows.
const DOMAIN: &[u8; 16] = b"athyper-audit-v1";

/// Bytes of a [`Link`].
pub(crate) const LINK_BYTES: usize = 48;

/// `SHA-256(domain | tenant, 16 bytes | seq, 64 bits big-endian | hash before | canonical body)`. All parts before the body
/// have a fixed length, so that none runs into the next.
pub(crate) fn hash(tenant: TenantId, seq: i64, prev: &Hash, body: &[u8]) -> Hash {
    let mut digest = Sha256::new();
    digest.update(DOMAIN);
    digest.update(tenant.uuid().as_bytes());
    digest.update(seq.to_be_bytes());
    digest.update(prev);
    digest.update(body);
    digest.finalize().into()
}

/// A column of the database as a hash; what has another length equals no hash.
pub(crate) fn as_hash(bytes: Option<&[u8]>) -> Option<Hash> {
    bytes?.try_into().ok()
}

/// What a checkpoint holds of one event: its id and its hash, 48 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: Uuid,
    pub(crate) hash: Hash,
}

impl Link {
    /// Adds it to the links before it.
    pub(crate) fn write(&self, links: &mut Vec<u8>) {
        links.extend_from_slice(self.id.as_bytes());
        links.extend_from_slice(&self.hash);
    }

    /// The link at this place, counted from 0.
    pub(crate) fn read(links: &[u8], place: usize) -> Option<Self> {
        let bytes = links.chunks_exact(LINK_BYTES).nth(place)?;
        let (id, hash) = bytes.split_at_checked(16)?;
        Some(Self { id: Uuid::from_slice(id).ok()?, hash: hash.try_into().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::{Id, PLATFORM_TENANT};

    use super::*;

    /// Computed with `printf` and `sha256sum`, which know nothing of this code.
    #[test]
    fn the_hash_is_what_its_formula_says() {
        let mut expected = Sha256::new();
        let mut bytes = b"athyper-audit-v1".to_vec();
        bytes.extend([0; 16]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.extend([0; 32]);
        bytes.extend(b"{}");
        expected.update(&bytes);
        let made = hash(PLATFORM_TENANT, 1, &GENESIS, b"{}");
        assert_eq!(made, Hash::from(expected.finalize()));
        assert_eq!(hex::encode(made), "55afb8b624b90cbd33aa41bbf2ae1dc84c8112bcf9742511d6e208cf21756b9e");
    }

    #[test]
    fn every_part_counts() {
        let base = hash(PLATFORM_TENANT, 1, &GENESIS, b"{}");
        let other = Id::from_uuid(Uuid::from_u128(1));
        assert_ne!(base, hash(other, 1, &GENESIS, b"{}"));
        assert_ne!(base, hash(PLATFORM_TENANT, 2, &GENESIS, b"{}"));
        assert_ne!(base, hash(PLATFORM_TENANT, 1, &[1; 32], b"{}"));
        assert_ne!(base, hash(PLATFORM_TENANT, 1, &GENESIS, b"{ }"));
    }

    #[test]
    fn links_are_read_as_they_were_written() {
        let links: Vec<Link> =
            (0..3).map(|number| Link { id: Uuid::from_u128(number), hash: [9; 32] }).collect();
        let mut bytes = Vec::new();
        for link in &links {
            link.write(&mut bytes);
        }
        assert_eq!(bytes.len(), 3 * LINK_BYTES);
        assert_eq!(Link::read(&bytes, 2), Some(links[2]));
        assert_eq!(Link::read(&bytes, 3), None);
    }
}
