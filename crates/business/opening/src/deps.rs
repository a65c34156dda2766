//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_jobs::{JobType, UploadStore};
use athyper_kernel_ledger::{LEDGER, LEDGER_SET_UP, Ledger, LedgerSetUp};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};

use crate::jobs::{import_accounts, import_balances, import_journals};
use crate::routes;

/// Where files wait for the job that reads them.
const UPLOADS: Token<dyn UploadStore> = Token::new(tokens::ADAPTER_UPLOADS);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] =
    &[LEDGER.name(), LEDGER_SET_UP.name(), UPLOADS.name(), RECORDS.name()];

/// What the commands, queries and jobs work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// Who keeps the general ledger.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Who sets up its books.
    pub(crate) set_up: Arc<dyn LedgerSetUp>,
    /// Where files wait for the job that reads them.
    pub(crate) uploads: Arc<dyn UploadStore>,
    /// What lists opening balances.
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
            set_up: scope.resolve(&LEDGER_SET_UP).await?,
            uploads: scope.resolve(&UPLOADS).await?,
            records: Records::resolve(&scope).await?,
        };
        Ok(DomainParts { jobs: jobs(&deps), router: routes::routes().with_state(deps) })
    })
}

fn jobs(deps: &Deps) -> Vec<JobType> {
    let (of_accounts, of_journals, of_balances) = (deps.clone(), deps.clone(), deps.clone());
    vec![
        JobType::new(&import_accounts::ImportAccounts::sample(), move |run, payload| {
            import_accounts::run(run, of_accounts.clone(), payload)
        }),
        JobType::new(&import_journals::ImportJournals::sample(), move |run, payload| {
            import_journals::run(run, of_journals.clone(), payload)
        }),
        JobType::new(&import_balances::ImportBalances::sample(), move |run, payload| {
            import_balances::run(run, of_balances.clone(), payload)
        }),
    ]
}
