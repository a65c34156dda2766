//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_http::Catalogue;
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_types::Clock;

use crate::jobs::close_due_reviews;
use crate::ports::SessionEnder;
use crate::routes;

/// The permissions of all modules.
const CATALOGUE: Token<Catalogue> = Token::new(tokens::REGISTRY_PERMISSIONS);

/// The address of the platform.
const CONFIG: Token<RuntimeConfig> = Token::new(tokens::KERNEL_CONFIG);

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// Who ends sessions.
const SESSIONS: Token<dyn SessionEnder> = Token::new(tokens::SECURITY_SESSION_ENDER);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CATALOGUE.name(), CONFIG.name(), CLOCK.name(), SESSIONS.name()];

/// What commands, queries and jobs work with.
#[derive(Clone, Debug)]
pub(crate) struct Deps {
    /// All permissions there are.
    pub(crate) catalogue: Catalogue,
    /// Tells whether a role has run out.
    pub(crate) clock: Clock,
    /// Who ends sessions.
    pub(crate) sessions: Arc<dyn SessionEnder>,
    /// Address under which the platform is reached; empty where it is not known, and places are paths then.
    pub(crate) public_base_url: Arc<str>,
}

/// Builds routes and jobs.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let config = scope.resolve(&CONFIG).await?;
        let address = config.public_base_url.as_deref().unwrap_or_default();
        let deps = Deps {
            catalogue: scope.resolve(&CATALOGUE).await?.as_ref().clone(),
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
            sessions: scope.resolve(&SESSIONS).await?,
            public_base_url: address.trim_end_matches('/').into(),
        };
        let of_reviews = deps.clone();
        let close = JobType::new(&close_due_reviews::CloseDueReviews {}, move |run, payload| {
            close_due_reviews::run(run, of_reviews.clone(), payload)
        });
        Ok(DomainParts { jobs: vec![close], router: routes::routes().with_state(deps) })
    })
}
