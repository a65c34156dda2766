//! Why an issuer could not do what it was asked, or why what it gave is not taken.

use crate::refusal::Refusal;

/// Why an issuer could not do what it was asked. None of it holds a token, a code or a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The realm does not exist or has no issuer.
    #[error("the realm has no issuer")]
    NoIssuer,
    /// The issuer does not answer now.
    #[error("the issuer does not answer")]
    Away {
        /// Seconds until it may be asked again.
        retry_after_seconds: u32,
    },
    /// The issuer does not offer this.
    #[error("the issuer's document names no address for this: {0}")]
    NotOffered(&'static str),
    /// The issuer says no (RFC 6749, section 5.2).
    #[error("the issuer refuses: {error}")]
    Refused {
        /// Its code, such as `invalid_grant`.
        error: String,
    },
    /// The issuer answered with something else than it must.
    #[error("the issuer's answer is not what it must be: {0}")]
    Answer(&'static str),
    /// A token is not valid.
    #[error("the token is not valid: {0}")]
    Token(String),
    /// A token or an answer is of another issuer than the one that was asked.
    #[error("another issuer than the realm's")]
    IssuerMismatch,
}

impl From<Refusal> for OidcError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::IssuerUnavailable { retry_after_seconds, .. } => Self::Away { retry_after_seconds },
            Refusal::UnknownIssuer(_) | Refusal::Claim { name: "iss", .. } => Self::IssuerMismatch,
            other => Self::Token(other.to_string()),
        }
    }
}
