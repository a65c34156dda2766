//! All that the records service needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use athyper_kernel_cel::{Cache, Context, Limits};
use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_db::Database;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::Clock;

use crate::catalogue::Entities;
use crate::{routes, terms};

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// The database, for what tells that an entity has changed.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// Bytes of compiled filters that a process keeps, over all tenants.
const EXPRESSION_BYTES: u64 = 32 << 20;

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CLOCK.name(), DATABASE.name()];

/// What commands and queries work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// The entities in force.
    pub(crate) entities: Entities,
    /// Filters that were compiled before.
    pub(crate) expressions: Cache,
    clock: Clock,
}

impl Deps {
    /// The time and the tenant's zone, as expressions see them.
    pub(crate) fn context(&self, tenant: &TenantContext) -> Context {
        terms::context(tenant, self.clock.now())
    }
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("entities", &self.entities).finish_non_exhaustive()
    }
}

/// Builds the routes.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let database = scope.resolve(&DATABASE).await?;
        let deps = Deps {
            entities: Entities::new(&database),
            expressions: Cache::new(EXPRESSION_BYTES, Limits::default()),
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
        };
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(deps) })
    })
}
