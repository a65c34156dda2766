//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_db::Database;
use athyper_kernel_jobs::{JobType, UploadStore};
use athyper_kernel_ledger::{LEDGER, Ledger};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};
use athyper_kernel_types::{Clock, SeriesPattern};

use crate::jobs::import_statements;
use crate::routes;

/// How the numbers of payment runs are written; they start again with each year.
const RUN_NUMBERS: &str = "PAY-{YYYY}-{SEQ:6}";

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// Where files wait for the job that reads them.
const UPLOADS: Token<dyn UploadStore> = Token::new(tokens::ADAPTER_UPLOADS);

/// The database, to write down who has downloaded what.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] =
    &[CLOCK.name(), UPLOADS.name(), DATABASE.name(), RECORDS.name(), LEDGER.name()];

/// What the commands, queries and jobs work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// Tells what day it is.
    pub(crate) clock: Clock,
    /// How the numbers of payment runs are written.
    pub(crate) run_numbers: SeriesPattern,
    /// Where files wait for the job that reads them.
    pub(crate) uploads: Arc<dyn UploadStore>,
    /// Where downloads are written down.
    pub(crate) database: Arc<Database>,
    /// What lists records.
    pub(crate) records: Records,
    /// Who keeps the general ledger.
    pub(crate) ledger: Arc<dyn Ledger>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("run_numbers", &self.run_numbers).finish_non_exhaustive()
    }
}

/// Builds the routes and jobs.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps {
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
            run_numbers: SeriesPattern::parse(RUN_NUMBERS)?,
            uploads: scope.resolve(&UPLOADS).await?,
            database: scope.resolve(&DATABASE).await?,
            records: Records::resolve(&scope).await?,
            ledger: scope.resolve(&LEDGER).await?,
        };
        Ok(DomainParts { jobs: jobs(&deps), router: routes::routes().with_state(deps) })
    })
}

fn jobs(deps: &Deps) -> Vec<JobType> {
    let of_statements = deps.clone();
    vec![JobType::new(&import_statements::ImportStatements::sample(), move |run, payload| {
        import_statements::run(run, of_statements.clone(), payload)
    })]
}
