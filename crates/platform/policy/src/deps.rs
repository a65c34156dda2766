//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_cel::Cache;
use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_db::Database;
use athyper_kernel_http::Catalogue;
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_policy::condition_cache;
use athyper_kernel_records::{Entities, RECORDS, Records};
use athyper_kernel_types::Clock;

use crate::jobs::{measure_impact, purge_decisions};
use crate::live::LivePolicies;
use crate::ports::Subjects;
use crate::routes;

/// The permissions of all modules.
const CATALOGUE: Token<Catalogue> = Token::new(tokens::REGISTRY_PERMISSIONS);

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// The database.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// Who knows who is who.
pub const SUBJECTS: Token<dyn Subjects> = Token::new("policy.subjects");

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] =
    &[CLOCK.name(), DATABASE.name(), RECORDS.name(), CATALOGUE.name(), SUBJECTS.name()];

/// Bytes of compiled conditions that a process keeps, over all tenants.
pub(crate) const CONDITION_BYTES: u64 = 64 << 20;

/// What commands and queries work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// All permissions there are.
    pub(crate) catalogue: Catalogue,
    /// The time.
    pub(crate) clock: Clock,
    /// Compiled conditions.
    pub(crate) conditions: Cache,
    /// The entities in force.
    pub(crate) entities: Entities,
    /// What is in force.
    pub(crate) live: LivePolicies,
    /// Who knows who is who.
    pub(crate) subjects: Arc<dyn Subjects>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("live", &self.live).finish_non_exhaustive()
    }
}

/// Builds the routes and jobs, and begins to write decisions down.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let catalogue = scope.resolve(&CATALOGUE).await?.as_ref().clone();
        let database = scope.resolve(&DATABASE).await?;
        let conditions = condition_cache(CONDITION_BYTES);
        let entities = Records::resolve(&scope).await?.entities().clone();
        let deps = Deps {
            live: LivePolicies::new(&database, catalogue.clone(), conditions.clone(), entities.clone()),
            catalogue,
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
            conditions,
            entities,
            subjects: scope.resolve(&SUBJECTS).await?,
        };
        let measuring = deps.clone();
        let measure = move |run, payload| measure_impact::run(run, measuring.clone(), payload);
        let jobs = vec![
            JobType::new(&purge_decisions::PurgeDecisions {}, purge_decisions::run).schedulable(),
            JobType::new(&measure_impact::MeasureImpact::sample(), measure),
        ];
        Ok(DomainParts { jobs, router: routes::routes().with_state(deps) })
    })
}
