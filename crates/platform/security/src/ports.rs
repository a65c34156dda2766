//! What this domain needs of others: issuers to sign people in at.

use async_trait::async_trait;
use athyper_kernel_http::Identity;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use url::Url;

/// A sign-in that begins at an issuer.
#[derive(Clone, Copy, Debug)]
pub struct SignInRequest<'r> {
    /// Where the issuer sends the browser back to.
    pub redirect_uri: &'r str,
    /// What comes back with it.
    pub state: &'r str,
    /// What the id token must repeat.
    pub nonce: &'r str,
    /// The S256 challenge, where PKCE is used.
    pub code_challenge: Option<&'r str>,
    /// Asks the person to sign in even where the issuer knows them already.
    pub is_fresh: bool,
}

/// A code that came back.
#[derive(Debug)]
pub struct Code<'r> {
    /// The code.
    pub code: &'r SecretString,
    /// The address that it was sent to.
    pub redirect_uri: &'r str,
    /// The verifier, where PKCE is used.
    pub code_verifier: Option<&'r SecretString>,
    /// What the id token must repeat.
    pub nonce: &'r str,
}

/// What an issuer gave, verified.
#[derive(Debug)]
pub struct IssuedTokens {
    /// Who it is. None after a refresh that says nothing of that.
    pub identity: Option<Identity>,
    /// Gets the next tokens.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends.
    pub access_expires_at: DateTime<Utc>,
    /// The session at the issuer.
    pub issuer_session: Option<String>,
    /// When the person signed in at the issuer.
    pub authenticated_at: Option<DateTime<Utc>>,
}

/// A sign-out that an issuer tells of, verified but for its having been told before.
#[derive(Clone, Debug)]
pub struct SignOutNotice {
    /// Realm of the issuer.
    pub realm_key: String,
    /// The session at the issuer; none when all of the person's end.
    pub issuer_session: Option<String>,
    /// The person.
    pub subject: Option<String>,
    /// Id of the notice.
    pub id: String,
    /// When the notice ends.
    pub expires_at: DateTime<Utc>,
}

/// Why an issuer was of no help. None of it holds a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// It does not answer now.
    #[error("the issuer does not answer")]
    Away,
    /// It says that the grant is no good any more.
    #[error("the issuer takes the grant no more")]
    GrantEnded,
    /// It refuses this platform, or lacks what is asked for: a mistake in the configuration.
    #[error("the issuer cannot be used: {0}")]
    Unusable(String),
    /// What it gave is not what it must be.
    #[error("the issuer's answer cannot be taken: {0}")]
    Invalid(String),
    /// An answer or a token is of another issuer.
    #[error("another issuer than the realm's")]
    OtherIssuer,
}

/// The issuers of the realms.
#[async_trait]
pub trait Issuers: Send + Sync {
    /// Where the browser is sent to sign in.
    ///
    /// # Errors
    /// The issuer is away or cannot be used.
    async fn sign_in_url(&self, realm_key: &str, request: &SignInRequest<'_>) -> Result<Url, IssuerError>;

    /// Holds the issuer that an answer names against the one that was asked (RFC 9207).
    ///
    /// # Errors
    /// It is another one.
    async fn check_answer(&self, realm_key: &str, issuer: Option<&str>) -> Result<(), IssuerError>;

    /// Exchanges a code.
    ///
    /// # Errors
    /// The issuer is away or refuses, or what it gave cannot be taken.
    async fn exchange(&self, realm_key: &str, code: &Code<'_>) -> Result<IssuedTokens, IssuerError>;

    /// Gets new tokens of the same person.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange); [`IssuerError::GrantEnded`] when the issuer ended the session.
    async fn refresh(
        &self,
        realm_key: &str,
        refresh_token: &SecretString,
        subject: &str,
    ) -> Result<IssuedTokens, IssuerError>;

    /// Takes a refresh token back, where the issuer has a place for that.
    ///
    /// # Errors
    /// The issuer is away or refuses.
    async fn revoke(&self, realm_key: &str, refresh_token: &SecretString) -> Result<bool, IssuerError>;

    /// Where the browser ends its session at the issuer, where there is such a place. `hint` names the session there: no token is part
    /// of an address that a browser sees.
    ///
    /// # Errors
    /// The issuer is away.
    async fn sign_out_url(
        &self,
        realm_key: &str,
        hint: Option<&str>,
        return_to: Option<&str>,
    ) -> Result<Option<Url>, IssuerError>;

    /// Verifies a logout token.
    ///
    /// # Errors
    /// It is not of an issuer of ours, or not as it must be.
    async fn sign_out_notice(&self, token: &str) -> Result<SignOutNotice, IssuerError>;
}
