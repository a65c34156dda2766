//! All that the administration needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_db::Database;
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};

use crate::jobs::purge_sessions::{self, PurgeSessions};
use crate::routes;

/// The database: the generation of a realm is the platform's row.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// The configuration, which has the realms.
const CONFIG: Token<RuntimeConfig> = Token::new(tokens::KERNEL_CONFIG);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CONFIG.name(), DATABASE.name()];

/// What the queries work with.
#[derive(Clone)]
pub(crate) struct Deps {
    pub(crate) database: Database,
    pub(crate) config: Arc<RuntimeConfig>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deps")
    }
}

/// Builds the routes and jobs.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let database = scope.resolve(&DATABASE).await?.as_ref().clone();
        let deps = Deps { database, config: scope.resolve(&CONFIG).await? };
        let jobs = vec![JobType::new(&PurgeSessions {}, purge_sessions::run).schedulable()];
        Ok(DomainParts { jobs, router: routes::routes().with_state(deps) })
    })
}
