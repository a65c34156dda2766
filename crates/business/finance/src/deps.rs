//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{ContainerError, Scope, Token, tokens};
use athyper_kernel_jobs::JobType;
use athyper_kernel_ledger::{POSTING_CONTROL, PostingControl, SNAPSHOTS, Snapshots};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};
use athyper_kernel_types::Clock;

use crate::jobs::{rebuild_balances, verify_ledger};
use crate::routes;

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] =
    &[CLOCK.name(), POSTING_CONTROL.name(), RECORDS.name(), SNAPSHOTS.name()];

/// What the commands, queries and jobs of the ledger work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// Tells what day it is.
    pub(crate) clock: Clock,
    /// Who is asked before a journal is posted.
    pub(crate) control: Arc<dyn PostingControl>,
    /// What lists accounts, periods and journals.
    pub(crate) records: Records,
    /// Who keeps what the books said when periods were signed off; nobody where nobody is joined.
    pub(crate) snapshots: Option<Arc<dyn Snapshots>>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").finish_non_exhaustive()
    }
}

/// Builds the routes and jobs of the ledger.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps {
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
            control: scope.resolve(&POSTING_CONTROL).await?,
            records: Records::resolve(&scope).await?,
            snapshots: match scope.resolve(&SNAPSHOTS).await {
                Err(ContainerError::Unknown { .. }) => None,
                found => Some(found?),
            },
        };
        let jobs = vec![
            JobType::new(&rebuild_balances::RebuildBalances {}, rebuild_balances::run),
            JobType::new(&verify_ledger::VerifyLedger {}, verify_ledger::run).schedulable(),
        ];
        Ok(DomainParts { jobs, router: routes::routes().with_state(deps) })
    })
}
