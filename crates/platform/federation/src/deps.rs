//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_config::{Environment, RuntimeConfig};
use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_jobs::JobType;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_vault::Vault;
use uuid::Uuid;

use crate::jobs::test_provider::{self, TestProvider};
use crate::jobs::verify_domain::{self, VerifyDomain};
use crate::ports::{Directory, Outside, Sessions};
use crate::routes;

const CONFIG: Token<RuntimeConfig> = Token::new(tokens::KERNEL_CONFIG);
const VAULT: Token<Vault> = Token::new(tokens::KERNEL_VAULT);
/// Who there is, and who may give what.
pub const DIRECTORY: Token<dyn Directory> = Token::new("federation.directory");
/// Who ends the sessions of a provider.
pub const SESSIONS: Token<dyn Sessions> = Token::new("federation.sessions");
/// What is asked of issuers and web servers that tenants name.
pub const OUTSIDE: Token<dyn Outside> = Token::new("federation.outside");

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] =
    &[CONFIG.name(), VAULT.name(), DIRECTORY.name(), SESSIONS.name(), OUTSIDE.name()];

/// What the commands, queries and jobs work with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// Whether a provider may be reached by http.
    pub(crate) environment: Environment,
    /// Address under which browsers reach the platform, without a slash at its end.
    pub(crate) base_url: Arc<str>,
    pub(crate) vault: Vault,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) outside: Arc<dyn Outside>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Builds routes and jobs.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let config = scope.resolve(&CONFIG).await?;
        let own = || format!("http://localhost:{}", config.port);
        let base_url = config.public_base_url.clone().unwrap_or_else(own);
        let deps = Deps {
            environment: config.env,
            base_url: base_url.trim_end_matches('/').into(),
            vault: (*scope.resolve(&VAULT).await?).clone(),
            directory: scope.resolve(&DIRECTORY).await?,
            sessions: scope.resolve(&SESSIONS).await?,
            outside: scope.resolve(&OUTSIDE).await?,
        };
        let (of_tests, of_domains) = (deps.clone(), deps.clone());
        let test = JobType::new(&TestProvider { provider: Uuid::nil() }, move |run, payload| {
            test_provider::run(run, of_tests.clone(), payload)
        });
        let verify = JobType::new(&VerifyDomain { domain: Uuid::nil() }, move |run, payload| {
            verify_domain::run(run, of_domains.clone(), payload)
        });
        let jobs = vec![test, verify.backoff(verify_domain::BACKOFF)];
        Ok(DomainParts { jobs, router: routes::routes().with_state(deps) })
    })
}
