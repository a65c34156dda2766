//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_config::{AccountsConfig, RuntimeConfig};
use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_vault::Vault;
use url::{ParseError, Url};

use crate::hashing::Hasher;
use crate::jobs::forget;
use crate::model::webauthn::RelyingParty;
use crate::ports::{People, Sessions};
use crate::routes;

const CONFIG: Token<RuntimeConfig> = Token::new(tokens::KERNEL_CONFIG);
const VAULT: Token<Vault> = Token::new(tokens::KERNEL_VAULT);
/// Who the persons are.
pub const PEOPLE: Token<dyn People> = Token::new("accounts.people");
/// What a sign-in leads to.
pub const SESSIONS: Token<dyn Sessions> = Token::new("accounts.sessions");

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CONFIG.name(), VAULT.name(), PEOPLE.name(), SESSIONS.name()];

/// What the commands, queries and jobs of accounts work with.
#[derive(Clone)]
pub(crate) struct Deps {
    pub(crate) settings: Arc<AccountsConfig>,
    /// Realms, for the minimums of the platform.
    pub(crate) config: Arc<RuntimeConfig>,
    /// Address that links lead to.
    pub(crate) base_url: Arc<str>,
    pub(crate) party: Arc<RelyingParty>,
    pub(crate) hasher: Hasher,
    pub(crate) vault: Vault,
    pub(crate) people: Arc<dyn People>,
    pub(crate) sessions: Arc<dyn Sessions>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Builds the routes and jobs of accounts.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let config = scope.resolve(&CONFIG).await?;
        let base_url = base_url(&config);
        let settings = Arc::new(config.accounts.clone());
        let deps = Deps {
            party: Arc::new(party(&settings, &base_url)?),
            hasher: Hasher::new(settings.argon2, hashes_at_once(&settings))?,
            settings,
            config,
            base_url: base_url.into(),
            vault: (*scope.resolve(&VAULT).await?).clone(),
            people: scope.resolve(&PEOPLE).await?,
            sessions: scope.resolve(&SESSIONS).await?,
        };
        let jobs = vec![JobType::new(&forget::Forget {}, forget::run).schedulable()];
        Ok(DomainParts { jobs, router: routes::routes().with_state(deps) })
    })
}

/// The address under which browsers reach the platform, without a slash at its end.
fn base_url(config: &RuntimeConfig) -> String {
    let own = || format!("http://localhost:{}", config.port);
    config.public_base_url.clone().unwrap_or_else(own).trim_end_matches('/').to_owned()
}

/// The place that keys are made for: as configured, else that of the base address.
fn party(settings: &AccountsConfig, base_url: &str) -> Result<RelyingParty, ParseError> {
    let url = Url::parse(base_url)?;
    let own = || url.host_str().unwrap_or("localhost").to_owned();
    let origins = if settings.webauthn.origins.is_empty() {
        vec![url.origin().ascii_serialization()]
    } else {
        settings.webauthn.origins.clone()
    };
    Ok(RelyingParty { id: settings.webauthn.rp_id.clone().unwrap_or_else(own), origins })
}

/// Half of the cores, and two at least: one for each of two tenants.
fn hashes_at_once(settings: &AccountsConfig) -> usize {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    settings.hashes_at_once.map_or((cores / 2).max(2), |asked| usize::try_from(asked).unwrap_or(2))
}
