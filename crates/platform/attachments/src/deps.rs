//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_jobs::{JobType, UploadStore};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};

use crate::jobs::remove_attachments::{self, RemoveAttachments, RemoveRecordsAttachments};
use crate::routes;

/// Where the content of files is.
const UPLOADS: Token<dyn UploadStore> = Token::new(tokens::ADAPTER_UPLOADS);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[RECORDS.name(), UPLOADS.name()];

/// What commands, queries and jobs work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// The records service, which knows the entities.
    pub(crate) records: Records,
    /// Where the content of files is.
    pub(crate) uploads: Arc<dyn UploadStore>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("records", &self.records).finish_non_exhaustive()
    }
}

/// Builds the routes and jobs.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps { records: Records::resolve(&scope).await?, uploads: scope.resolve(&UPLOADS).await? };
        Ok(DomainParts { jobs: jobs(&deps.uploads), router: routes::routes().with_state(deps) })
    })
}

fn jobs(uploads: &Arc<dyn UploadStore>) -> Vec<JobType> {
    let (now, before) = (Arc::clone(uploads), Arc::clone(uploads));
    vec![
        JobType::new(&RemoveAttachments {}, move |run, _| remove_attachments::run(Arc::clone(&now), run)),
        JobType::new(&RemoveRecordsAttachments {}, move |run, _| {
            remove_attachments::run(Arc::clone(&before), run)
        }),
    ]
}
