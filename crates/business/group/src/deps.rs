//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_ledger::{LEDGER, LEDGER_SET_UP, Ledger, LedgerSetUp};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};
use athyper_kernel_types::Clock;

use crate::routes;

const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CLOCK.name(), LEDGER.name(), LEDGER_SET_UP.name(), RECORDS.name()];

/// What the commands and queries work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// Who keeps the general ledger.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Who knows its chart of accounts.
    pub(crate) chart: Arc<dyn LedgerSetUp>,
    /// The time.
    pub(crate) clock: Clock,
    /// What lists records.
    pub(crate) records: Records,
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
            ledger: scope.resolve(&LEDGER).await?,
            chart: scope.resolve(&LEDGER_SET_UP).await?,
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
            records: Records::resolve(&scope).await?,
        };
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(deps) })
    })
}
