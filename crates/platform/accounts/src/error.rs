//! What this domain refuses, in its own words.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_types::PageError;
use athyper_kernel_vault::VaultError;

/// Why an operation of accounts was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Login and password do not open an account: there is none, it is locked, its person is not active, or the password is
    /// another. Nobody is told which.
    #[error(
        "login or password are wrong, or the account cannot be used now: if you have tried several times, wait or reset it"
    )]
    SignInFailed,
    /// The second factor is wrong, or what it was to answer has ended.
    #[error("the factor is wrong, or the sign-in took too long: begin again")]
    FactorRefused,
    /// A link that was used, has expired or never was.
    #[error("the link cannot be used: it was used already or has expired; ask for a new one")]
    LinkRefused,
    /// Too many sign-ins of this address failed.
    #[error("too many sign-ins from this address failed: wait a while")]
    AddressRefused,
    /// More passwords are waiting to be hashed than makes sense.
    #[error("too many sign-ins at once: try again in a moment")]
    Busy,
    /// A new password that breaks the rules.
    #[error("the password cannot be taken")]
    PasswordRefused(Vec<FieldError>),
    /// The present password is another.
    #[error("the present password is another")]
    PasswordWrong,
    /// A factor that somebody who is signed in showed is wrong.
    #[error("the factor is wrong, or the account is locked for a while")]
    CodeWrong,
    /// A challenge that was used, has expired or never was.
    #[error("the challenge has ended: begin again")]
    ChallengeGone,
    /// The key is a factor already.
    #[error("this key is registered already")]
    KeyTaken,
    /// A profile that is weaker than the platform's minimum.
    #[error("the profile cannot be taken")]
    ProfileRefused(Vec<FieldError>),
    /// No such account in this tenant.
    #[error("there is no such account")]
    NotFound,
    /// The caller has no local account.
    #[error("you have no local account here")]
    NoAccount,
    /// No such person in this tenant.
    #[error("there is no such person")]
    PersonNotFound,
    /// The person has no mail address.
    #[error("the person has no mail address to write to")]
    NoMailAddress,
    /// The person may not sign in.
    #[error("the person is not active")]
    NotActive,
    /// The person has a password already.
    #[error("the account has a password already: reset it instead")]
    HasPassword,
    /// No such factor of this account.
    #[error("there is no such factor")]
    FactorNotFound,
    /// The tenant does not take factors of this kind.
    #[error("the tenant does not take second factors of this kind")]
    FactorNotAllowed,
    /// The factor was confirmed already.
    #[error("the factor is confirmed already")]
    FactorConfirmed,
    /// The account has as many factors as it may have.
    #[error("the account has {max} factors, which is as many as there may be: remove one first")]
    TooManyFactors {
        /// Most factors.
        max: usize,
    },
    /// The last factor of somebody who needs one.
    #[error("a second factor is required here: add another one before you remove this one")]
    LastFactor,
    /// The operation asks for a fresh second factor.
    #[error("show a second factor first: POST /v1/accounts/me/step-up")]
    StepUpRequired,
    /// There is no second factor to show.
    #[error("the account has no second factor")]
    NoFactor,
    /// No random numbers.
    #[error("the cryptographic library gave no random numbers")]
    Random,
    /// A hash could not be made or read.
    #[error("a password could not be hashed: {0}")]
    Hash(String),
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Another domain that was asked.
    #[error("{0}")]
    Asked(Problem),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::SignInFailed => "accounts.sign_in_failed",
            Self::FactorRefused => "accounts.factor_refused",
            Self::LinkRefused => "accounts.link_refused",
            Self::AddressRefused => "accounts.address_refused",
            Self::Busy => "accounts.busy",
            Self::PasswordRefused(_) => "accounts.password_refused",
            Self::PasswordWrong => "accounts.password_wrong",
            Self::CodeWrong => "accounts.code_wrong",
            Self::ChallengeGone => "accounts.challenge_gone",
            Self::KeyTaken => "accounts.key_taken",
            Self::ProfileRefused(_) => "accounts.profile_refused",
            Self::NotFound => "accounts.account_not_found",
            Self::NoAccount => "accounts.no_account",
            Self::PersonNotFound => "accounts.person_not_found",
            Self::NoMailAddress => "accounts.no_mail_address",
            Self::NotActive => "accounts.not_active",
            Self::HasPassword => "accounts.has_password",
            Self::FactorNotFound => "accounts.factor_not_found",
            Self::FactorNotAllowed => "accounts.factor_not_allowed",
            Self::FactorConfirmed => "accounts.factor_confirmed",
            Self::TooManyFactors { .. } => "accounts.too_many_factors",
            Self::LastFactor => "accounts.last_factor",
            Self::StepUpRequired => "request.step_up_required",
            Self::NoFactor => "accounts.no_factor",
            Self::Random => "accounts.random_failed",
            Self::Hash(_) => "accounts.hash_failed",
            Self::Page(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Asked(problem) => problem.code,
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::SignInFailed | Self::FactorRefused => ProblemKind::Unauthenticated,
            Self::AddressRefused => ProblemKind::RateLimited,
            Self::Busy => ProblemKind::Unavailable,
            Self::StepUpRequired => ProblemKind::Forbidden,
            Self::LinkRefused
            | Self::PasswordRefused(_)
            | Self::PasswordWrong
            | Self::CodeWrong
            | Self::ProfileRefused(_) => ProblemKind::Invalid,
            Self::NotFound | Self::NoAccount | Self::PersonNotFound | Self::FactorNotFound => {
                ProblemKind::NotFound
            }
            Self::NoMailAddress
            | Self::NotActive
            | Self::HasPassword
            | Self::ChallengeGone
            | Self::KeyTaken
            | Self::FactorNotAllowed
            | Self::FactorConfirmed
            | Self::TooManyFactors { .. }
            | Self::LastFactor
            | Self::NoFactor => ProblemKind::Conflict,
            Self::Random | Self::Hash(_) => ProblemKind::Internal,
            Self::Page(error) => error.kind(),
            Self::Vault(error) => error.kind(),
            Self::Asked(problem) => problem.kind,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::PasswordRefused(fields) | Self::ProfileRefused(fields) => fields.clone(),
            Self::Page(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Asked(problem)
    }
}
