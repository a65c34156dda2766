//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_http::Catalogue;
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};

use crate::jobs::close_due_reviews;
use crate::ports::Access;
use crate::routes;

/// The permissions of all modules.
const CATALOGUE: Token<Catalogue> = Token::new(tokens::REGISTRY_PERMISSIONS);

/// Who knows which roles there are, and who has them.
pub const ACCESS: Token<dyn Access> = Token::new("governance.access");

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CATALOGUE.name(), ACCESS.name()];

/// What commands, queries and jobs work with.
#[derive(Clone, Debug)]
pub(crate) struct Deps {
    /// All permissions there are.
    pub(crate) catalogue: Catalogue,
    /// Who knows which roles there are, and who has them.
    pub(crate) access: Arc<dyn Access>,
}

/// Builds routes and jobs.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps {
            catalogue: scope.resolve(&CATALOGUE).await?.as_ref().clone(),
            access: scope.resolve(&ACCESS).await?,
        };
        let of_job = deps.clone();
        let close = JobType::new(&close_due_reviews::CloseDueReviews {}, move |run, payload| {
            close_due_reviews::run(run, of_job.clone(), payload)
        });
        Ok(DomainParts { jobs: vec![close], router: routes::routes().with_state(deps) })
    })
}
