//! What the studio works with, and how it is had from the container. The container is named nowhere else.

use std::future::Future;
use std::pin::Pin;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_entity::SystemEntity;
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::SystemEntities;

use crate::jobs::{plan_entity, publish_entity};
use crate::routes;

/// The entities of all domains.
const SYSTEM: Token<Vec<SystemEntity>> = Token::new(tokens::REGISTRY_ENTITIES);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[SYSTEM.name()];

/// What commands, queries and jobs of the studio work with.
#[derive(Clone, Debug)]
pub(crate) struct Deps {
    /// The entities of the domains, as they are where no tenant has changed them.
    pub(crate) system: SystemEntities,
}

/// Builds the routes and jobs of the studio.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps { system: SystemEntities::read(&scope.resolve(&SYSTEM).await?)? };
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
