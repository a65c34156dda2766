//! What is sealed of a session: the issuer's refresh token and the present id. Access and id token are looked at once and not kept.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::key::SessionKey;
use crate::error::Error;

/// What a session keeps under seal.
#[derive(Clone)]
pub(crate) struct SealedPart {
    /// Gets the next tokens.
    pub(crate) refresh_token: Option<SecretString>,
    /// The id that the session has now: a browser that shows the one before is told this one.
    pub(crate) key: SessionKey,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    refresh_token: Option<String>,
    key: String,
}

impl SealedPart {
    /// The bytes that are sealed.
    ///
    /// # Errors
    /// They cannot be written: a defect.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Error> {
        let wire = Wire {
            refresh_token: self.refresh_token.as_ref().map(|secret| secret.expose_secret().to_owned()),
            key: self.key.text().expose_secret().to_owned(),
        };
        serde_json::to_vec(&wire).map_err(|_| Error::SealedForm)
    }

    /// Reads the bytes that were sealed.
    ///
    /// # Errors
    /// They are something else.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| Error::SealedForm)?;
        Ok(Self {
            refresh_token: wire.refresh_token.map(Into::into),
            key: SessionKey::parse(&wire.key).ok_or(Error::SealedForm)?,
        })
    }
}

impl fmt::Debug for SealedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedPart")
    }
}
