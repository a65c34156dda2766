//! The secret that binds a sign-in to the browser it began in. Nonce and verifier follow from it and the state, so that a sign-in in
//! each of several tabs needs one cookie, and the server keeps neither.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};

use super::key::{digest, is_random_text, random_text};
use crate::error::Error;

/// The secret of a browser, 256 bits, as its cookie holds it.
#[derive(Clone)]
pub(crate) struct BrowserSecret(SecretString);

impl BrowserSecret {
    /// A new one.
    ///
    /// # Errors
    /// The machine has no random numbers.
    pub(crate) fn random() -> Result<Self, Error> {
        Ok(Self(random_text()?))
    }

    /// Reads a cookie's value; none when it cannot be one of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = SecretString::from(text);
        is_random_text(&text).then_some(Self(text))
    }

    /// The value of the cookie.
    pub(crate) fn text(&self) -> &SecretString {
        &self.0
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        digest(self.0.expose_secret())
    }

    /// The nonce of the sign-in with this state (OpenID Connect Core, section 15.5.2).
    pub(crate) fn nonce(&self, state: &str) -> String {
        self.derive("nonce", state)
    }

    /// The code verifier of the sign-in with this state, 43 characters (RFC 7636, section 4.1).
    pub(crate) fn code_verifier(&self, state: &str) -> SecretString {
        self.derive("code verifier", state).into()
    }

    fn derive(&self, what: &str, state: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret().as_bytes());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, format!("{what} {state}").as_bytes()))
    }
}

/// The S256 challenge of a verifier (RFC 7636, section 4.2).
pub(crate) fn code_challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(digest(verifier.expose_secret()))
}

impl fmt::Debug for BrowserSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_specification() {
        // RFC 7636, appendix B.
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(code_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn every_sign_in_has_values_of_its_own() {
        let (a, b) = (BrowserSecret::random().unwrap(), BrowserSecret::random().unwrap());
        assert_ne!(a.nonce("s"), b.nonce("s"));
        assert_ne!(a.nonce("s"), a.nonce("t"));
        let verifier = a.code_verifier("s");
        assert_eq!(verifier.expose_secret().len(), 43);
        assert_ne!(a.nonce("s"), verifier.expose_secret());
        let again = BrowserSecret::parse(a.text().expose_secret()).unwrap();
        assert_eq!(again.nonce("s"), a.nonce("s"));
        assert!(BrowserSecret::parse("short").is_none());
    }
}
