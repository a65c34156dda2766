//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::Scope;
use athyper_kernel_ledger::{CLOSE_CHECKS, CloseChecks, LEDGER, Ledger, PERIODS, Periods};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};

use crate::routes;

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] =
    &[LEDGER.name(), PERIODS.name(), CLOSE_CHECKS.name(), RECORDS.name()];

/// What the commands and queries work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// Who keeps the general ledger.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Who locks its periods.
    pub(crate) periods: Arc<dyn Periods>,
    /// Who says what hinders a close.
    pub(crate) checks: Arc<CloseChecks>,
    /// What lists revaluations and closes.
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
            periods: scope.resolve(&PERIODS).await?,
            checks: scope.resolve(&CLOSE_CHECKS).await?,
            records: Records::resolve(&scope).await?,
        };
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(deps) })
    })
}
