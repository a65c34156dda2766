//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::future::Future;
use std::pin::Pin;

use athyper_kernel_container::Scope;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};

use crate::routes;

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[RECORDS.name()];

/// What commands and queries work with.
#[derive(Clone, Debug)]
pub(crate) struct Deps {
    /// The records service.
    pub(crate) records: Records,
}

/// Builds the routes.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps { records: Records::resolve(&scope).await? };
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(deps) })
    })
}
