//! What the authenticator says of an answer (section 6.1).

use aws_lc_rs::digest::{SHA256, digest};
use ciborium::Value;

use super::cose::PublicKey;
use super::{RelyingParty, WebauthnError};

/// Longest credential id, in bytes (section 4).
const MOST_ID: usize = 1_023;

/// The flags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flags(u8);

impl Flags {
    fn user_present(self) -> bool {
        self.0 & 0x01 != 0
    }

    /// Whether the authenticator made sure who uses it.
    pub(super) fn user_verified(self) -> bool {
        self.0 & 0x04 != 0
    }

    fn has_credential(self) -> bool {
        self.0 & 0x40 != 0
    }

    fn has_extensions(self) -> bool {
        self.0 & 0x80 != 0
    }
}

/// What the authenticator says.
#[derive(Debug)]
pub(super) struct AuthenticatorData {
    rp_id_hash: [u8; 32],
    pub(super) flags: Flags,
    pub(super) sign_count: u32,
    /// Id and public key, in a registration.
    pub(super) credential: Option<(Vec<u8>, PublicKey)>,
}

impl AuthenticatorData {
    /// Reads the bytes; nothing may be left over.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, WebauthnError> {
        let malformed = WebauthnError::Malformed("the authenticator data");
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(malformed)?;
        let (flags, rest) = rest.split_first().ok_or(malformed)?;
        let (count, mut rest) = rest.split_first_chunk::<4>().ok_or(malformed)?;
        let flags = Flags(*flags);
        let mut credential = None;
        if flags.has_credential() {
            let (_aaguid, behind) = rest.split_first_chunk::<16>().ok_or(malformed)?;
            let (length, behind) = behind.split_first_chunk::<2>().ok_or(malformed)?;
            let length = usize::from(u16::from_be_bytes(*length));
            if !(1..=MOST_ID).contains(&length) {
                return Err(malformed);
            }
            let (id, mut behind) = behind.split_at_checked(length).ok_or(malformed)?;
            let key: Value = ciborium::from_reader(&mut behind).map_err(|_| malformed)?;
            credential = Some((id.to_vec(), PublicKey::from_cose(&key)?));
            rest = behind;
        }
        if flags.has_extensions() {
            let extensions: Value = ciborium::from_reader(&mut rest).map_err(|_| malformed)?;
            extensions.as_map().ok_or(malformed)?;
        }
        if !rest.is_empty() {
            return Err(malformed);
        }
        Ok(Self { rp_id_hash: *rp_id_hash, flags, sign_count: u32::from_be_bytes(*count), credential })
    }

    /// Checks for which place it is, and that somebody was there.
    pub(super) fn check(&self, party: &RelyingParty, user_verification: bool) -> Result<(), WebauthnError> {
        if digest(&SHA256, party.id.as_bytes()).as_ref() != self.rp_id_hash {
            return Err(WebauthnError::RelyingParty);
        }
        if !self.flags.user_present() {
            return Err(WebauthnError::NotPresent);
        }
        if user_verification && !self.flags.user_verified() {
            return Err(WebauthnError::NotVerified);
        }
        Ok(())
    }
}
