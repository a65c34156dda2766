//! Clients of issuers that tenants name: the same client under a stricter guard, made when it is first needed.

use std::sync::Arc;

use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_resilience::CircuitBreaker;
use athyper_kernel_types::Clock;
use secrecy::SecretString;

use super::endpoints::Endpoints;
use super::error::OidcError;
use super::id_token::IdTokenRules;
use super::{IssuerClient, scope_of};
use crate::authenticator::{Keys, Realm, breaker_settings};
use crate::claims::Expected;
use crate::discovery::Issuer;
use crate::reach::Reach;
use crate::remote_keys::{KeyFailures, RemoteKeys};

/// An issuer that a tenant has named, and the platform's client there.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// What it is called in log and spans.
    pub name: String,
    /// The issuer, to the letter as its tokens name it.
    pub issuer: String,
    /// Id of the client.
    pub client_id: String,
    /// Secret of the client; none for a public one.
    pub client_secret: Option<SecretString>,
    /// Scopes besides `openid`.
    pub scopes: Vec<String>,
}

/// What clients of providers stand on. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ProviderParts {
    /// Where their addresses may lead.
    pub reach: Reach,
    /// The source of the current time.
    pub clock: Clock,
    /// Runs the fetches of keys.
    pub lifecycle: Lifecycle,
}

impl IssuerClient {
    /// A client of an issuer that a tenant has named. Nothing is asked yet. Its access tokens are no bearer tokens of the platform, and its
    /// issuer is compared to the letter.
    ///
    /// # Errors
    /// The issuer is no address that may be spoken to.
    pub fn of_provider(settings: ProviderSettings, parts: &ProviderParts) -> Result<Self, OidcError> {
        let issuer = Issuer::new(&settings.issuer, parts.reach).map_err(|error| {
            tracing::info!(provider = settings.name, %error, "the issuer of a provider cannot be used");
            OidcError::NotOffered("an issuer that may be spoken to")
        })?;
        let issuer = Arc::new(issuer);
        // Of its own and not of the registry: there may be any number of them.
        let breaker = CircuitBreaker::new(&settings.name, breaker_settings(), parts.clock.clone());
        let breaker = Arc::new(breaker.map_err(|_| OidcError::NotOffered("a breaker"))?);
        let (clock, lifecycle) = (parts.clock.clone(), parts.lifecycle.clone());
        let reached = (Arc::clone(&issuer), Arc::clone(&breaker));
        // Nobody but the log is told: the trail of the platform is not for what a tenant has named.
        let told = KeyFailures::default();
        let keys = RemoteKeys::new(&settings.name, reached.0, reached.1, clock.clone(), lifecycle, told);
        let expected = Expected {
            issuer: settings.issuer.clone(),
            audience: settings.client_id.clone(),
            clients: vec![settings.client_id.clone()],
        };
        let realm = Arc::new(Realm {
            key: settings.name,
            client_id: settings.client_id.clone(),
            algorithms: Vec::new(),
            expected,
            keys: Keys::Remote(keys),
            issuer,
            breaker: Some(breaker),
        });
        Ok(Self {
            endpoints: Endpoints::new(&realm, clock.clone()),
            rules: IdTokenRules::of_provider(&settings.issuer, &settings.client_id),
            client_id: settings.client_id,
            client_secret: settings.client_secret,
            scope: scope_of(&settings.scopes),
            bearer: None,
            clock,
            realm,
        })
    }
}
