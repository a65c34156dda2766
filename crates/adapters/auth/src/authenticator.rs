//! The authenticator: chooses the realm by the issuer, then key, signature, claims and identity in this order.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use athyper_kernel_config::{Environment, IamConfig, RealmIam, SigningAlgorithm};
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Authenticator, Identity};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_resilience::{BreakerSettings, Breakers, CircuitBreaker, RegistryError};
use athyper_kernel_types::Clock;
use jsonwebtoken::Algorithm;

use crate::LocalIssuer;
use crate::claims::{Expected, check_times};
use crate::discovery::{FetchError, Issuer};
use crate::identity::{actor, roles};
use crate::keys::{KeySet, VerificationKey};
use crate::reach::Reach;
use crate::refusal::Refusal;
use crate::remote_keys::{KeyFailures, RemoteKeys};
use crate::token::{Kind, UnverifiedToken};
use crate::verified::{Digest, Verified, VerifiedTokens, digest_of};

/// Why no authenticator can be made of the configuration.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A built-in issuer was handed over although the environment is not `local`.
    #[error("the built-in issuer has demo users and is not for {0}: set iam.issuerUrl of the realm")]
    BuiltInIssuerOutsideLocal(Environment),
    /// The realm uses the built-in issuer, and none was opened for it.
    #[error("realm {0} uses the built-in issuer, which was not opened: open it before the authenticator")]
    NoBuiltInIssuer(String),
    /// Two realms have one issuer: its tokens would not say which of them is meant.
    #[error("realm {0} has the issuer of another realm: give each realm its own")]
    SharedIssuer(String),
    /// No breaker can stand before the issuer of this realm: a defect.
    #[error("no breaker can stand before the issuer of realm {0}: {1}")]
    Breaker(String, RegistryError),
    /// Keys cannot be fetched from this issuer.
    #[error("iam.issuerUrl of realm {realm_key} cannot be used")]
    Issuer {
        /// The realm.
        realm_key: String,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The breaker before an issuer: it is looked for again after five seconds, and one good answer closes it.
pub(crate) fn breaker_settings() -> BreakerSettings {
    BreakerSettings { cool_down: Duration::from_secs(5), successes_to_close: 1, ..BreakerSettings::default() }
}

/// Verifies bearer tokens of any number of realms. Clone it or share it: it is one authenticator.
#[derive(Clone)]
pub struct OidcAuthenticator {
    /// By issuer, to the letter.
    realms: Arc<HashMap<String, Arc<Realm>>>,
    clock: Clock,
    told: KeyFailures,
    verified: VerifiedTokens,
}

/// A realm as far as its tokens are concerned.
pub(crate) struct Realm {
    pub(crate) key: String,
    pub(crate) client_id: String,
    /// Algorithms that its tokens may be signed with; empty for all of the allow-list.
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) expected: Expected,
    pub(crate) keys: Keys,
    pub(crate) issuer: Arc<Issuer>,
    /// The breaker before the issuer; none before the built-in one.
    pub(crate) breaker: Option<Arc<CircuitBreaker>>,
}

impl Realm {
    /// Whether its issuer is another program.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self.keys, Keys::Remote(_))
    }

    /// Checks that the realm's tokens may be signed in this way.
    ///
    /// # Errors
    /// The realm is configured for others.
    pub(crate) fn check_algorithm(&self, algorithm: Algorithm) -> Result<(), Refusal> {
        if self.algorithms.is_empty() || self.algorithms.contains(&algorithm) {
            return Ok(());
        }
        Err(Refusal::Algorithm(format!("{algorithm:?}")))
    }
}

pub(crate) enum Keys {
    /// Of the built-in issuer.
    BuiltIn(KeySet),
    /// Of an issuer elsewhere.
    Remote(Arc<RemoteKeys>),
}

impl OidcAuthenticator {
    /// An authenticator of all realms. No issuer is asked for anything before the first token of its realm.
    ///
    /// `built_in` holds the opened issuers of the realms that use the built-in one. A realm without any issuer, which
    /// only `local` allows, has no valid tokens. `lifecycle` runs the fetches of keys, each behind the breaker of its issuer.
    ///
    /// # Errors
    /// A built-in issuer outside `local` or missing, an issuer of two realms, or one that is not https outside `local`.
    pub fn new(
        environment: Environment,
        iam: &IamConfig,
        built_in: &[Arc<LocalIssuer>],
        clock: Clock,
        lifecycle: &Lifecycle,
        breakers: &Breakers,
    ) -> Result<Self, SetupError> {
        let is_local = environment == Environment::Local;
        let reach = Reach::of_operators(environment);
        if !is_local && !built_in.is_empty() {
            return Err(SetupError::BuiltInIssuerOutsideLocal(environment));
        }
        let (mut realms, told) = (HashMap::new(), KeyFailures::default());
        for (key, config) in &iam.realms {
            let unusable =
                |source: FetchError| SetupError::Issuer { realm_key: key.clone(), source: Box::new(source) };
            let (issuer, keys, breaker) = if config.built_in_issuer {
                let issuer = built_in.iter().find(|issuer| issuer.realm_key() == key);
                let issuer = issuer.ok_or_else(|| SetupError::NoBuiltInIssuer(key.clone()))?;
                let keys = KeySet::from_json(issuer.jwks().to_string().as_bytes())
                    .map_err(|error| unusable(error.into()))?;
                let issuer = Issuer::new(issuer.issuer_url(), reach).map_err(unusable)?;
                (Arc::new(issuer), Keys::BuiltIn(keys), None)
            } else if let Some(url) = &config.iam.issuer_url {
                let issuer = Arc::new(Issuer::new(url, reach).map_err(unusable)?);
                let breaker = breakers
                    .obtain(&format!("oidc {key}"), breaker_settings())
                    .map_err(|error| SetupError::Breaker(key.clone(), error))?;
                let fetched = (Arc::clone(&issuer), Arc::clone(&breaker));
                let keys = RemoteKeys::new(
                    key,
                    fetched.0,
                    fetched.1,
                    clock.clone(),
                    lifecycle.clone(),
                    Arc::clone(&told),
                );
                (issuer, Keys::Remote(keys), Some(breaker))
            } else {
                tracing::info!(realm = key, "the realm has no issuer: nobody can sign in");
                continue;
            };
            let issuer_url = issuer.url().to_owned();
            let realm = Arc::new(Realm {
                key: key.clone(),
                client_id: config.iam.client_id.clone(),
                algorithms: config.iam.algorithms.iter().copied().map(algorithm).collect(),
                expected: expected(&issuer_url, &config.iam),
                keys,
                issuer,
                breaker,
            });
            if realms.insert(issuer_url, realm).is_some() {
                return Err(SetupError::SharedIssuer(key.clone()));
            }
        }
        Ok(Self { realms: Arc::new(realms), clock, told, verified: VerifiedTokens::default() })
    }

    /// Has somebody told, by the key of the realm, whenever the keys of an issuer could not be fetched. The first to ask is told.
    pub fn tell_key_failures(&self, tell: impl Fn(&str) + Send + Sync + 'static) {
        if self.told.set(Box::new(tell)).is_err() {
            tracing::warn!("somebody is told already when keys cannot be fetched");
        }
    }

    /// The realms that have an issuer.
    pub(crate) fn realms(&self) -> impl Iterator<Item = &Arc<Realm>> {
        self.realms.values()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Who the token speaks of; what was verified before is looked at no further than it may have changed.
    async fn verify(&self, token: &str) -> Result<Arc<Identity>, Refusal> {
        let digest = digest_of(token);
        if let Some(known) = self.verified.find(&digest)
            && let Some(realm) = self.realms.get(&known.issuer)
            && known.is_of(&realm.keys.find(&known.key_id).await?)
        {
            check_times(&known.identity.claims, self.clock.now().timestamp())?;
            return Ok(Arc::clone(&known.identity));
        }
        self.verify_anew(token, digest).await
    }

    #[tracing::instrument(name = "auth.jwt.verify", skip_all, fields(auth.token = "access"))]
    async fn verify_anew(&self, token: &str, digest: Digest) -> Result<Arc<Identity>, Refusal> {
        let token = UnverifiedToken::parse(token, Kind::Access)?;
        let realm = self.realms.get(&token.issuer);
        let realm = realm.ok_or_else(|| Refusal::UnknownIssuer(token.issuer.clone()))?;
        realm.check_algorithm(token.algorithm)?;
        let key = realm.keys.find(&token.key_id).await?;
        let (issuer, key_id) = (token.issuer.clone(), token.key_id.clone());
        let claims = token.verified_by(&key)?;
        realm.expected.check(&claims, self.clock.now())?;
        let identity = Arc::new(Identity {
            realm_key: realm.key.clone(),
            actor: actor(&claims),
            roles: roles(&claims, &realm.client_id)?,
            claims,
            principal: None,
        });
        self.verified.keep(digest, Verified { identity: Arc::clone(&identity), issuer, key_id, key });
        Ok(identity)
    }
}

impl fmt::Debug for OidcAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcAuthenticator").field("issuers", &self.realms.keys()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticator for OidcAuthenticator {
    async fn authenticate(&self, token: &str) -> Result<Arc<Identity>, Problem> {
        self.verify(token).await.map_err(Refusal::into_problem)
    }
}

impl Keys {
    pub(crate) async fn find(&self, key_id: &str) -> Result<Arc<VerificationKey>, Refusal> {
        match self {
            Self::BuiltIn(keys) => keys.find(key_id).ok_or_else(|| Refusal::UnknownKey(key_id.to_owned())),
            Self::Remote(keys) => keys.find(key_id).await,
        }
    }
}

fn algorithm(named: SigningAlgorithm) -> Algorithm {
    match named {
        SigningAlgorithm::RS256 => Algorithm::RS256,
        SigningAlgorithm::PS256 => Algorithm::PS256,
        SigningAlgorithm::ES256 => Algorithm::ES256,
        SigningAlgorithm::EdDSA => Algorithm::EdDSA,
    }
}

fn expected(issuer_url: &str, iam: &RealmIam) -> Expected {
    let mut clients = vec![iam.client_id.clone()];
    clients.extend(iam.allowed_azp.iter().cloned());
    Expected {
        issuer: issuer_url.to_owned(),
        audience: iam.audience.clone().unwrap_or_else(|| iam.client_id.clone()),
        clients,
    }
}
