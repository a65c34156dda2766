//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_ledger::{LEDGER, Ledger};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_types::Clock;

use crate::routes;

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CLOCK.name(), LEDGER.name()];

/// What the queries work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// Tells what day it is.
    pub(crate) clock: Clock,
    /// Who keeps the general ledger.
    pub(crate) ledger: Arc<dyn Ledger>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").finish_non_exhaustive()
    }
}

/// Builds the routes.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps {
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
            ledger: scope.resolve(&LEDGER).await?,
        };
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(deps) })
    })
}
