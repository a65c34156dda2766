//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use athyper_kernel_container::Scope;
use athyper_kernel_jobs::JobType;
use athyper_kernel_ledger::{LEDGER, TURNOVERS};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};

use crate::jobs::expire_reservations::{self, ExpireReservations};
use crate::routes;
use crate::spending::Office;

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[LEDGER.name(), TURNOVERS.name(), RECORDS.name()];

/// What the commands and queries work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// What budgets are worked out with.
    pub(crate) office: Office,
    /// What lists records.
    pub(crate) records: Records,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").finish_non_exhaustive()
    }
}

/// Builds the routes and jobs.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let office =
            Office { ledger: scope.resolve(&LEDGER).await?, turnovers: scope.resolve(&TURNOVERS).await? };
        let deps = Deps { office, records: Records::resolve(&scope).await? };
        Ok(DomainParts { jobs: jobs(), router: routes::routes().with_state(deps) })
    })
}

fn jobs() -> Vec<JobType> {
    vec![JobType::new(&ExpireReservations {}, expire_reservations::run).schedulable()]
}
