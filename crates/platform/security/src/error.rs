//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::PageError;
use athyper_kernel_vault::VaultError;

/// Why something about sessions was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Browsers cannot sign in to this realm, or there is no such realm.
    #[error("browsers do not sign in to this realm")]
    NoSessions,
    /// The address to return to is another place's.
    #[error("returnTo must be a path of this platform, such as /orders")]
    ReturnToNotLocal,
    /// The address that the issuer would send the browser back to is not on the realm's list.
    #[error("the realm's redirectUriAllowlist does not hold {0}")]
    RedirectNotAllowed(String),
    /// The sign-in is not known, was used, has run out or began in another browser.
    #[error("this sign-in is not under way in this browser: begin again")]
    SignInUnknown,
    /// The issuer's answer is not that of this sign-in.
    #[error("the answer is not of the issuer that was asked: begin again")]
    OtherIssuer,
    /// The issuer did not sign the person in.
    #[error("the issuer did not sign you in: {0}")]
    SignInRefused(String),
    /// What the issuer gave cannot be taken.
    #[error("the issuer's answer cannot be taken: begin again")]
    SignInInvalid,
    /// No such provider of such a tenant.
    #[error("there is no such identity provider")]
    NoProvider,
    /// A provider without its tenant, a tenant without its provider, or both with a mail address.
    #[error("name tenant and provider together, or email alone")]
    HalfAProvider,
    /// A provider refuses this platform, or is disabled: whoever administers it in the tenant has to mend it.
    #[error("the identity provider cannot be used now: ask whoever administers it")]
    ProviderUnusable,
    /// People of this mail domain sign in by a password.
    #[error("people of this mail domain have local accounts: sign in there")]
    LocalAccounts,
    /// Whom the provider signed in may not come in here.
    #[error("you cannot come in by this identity provider: ask whoever administers it")]
    NotAdmitted,
    /// Another domain that was asked.
    #[error("{0}")]
    Asked(Problem),
    /// The person has no tenant to work in.
    #[error("this person has no tenant here")]
    NoTenant,
    /// The tenant is suspended.
    #[error("the tenant is suspended: ask whoever runs the platform")]
    TenantSuspended,
    /// The cookie names no session.
    #[error("the session is not valid: sign in")]
    SessionInvalid,
    /// The session has ended.
    #[error("the session has ended: sign in")]
    SessionEnded,
    /// The session has run out.
    #[error("the session has expired: sign in")]
    SessionExpired,
    /// A change without the session's token.
    #[error("send the session's token in x-csrf-token; /auth/session tells it")]
    CsrfTokenRequired,
    /// A change from a page of another place.
    #[error("a page of another place may not change anything here")]
    CrossSite,
    /// A logout token that cannot be taken.
    #[error("the logout token is not valid")]
    LogoutTokenInvalid,
    /// No such session of this tenant, or of this person.
    #[error("there is no such session")]
    SessionNotFound,
    /// The session has ended already.
    #[error("the session has ended already")]
    SessionEndedAlready,
    /// A subject that nobody has.
    #[error("subject is a text of 1 to 255 characters without control characters")]
    NoSubject,
    /// It is for those who run the platform.
    #[error("this is for operators of the platform, who are in a realm of their own")]
    OperatorsOnly,
    /// The issuer does not answer.
    #[error("the issuer does not answer")]
    IssuerAway,
    /// The issuer has no place for this, or refuses this platform: a mistake in the configuration.
    #[error("the issuer cannot be used: {0}")]
    IssuerUnusable(String),
    /// What nobody could write down does not happen.
    #[error("the trail cannot be written")]
    TrailAway,
    /// Something that was sealed cannot be opened, or not be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What was sealed has another form.
    #[error("what is sealed of a session cannot be read")]
    SealedForm,
    /// A cookie that cannot be written.
    #[error("a cookie cannot be written")]
    CookieForm,
    /// The machine has no random numbers.
    #[error("the machine has no random numbers")]
    NoRandomness,
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Asked(problem)
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSessions => "security.no_sessions",
            Self::ReturnToNotLocal => "security.return_to_not_local",
            Self::RedirectNotAllowed(_) => "security.redirect_not_allowed",
            Self::SignInUnknown => "security.sign_in_unknown",
            Self::OtherIssuer => "security.other_issuer",
            Self::SignInRefused(_) => "security.sign_in_refused",
            Self::SignInInvalid => "security.sign_in_invalid",
            Self::NoProvider => "security.no_provider",
            Self::HalfAProvider => "security.half_a_provider",
            Self::ProviderUnusable => "security.provider_unusable",
            Self::LocalAccounts => "security.local_accounts",
            Self::NotAdmitted => "security.not_admitted",
            Self::Asked(problem) => problem.code,
            Self::NoTenant => "security.no_tenant",
            Self::TenantSuspended => "request.tenant_suspended",
            Self::SessionInvalid => "security.session_invalid",
            Self::SessionEnded => "security.session_ended",
            Self::SessionExpired => "security.session_expired",
            Self::CsrfTokenRequired => "security.csrf_token_required",
            Self::CrossSite => "security.cross_site",
            Self::LogoutTokenInvalid => "security.logout_token_invalid",
            Self::SessionNotFound => "security.session_not_found",
            Self::SessionEndedAlready => "security.session_ended_already",
            Self::NoSubject => "security.no_subject",
            Self::OperatorsOnly => "request.operators_only",
            Self::IssuerAway => "platform.issuer_unavailable",
            Self::TrailAway => "platform.unavailable",
            Self::IssuerUnusable(_) => "security.issuer_unusable",
            Self::SealedForm | Self::CookieForm | Self::NoRandomness => "security.internal",
            Self::Vault(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NoSessions | Self::NoProvider | Self::SessionNotFound => ProblemKind::NotFound,
            Self::ReturnToNotLocal
            | Self::HalfAProvider
            | Self::SignInUnknown
            | Self::OtherIssuer
            | Self::LogoutTokenInvalid => ProblemKind::Malformed,
            Self::SignInRefused(_)
            | Self::SignInInvalid
            | Self::SessionInvalid
            | Self::SessionEnded
            | Self::SessionExpired => ProblemKind::Unauthenticated,
            Self::RedirectNotAllowed(_)
            | Self::NoTenant
            | Self::NotAdmitted
            | Self::OperatorsOnly
            | Self::TenantSuspended
            | Self::CsrfTokenRequired
            | Self::CrossSite => ProblemKind::Forbidden,
            Self::SessionEndedAlready | Self::LocalAccounts | Self::ProviderUnusable => ProblemKind::Conflict,
            Self::Asked(problem) => problem.kind,
            Self::NoSubject => ProblemKind::Invalid,
            Self::IssuerAway | Self::TrailAway => ProblemKind::Unavailable,
            Self::IssuerUnusable(_) | Self::SealedForm | Self::CookieForm | Self::NoRandomness => {
                ProblemKind::Internal
            }
            Self::Vault(error) => error.kind(),
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::ReturnToNotLocal => vec![FieldError::new("?returnTo", "not_local", self.to_string())],
            Self::NoSubject => vec![FieldError::new("/subject", "invalid", self.to_string())],
            Self::CsrfTokenRequired => vec![FieldError::new("#x-csrf-token", "required", self.to_string())],
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}

/// In a job, what the database could not do now is tried again.
impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => error.into(),
            refusal => Problem::from(refusal).into(),
        }
    }
}
