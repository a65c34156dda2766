//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_jobs::JobType;
use athyper_kernel_ledger::{LEDGER, Ledger};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};
use athyper_kernel_types::Clock;

use crate::jobs::send_reminders;
use crate::routes;

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CLOCK.name(), LEDGER.name(), RECORDS.name()];

/// What the commands, queries and jobs of this domain work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// Tells what day it is.
    pub(crate) clock: Clock,
    /// Where documents are posted.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// What lists documents.
    pub(crate) records: Records,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").finish_non_exhaustive()
    }
}

/// Builds the routes and jobs of this domain.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps {
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
            ledger: scope.resolve(&LEDGER).await?,
            records: Records::resolve(&scope).await?,
        };
        Ok(DomainParts { jobs: jobs(&deps), router: routes::routes().with_state(deps) })
    })
}

fn jobs(deps: &Deps) -> Vec<JobType> {
    let of_reminders = deps.clone();
    vec![
        JobType::new(&send_reminders::SendReminders {}, move |run, payload| {
            send_reminders::run(run, of_reminders.clone(), payload)
        })
        .schedulable(),
    ]
}
