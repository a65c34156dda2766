//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_config::{ApprovalsConfig, RuntimeConfig};
use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{RECORDS, Records};
use athyper_kernel_types::Clock;

use crate::jobs::expire_requests;
use crate::ports::People;
use crate::routes;

/// The settings.
const CONFIG: Token<RuntimeConfig> = Token::new(tokens::KERNEL_CONFIG);

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// Who knows who is who.
pub const PEOPLE: Token<dyn People> = Token::new("approvals.people");

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CONFIG.name(), CLOCK.name(), PEOPLE.name(), RECORDS.name()];

/// What commands, queries and jobs work with.
#[derive(Clone, Debug)]
pub(crate) struct Deps {
    /// Tells whether a request has run out.
    pub(crate) clock: Clock,
    /// Who knows who is who.
    pub(crate) people: Arc<dyn People>,
    /// How long approvals hold and are kept.
    pub(crate) settings: ApprovalsConfig,
    /// What lists requests.
    pub(crate) records: Records,
}

/// Builds routes and jobs.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps {
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
            people: scope.resolve(&PEOPLE).await?,
            settings: scope.resolve(&CONFIG).await?.policy.approvals.clone(),
            records: Records::resolve(&scope).await?,
        };
        let of_job = deps.clone();
        let expire = JobType::new(&expire_requests::ExpireRequests {}, move |run, payload| {
            expire_requests::run(run, of_job.clone(), payload)
        });
        Ok(DomainParts { jobs: vec![expire.schedulable()], router: routes::routes().with_state(deps) })
    })
}
