//! What the studio works with, and how it is had from the container. The container is named nowhere else.

use std::future::Future;
use std::pin::Pin;

use athyper_kernel_container::Scope;
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records, SystemEntities};

use crate::jobs::{plan_entity, publish_entity};
use crate::routes;

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[RECORDS.name()];

/// What commands, queries and jobs of the studio work with.
#[derive(Clone, Debug)]
pub(crate) struct Deps {
    /// The entities of the domains, as they are where no tenant has changed them.
    pub(crate) system: SystemEntities,
}

/// Builds the routes and jobs of the studio.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps { system: Records::resolve(&scope).await?.entities().system().clone() };
        let of_job = deps.clone();
        let publish = JobType::new(&publish_entity::PublishEntity::sample(), move |run, payload| {
            publish_entity::run(run, of_job.clone(), payload)
        });
        let of_job = deps.clone();
        let plan = JobType::new(&plan_entity::PlanEntity::sample(), move |run, payload| {
            plan_entity::run(run, of_job.clone(), payload)
        });
        Ok(DomainParts { jobs: vec![plan, publish], router: routes::routes().with_state(deps) })
    })
}
