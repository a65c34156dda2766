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
use athyper_kernel_vault::{SealedColumns, Vault};

use crate::jobs::purge_sessions::{self, PurgeSessions};
use crate::jobs::reseal_values::{self, ResealValues};
use crate::routes;

/// The database: the generation of a realm is the platform's row.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// The configuration, which has the realms.
const CONFIG: Token<RuntimeConfig> = Token::new(tokens::KERNEL_CONFIG);

/// What seals.
const VAULT: Token<Vault> = Token::new(tokens::KERNEL_VAULT);

/// Where the sealed values of all modules lie.
const SEALED: Token<SealedColumns> = Token::new(tokens::REGISTRY_SEALED);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[CONFIG.name(), DATABASE.name(), VAULT.name(), SEALED.name()];

/// What the queries work with.
#[derive(Clone)]
pub(crate) struct Deps {
    pub(crate) database: Database,
    pub(crate) config: Arc<RuntimeConfig>,
    pub(crate) vault: Vault,
    pub(crate) sealed: Arc<SealedColumns>,
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
        let deps = Deps {
            database,
            config: scope.resolve(&CONFIG).await?,
            vault: scope.resolve(&VAULT).await?.as_ref().clone(),
            sealed: scope.resolve(&SEALED).await?,
        };
        let of_job = deps.clone();
        let reseal = JobType::new(&ResealValues::sample(), move |run, payload| {
            reseal_values::run(run, of_job.clone(), payload)
        });
        let jobs = vec![
            JobType::new(&PurgeSessions {}, purge_sessions::run).schedulable(),
            reseal.limit_per_tenant(1).schedulable(),
        ];
        Ok(DomainParts { jobs, router: routes::routes().with_state(deps) })
    })
}
