//! The closed list of what can go wrong, each with its HTTP status and title.

use serde::{Deserialize, Serialize};

/// What kind of problem this is. The list is closed: a caller can handle all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The request cannot be understood: broken syntax, wrong type, bad encoding.
    Malformed,
    /// The request is understood and breaks a rule of the domain.
    Invalid,
    /// No identity, or one that cannot be verified.
    Unauthenticated,
    /// The identity may not do this.
    Forbidden,
    /// There is no such thing, or none that this tenant can see.
    NotFound,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// The state of the thing does not allow this now.
    Conflict,
    /// The caller's version of the record is not the current one (RFC 9110, section 13.1.1).
    PreconditionFailed,
    /// The caller must say which version of the record is meant (RFC 6585, section 3).
    PreconditionRequired,
    /// The body is larger than this endpoint takes.
    TooLarge,
    /// The body is in a media type that this endpoint does not take.
    UnsupportedMediaType,
    /// Too many requests in the time allowed.
    RateLimited,
    /// A part that is needed does not answer now; the same request may succeed later.
    Unavailable,
    /// The request took longer than it may.
    TimedOut,
    /// A defect on our side.
    Internal,
}

impl ProblemKind {
    /// The HTTP status code of this kind (RFC 9110, RFC 6585).
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::PreconditionFailed => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::PreconditionRequired => 428,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
            Self::TimedOut => 504,
        }
    }

    /// A short sentence for people, the same for every problem of this kind.
    pub fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request cannot be read",
            Self::Unauthenticated => "Sign in first",
            Self::Forbidden => "This is not allowed",
            Self::NotFound => "There is no such thing",
            Self::MethodNotAllowed => "This path does not take that method",
            Self::Conflict => "The present state does not allow this",
            Self::PreconditionFailed => "The record has changed since you read it",
            Self::TooLarge => "The request is too large",
            Self::UnsupportedMediaType => "This media type is not taken here",
            Self::Invalid => "The request breaks a rule",
            Self::PreconditionRequired => "Say which version you mean",
            Self::RateLimited => "Too many requests",
            Self::Internal => "Something is broken on our side",
            Self::Unavailable => "A needed part does not answer",
            Self::TimedOut => "The request took too long",
        }
    }

    /// Whether the fault is ours, so that it is logged as an error and not as the caller's mistake.
    pub fn is_fault(self) -> bool {
        matches!(self, Self::Internal | Self::Unavailable | Self::TimedOut)
    }
}
