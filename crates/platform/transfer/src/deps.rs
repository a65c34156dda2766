//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_db::Database;
use athyper_kernel_http::Judge;
use athyper_kernel_jobs::{JobType, UploadStore};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};

use crate::jobs::{import_records, purge_imports};
use crate::routes;

/// The database, which an export reads page by page.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// Where files wait for the job that reads them.
const UPLOADS: Token<dyn UploadStore> = Token::new(tokens::ADAPTER_UPLOADS);

/// Who knows what callers may do.
const JUDGE: Token<Judge> = Token::new(tokens::SECURITY_JUDGE);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[DATABASE.name(), RECORDS.name(), UPLOADS.name(), JUDGE.name()];

/// What commands, queries and jobs work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// The database.
    pub(crate) database: Database,
    /// The records service.
    pub(crate) records: Records,
    /// Where files wait for the job that reads them.
    pub(crate) uploads: Arc<dyn UploadStore>,
    /// Who knows what those may do who asked for a job.
    pub(crate) judge: Judge,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("records", &self.records).finish_non_exhaustive()
    }
}

/// Builds the routes and jobs.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps {
            database: scope.resolve(&DATABASE).await?.as_ref().clone(),
            records: Records::resolve(&scope).await?,
            uploads: scope.resolve(&UPLOADS).await?,
            judge: scope.resolve(&JUDGE).await?.as_ref().clone(),
        };
        Ok(DomainParts { jobs: jobs(&deps), router: routes::routes().with_state(deps) })
    })
}

fn jobs(deps: &Deps) -> Vec<JobType> {
    let of_imports = deps.clone();
    vec![
        JobType::new(&import_records::ImportRecords::sample(), move |run, payload| {
            import_records::run(run, of_imports.clone(), payload)
        }),
        JobType::new(&purge_imports::PurgeImports {}, purge_imports::run).schedulable(),
    ]
}
