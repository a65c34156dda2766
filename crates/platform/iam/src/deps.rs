//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_http::Catalogue;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_types::Clock;

use crate::ports::{Duties, SessionEnder};
use crate::rights::Known;
use crate::routes;

/// The permissions of all modules.
const CATALOGUE: Token<Catalogue> = Token::new(tokens::REGISTRY_PERMISSIONS);

/// The address of the platform.
const CONFIG: Token<RuntimeConfig> = Token::new(tokens::KERNEL_CONFIG);

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// Who ends sessions.
const SESSIONS: Token<dyn SessionEnder> = Token::new(tokens::SECURITY_SESSION_ENDER);

/// Who knows which duties are kept apart.
pub const DUTIES: Token<dyn Duties> = Token::new("iam.duties");

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] =
    &[CATALOGUE.name(), CONFIG.name(), CLOCK.name(), SESSIONS.name(), DUTIES.name()];

/// What commands and queries work with.
#[derive(Clone, Debug)]
pub(crate) struct Deps {
    /// All permissions there are.
    pub(crate) catalogue: Catalogue,
    /// Tells whether a role has run out.
    pub(crate) clock: Clock,
    /// Who ends sessions.
    pub(crate) sessions: Arc<dyn SessionEnder>,
    /// Who knows which duties are kept apart.
    pub(crate) duties: Arc<dyn Duties>,
    /// Address under which the platform is reached; empty where it is not known, and places are paths then.
    pub(crate) public_base_url: Arc<str>,
}

impl Deps {
    /// What rights are worked out with.
    pub(crate) fn known(&self) -> Known {
        Known {
            catalogue: self.catalogue.clone(),
            clock: self.clock.clone(),
            duties: Arc::clone(&self.duties),
        }
    }
}

/// Builds the routes.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let config = scope.resolve(&CONFIG).await?;
        let address = config.public_base_url.as_deref().unwrap_or_default();
        let deps = Deps {
            catalogue: scope.resolve(&CATALOGUE).await?.as_ref().clone(),
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
            sessions: scope.resolve(&SESSIONS).await?,
            duties: scope.resolve(&DUTIES).await?,
            public_base_url: address.trim_end_matches('/').into(),
        };
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(deps) })
    })
}
