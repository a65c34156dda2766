//! This platform as a client of issuers: sign-in by authorization code, refresh, sign-out.
//!
//! It decides nothing about sessions. Keys, discovery and the reading of tokens are those that verify bearer tokens.

mod endpoints;
mod error;
mod grant;
mod id_token;
mod issuer_client;
mod logout_token;
mod provider;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use athyper_kernel_config::IamConfig;
use athyper_kernel_http::Identity;
use athyper_kernel_types::Clock;
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use self::endpoints::Endpoints;
pub use self::error::OidcError;
use self::id_token::IdTokenRules;
pub use self::issuer_client::IssuerClient;
pub use self::logout_token::LogoutToken;
pub use self::provider::{ProviderParts, ProviderSettings};
use crate::OidcAuthenticator;

/// The platform as a client of the issuers of all realms. Cheap to clone.
#[derive(Clone)]
pub struct OidcClient {
    realms: Arc<HashMap<String, IssuerClient>>,
    clock: Clock,
}

/// A sign-in that begins (RFC 6749, section 4.1.1; OpenID Connect Core, section 3.1.2.1).
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'r> {
    /// Where the issuer sends the browser back to.
    pub redirect_uri: &'r str,
    /// What comes back with it.
    pub state: &'r str,
    /// What the id token must repeat.
    pub nonce: &'r str,
    /// The S256 challenge (RFC 7636, section 4.2), where PKCE is used.
    pub code_challenge: Option<&'r str>,
    /// Asks the person to sign in even where the issuer knows them already.
    pub is_fresh: bool,
}

/// A code to be exchanged (RFC 6749, section 4.1.3).
#[derive(Debug)]
pub struct CodeGrant<'r> {
    /// The code.
    pub code: &'r SecretString,
    /// The address that it was sent to.
    pub redirect_uri: &'r str,
    /// The verifier (RFC 7636, section 4.5), where PKCE is used.
    pub code_verifier: Option<&'r SecretString>,
    /// What the id token must repeat.
    pub nonce: &'r str,
}

/// What an issuer gives for a code or a refresh token, verified.
#[derive(Debug)]
pub struct Tokens {
    /// Who it is. None after a refresh that says nothing of that.
    pub identity: Option<Identity>,
    /// Gets the next tokens.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends.
    pub access_expires_at: DateTime<Utc>,
    /// The session at the issuer (OpenID Connect Back-Channel Logout, section 2.1).
    pub issuer_session: Option<String>,
    /// When the person signed in at the issuer.
    pub authenticated_at: Option<DateTime<Utc>>,
}

/// The scopes of a client, `openid` first.
fn scope_of(scopes: &[String]) -> String {
    let others = scopes.iter().map(String::as_str).filter(|scope| *scope != "openid");
    ["openid"].into_iter().chain(others).collect::<Vec<_>>().join(" ")
}

impl OidcClient {
    /// A client of the issuers whose tokens this authenticator verifies. No issuer is asked for anything yet.
    pub fn new(authenticator: &OidcAuthenticator, iam: &IamConfig) -> Self {
        let clock = authenticator.clock().clone();
        let realms = authenticator.realms().filter_map(|realm| {
            let config = iam.realms.get(&realm.key)?;
            let scope = match &*config.iam.scopes {
                [] => "openid profile email".to_owned(),
                scopes => scope_of(scopes),
            };
            let client = IssuerClient {
                realm: Arc::clone(realm),
                endpoints: Endpoints::new(realm, clock.clone()),
                client_id: config.iam.client_id.clone(),
                client_secret: config.iam.client_secret.clone(),
                scope,
                rules: IdTokenRules::of(realm, config),
                bearer: Some(authenticator.clone()),
                clock: clock.clone(),
            };
            Some((realm.key.clone(), client))
        });
        Self { realms: Arc::new(realms.collect()), clock: clock.clone() }
    }

    /// The client of a realm's issuer.
    ///
    /// # Errors
    /// No such realm, or it has no issuer.
    pub fn of_realm(&self, realm_key: &str) -> Result<&IssuerClient, OidcError> {
        self.realms.get(realm_key).ok_or(OidcError::NoIssuer)
    }

    /// Verifies a logout token (OpenID Connect Back-Channel Logout, section 2.6). Whether it was used before, the caller knows.
    ///
    /// # Errors
    /// It is not of an issuer of ours, or not as it must be.
    pub async fn verify_logout_token(&self, token: &str) -> Result<LogoutToken, OidcError> {
        logout_token::verify(self.realms.values(), token, self.clock.now()).await
    }

    /// Asks each issuer for its document, where it is not known, and says which do not answer.
    ///
    /// # Errors
    /// The realms whose issuers are away.
    pub async fn check_health(&self) -> Result<(), String> {
        let mut away = Vec::new();
        for (key, realm) in self.realms.iter().filter(|(_, realm)| realm.realm.is_remote()) {
            if let Err(error) = realm.endpoints.find().await {
                away.push(format!("the issuer of realm {key}: {error}"));
            }
        }
        away.sort();
        if away.is_empty() { Ok(()) } else { Err(away.join("; ")) }
    }
}

impl fmt::Debug for OidcClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcClient").field("realms", &self.realms.keys()).finish_non_exhaustive()
    }
}
