//! What this domain needs of others: issuers to sign people in at, and who knows the providers of tenants.

use async_trait::async_trait;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_http::Identity;
use athyper_kernel_types::{PrincipalId, TenantId};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

/// Whose issuer signs somebody in: that of a realm, or a provider of a tenant in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IssuerRef {
    /// Key of the realm.
    pub realm_key: String,
    /// The provider; none for the realm's own issuer.
    pub provider: Option<ProviderRef>,
}

/// A provider of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProviderRef {
    /// The tenant.
    pub tenant: TenantId,
    /// Id of the provider in it.
    pub id: Uuid,
}

impl IssuerRef {
    /// The issuer of a realm.
    pub fn of_realm(realm_key: &str) -> Self {
        Self { realm_key: realm_key.to_owned(), provider: None }
    }

    /// The name under which its sessions and notices are kept. Keys of realms have no slash.
    pub(crate) fn name(&self) -> String {
        match self.provider {
            Some(provider) => format!("{}/{}", self.realm_key, provider.id),
            None => self.realm_key.clone(),
        }
    }
}

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
    /// Whose issuer it is.
    pub issuer: IssuerRef,
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
    #[error("another issuer than the one that was asked")]
    OtherIssuer,
}

/// The issuers of realms and the providers of tenants.
#[async_trait]
pub trait Issuers: Send + Sync {
    /// Where the browser is sent to sign in.
    ///
    /// # Errors
    /// The issuer is away or cannot be used.
    async fn sign_in_url(&self, issuer: &IssuerRef, request: &SignInRequest<'_>) -> Result<Url, IssuerError>;

    /// Holds the issuer that an answer names against the one that was asked (RFC 9207).
    ///
    /// # Errors
    /// It is another one.
    async fn check_answer(&self, issuer: &IssuerRef, named: Option<&str>) -> Result<(), IssuerError>;

    /// Exchanges a code.
    ///
    /// # Errors
    /// The issuer is away or refuses, or what it gave cannot be taken.
    async fn exchange(&self, issuer: &IssuerRef, code: &Code<'_>) -> Result<IssuedTokens, IssuerError>;

    /// Gets new tokens of the same person.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange); [`IssuerError::GrantEnded`] when the issuer ended the session.
    async fn refresh(
        &self,
        issuer: &IssuerRef,
        refresh_token: &SecretString,
        subject: &str,
    ) -> Result<IssuedTokens, IssuerError>;

    /// Takes a refresh token back, where the issuer has a place for that.
    ///
    /// # Errors
    /// The issuer is away or refuses.
    async fn revoke(&self, issuer: &IssuerRef, refresh_token: &SecretString) -> Result<bool, IssuerError>;

    /// Where the browser ends its session at the issuer, where there is such a place. `hint` names the session there: no token is part
    /// of an address that a browser sees.
    ///
    /// # Errors
    /// The issuer is away.
    async fn sign_out_url(
        &self,
        issuer: &IssuerRef,
        hint: Option<&str>,
        return_to: Option<&str>,
    ) -> Result<Option<Url>, IssuerError>;

    /// Verifies a logout token: of a provider where one is named, else of the issuer of any realm.
    ///
    /// # Errors
    /// It is not of an issuer of ours, or not as it must be.
    async fn sign_out_notice(
        &self,
        provider: Option<&IssuerRef>,
        token: &str,
    ) -> Result<SignOutNotice, IssuerError>;
}

/// Somebody who comes by a provider.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'r> {
    /// The provider, of the transaction's tenant.
    pub provider: Uuid,
    /// Claim `sub` of the verified id token.
    pub subject: &'r str,
    /// All of its claims.
    pub claims: &'r Map<String, Value>,
}

/// Somebody who was let in by a provider.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// Who it is.
    pub person: PrincipalId,
    /// A name for people.
    pub name: Option<String>,
    /// What was done for it, for the trail.
    pub facts: Map<String, Value>,
}

/// Why somebody was not let in by a provider.
#[derive(Debug)]
pub enum NotAdmitted {
    /// Refused, for a reason that the trail is told.
    Refused(&'static str),
    /// It could not be found out.
    Failed(Problem),
}

/// Where people with a mail address sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInPlace {
    /// By a provider.
    Provider {
        /// The provider.
        provider: ProviderRef,
        /// Its key in the tenant.
        key: String,
        /// Its name for people.
        display_name: String,
    },
    /// By a local account of this tenant.
    Local(TenantId),
    /// At the issuer of the realm.
    Realm,
}

/// Knows the providers of tenants.
#[async_trait]
pub trait Providers: Send + Sync {
    /// The enabled provider with this key in a tenant.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn find(&self, tenant: TenantId, key: &str) -> Result<Option<ProviderRef>, Problem>;

    /// Where people with a mail address sign in. It says nothing about who there is.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn place_of_mail(&self, realm_key: &str, mail: &str) -> Result<SignInPlace, Problem>;

    /// Lets somebody in, as part of the transaction that begins the session.
    ///
    /// # Errors
    /// [`NotAdmitted`]; then nothing of the transaction may be kept.
    async fn admit(&self, tx: &mut TenantTx, arrival: Arrival<'_>) -> Result<Admitted, NotAdmitted>;
}

/// Where tenants have no providers.
#[derive(Clone, Copy, Debug)]
pub struct NoProviders;

#[async_trait]
impl Providers for NoProviders {
    async fn find(&self, _tenant: TenantId, _key: &str) -> Result<Option<ProviderRef>, Problem> {
        Ok(None)
    }

    async fn place_of_mail(&self, _realm_key: &str, _mail: &str) -> Result<SignInPlace, Problem> {
        Ok(SignInPlace::Realm)
    }

    async fn admit(&self, _tx: &mut TenantTx, _arrival: Arrival<'_>) -> Result<Admitted, NotAdmitted> {
        Err(NotAdmitted::Refused("no_providers"))
    }
}
