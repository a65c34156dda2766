//! Why a token is not accepted: in full for the log, in one of two words for the caller.

use athyper_kernel_error::{Problem, ProblemKind};

/// Why a token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Longer than any token of ours.
    #[error("the token has {0} bytes, which is too long")]
    TooLong(usize),
    /// Not a JWS in compact form with JSON objects inside (RFC 7515, section 7.1).
    #[error("the token cannot be read: {0}")]
    Unreadable(&'static str),
    /// An algorithm outside the allow-list.
    #[error("algorithm {0:?} is not allowed")]
    Algorithm(String),
    /// No realm has this issuer.
    #[error("no realm has the issuer {0:?}")]
    UnknownIssuer(String),
    /// The issuer publishes no usable key of this id.
    #[error("the issuer has no key with the id {0:?}")]
    UnknownKey(String),
    /// The header names another algorithm than the key is for.
    #[error("the key is not for the algorithm that the header names")]
    KeyMismatch,
    /// The signature is not of this key over this text.
    #[error("the signature is wrong")]
    Signature,
    /// A claim is missing, malformed or says that the token is not for us.
    #[error("claim {name}: {fault}")]
    Claim {
        /// Name of the claim.
        name: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// Rightly signed and meant for us, but too old.
    #[error("the token has expired")]
    Expired,
    /// The issuer's keys cannot be had, so nothing can be said of the token.
    #[error("the keys of realm {realm_key} could not be fetched; the log line of that attempt says why")]
    IssuerUnavailable {
        /// Realm of the issuer.
        realm_key: String,
        /// Seconds until the next attempt.
        retry_after_seconds: u32,
    },
}

impl Refusal {
    /// A claim with a fault.
    pub(crate) fn claim(name: &'static str, fault: &'static str) -> Self {
        Self::Claim { name, fault }
    }

    /// What the caller gets to see; the refusal itself stays with it as the cause.
    pub(crate) fn into_problem(self) -> Problem {
        let invalid = |detail| Problem::new(ProblemKind::Unauthenticated, "request.invalid_token", detail);
        let problem = match &self {
            Self::IssuerUnavailable { retry_after_seconds, .. } => Problem::new(
                ProblemKind::Unavailable,
                "platform.issuer_unavailable",
                "the issuer of the token does not answer now; try again later",
            )
            .retry_after(*retry_after_seconds),
            Self::Expired => invalid("the token has expired: get a new one"),
            _ => invalid("the token is not valid"),
        };
        problem.with_cause(self)
    }
}
