//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_module::{BuildError, DomainParts};

use crate::routes;

/// The configuration, which has the realms.
const CONFIG: Token<RuntimeConfig> = Token::new(tokens::KERNEL_CONFIG);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CONFIG.name()];

/// What the commands and queries of platform control work with.
#[derive(Clone, Debug)]
pub(crate) struct Deps {
    /// The realms, by key, and the name of the operators'.
    pub(crate) config: Arc<RuntimeConfig>,
}

/// Builds the routes of platform control.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps { config: scope.resolve(&CONFIG).await? };
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(deps) })
    })
}
