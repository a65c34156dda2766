//! What this domain builds. It needs nothing from the container.

use std::future::Future;
use std::pin::Pin;

use athyper_kernel_container::Scope;
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};

use crate::jobs::publish_entity;
use crate::routes;

/// Builds the routes and jobs of the studio.
pub(crate) fn build(_scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let publish = JobType::new(&publish_entity::PublishEntity::sample(), publish_entity::run);
        Ok(DomainParts { jobs: vec![publish], router: routes::routes() })
    })
}
