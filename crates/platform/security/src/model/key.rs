//! The id that a cookie holds: which session of which tenant it is, and 256 random bits. The database knows its digest alone.

use std::fmt;

use athyper_kernel_types::{Id, TenantId};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::Error;

/// Bytes of an id: the tenant's, and the session's.
const ID: usize = 16;
/// Bytes of the secret.
const SECRET: usize = 32;

/// An id of a session. Tenant and session stand in it, neither of which is secret, so that the row is found by its key.
#[derive(Clone)]
pub(crate) struct SessionKey {
    bytes: [u8; 2 * ID + SECRET],
}

impl SessionKey {
    /// A new one.
    ///
    /// # Errors
    /// The machine has no random numbers.
    pub(crate) fn random(tenant: TenantId, session: Uuid) -> Result<Self, Error> {
        let mut bytes = [0; 2 * ID + SECRET];
        let (of_tenant, rest) = bytes.split_at_mut(ID);
        let (of_session, secret) = rest.split_at_mut(ID);
        of_tenant.copy_from_slice(tenant.uuid().as_bytes());
        of_session.copy_from_slice(session.as_bytes());
        rand::fill(secret).map_err(|_| Error::NoRandomness)?;
        Ok(Self { bytes })
    }

    /// Reads a cookie's value; none when it cannot be one of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes: Vec<u8> = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self { bytes: bytes.try_into().ok()? })
    }

    /// The value of the cookie.
    pub(crate) fn text(&self) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.bytes).into()
    }

    /// The tenant that it names.
    pub(crate) fn tenant(&self) -> TenantId {
        Id::from_uuid(self.id_at(0))
    }

    /// The session that it names.
    pub(crate) fn session(&self) -> Uuid {
        self.id_at(ID)
    }

    fn id_at(&self, start: usize) -> Uuid {
        let mut id = [0; ID];
        id.iter_mut().zip(self.bytes.iter().skip(start)).for_each(|(to, from)| *to = *from);
        Uuid::from_bytes(id)
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.bytes).into()
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKey").field("session", &self.session()).finish_non_exhaustive()
    }
}

/// A digest of any text.
pub(crate) fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// 256 random bits as text.
///
/// # Errors
/// The machine has no random numbers.
pub(crate) fn random_text() -> Result<SecretString, Error> {
    let mut bytes = [0; SECRET];
    rand::fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).into())
}

/// Whether a text may be one of [`random_text`].
pub(crate) fn is_random_text(text: &SecretString) -> bool {
    URL_SAFE_NO_PAD.decode(text.expose_secret()).is_ok_and(|bytes| bytes.len() == SECRET)
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::Clock;

    use super::*;

    #[test]
    fn a_key_reads_back_and_tells_nothing_in_a_log() {
        let (tenant, session) = (TenantId::new(&Clock::system()), Uuid::from_u128(7));
        let key = SessionKey::random(tenant, session).unwrap();
        let text = key.text().expose_secret().to_owned();
        assert_eq!(text.len(), 86);
        let read = SessionKey::parse(&text).unwrap();
        assert_eq!((read.tenant(), read.session(), read.hash()), (tenant, session, key.hash()));
        assert_ne!(key.hash(), SessionKey::random(tenant, session).unwrap().hash());
        assert!(!format!("{key:?}").contains(&text[43..]));
    }

    #[test]
    fn what_is_no_key_is_none() {
        let text =
            SessionKey::random(TenantId::nil(), Uuid::nil()).unwrap().text().expose_secret().to_owned();
        for bad in
            ["", "x", &text[..85], &format!("{text}A"), &format!("{text}="), &text.replace(&text[..1], "+")]
        {
            assert!(SessionKey::parse(bad).is_none(), "{bad}");
        }
    }
}
