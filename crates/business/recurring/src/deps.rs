//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::Scope;
use athyper_kernel_jobs::JobType;
use athyper_kernel_ledger::{LEDGER, Ledger, PERIODS, Periods, TURNOVERS, Turnovers};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};

use crate::jobs::make_occurrences::{self, MakeOccurrences};
use crate::routes;

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[LEDGER.name(), PERIODS.name(), TURNOVERS.name(), RECORDS.name()];

/// What the commands, queries and jobs work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// Who keeps the general ledger.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Who knows its periods.
    pub(crate) periods: Arc<dyn Periods>,
    /// Who knows its accounts and dimensions.
    pub(crate) turnovers: Arc<dyn Turnovers>,
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
        let deps = Deps {
            ledger: scope.resolve(&LEDGER).await?,
            periods: scope.resolve(&PERIODS).await?,
            turnovers: scope.resolve(&TURNOVERS).await?,
            records: Records::resolve(&scope).await?,
        };
        Ok(DomainParts { jobs: jobs(&deps), router: routes::routes().with_state(deps) })
    })
}

fn jobs(deps: &Deps) -> Vec<JobType> {
    let making = deps.clone();
    let make = JobType::new(&MakeOccurrences {}, move |run, payload| {
        make_occurrences::run(run, making.clone(), payload)
    });
    vec![make.schedulable()]
}
