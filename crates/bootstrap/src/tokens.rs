//! The tokens of this composition: which type stands behind each name of the catalogue.

use athyper_adapter_auth::{OidcAuthenticator, OidcClient, ProviderParts};
use athyper_adapter_cache::Cache;
use athyper_adapter_object_storage::ObjectStorage;
use athyper_adapter_queue::{Scheduler, Worker};
use athyper_adapter_telemetry::Metrics;
use athyper_audit::Sealer;
use athyper_kernel_audit::AuditWriter;
use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_container::{Token, tokens};
use athyper_kernel_db::{Database, TenantDirectory};
use athyper_kernel_entity::SystemEntity;
use athyper_kernel_http::{
    Approvals, Authenticator, Catalogue, Judge, OperationIndex, RateLimits, SessionEnder,
};
use athyper_kernel_jobs::{JobType, SideQueue, UploadStore};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_module::PlatformDocument;
use athyper_kernel_resilience::Breakers;
use athyper_kernel_types::Clock;
use athyper_kernel_vault::{SealedColumns, Vault};
use athyper_security::Sessions;
use axum::Router;

use crate::bridges::security_uses_federation::ProviderDoor;
use crate::database::DatabaseServer;
use crate::health::Health;
use crate::identity::LocalIdentity;
use crate::mail::Post;
use crate::side_jobs::SideJobs;

/// What the services of all modules are made of. Their documents are looked at and not kept.
#[derive(Default)]
pub(crate) struct Services {
    pub(crate) jobs: Vec<JobType>,
    pub(crate) router: Router,
    /// What the edge has to know of each operation.
    pub(crate) operations: OperationIndex,
}

pub(crate) const CONFIG: Token<RuntimeConfig> = Token::new(tokens::KERNEL_CONFIG);
pub(crate) const LIFECYCLE: Token<Lifecycle> = Token::new(tokens::KERNEL_LIFECYCLE);
pub(crate) const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);
pub(crate) const BOOT_ID: Token<str> = Token::new(tokens::KERNEL_BOOT_ID);
pub(crate) const VAULT: Token<Vault> = Token::new(tokens::KERNEL_VAULT);
pub(crate) const DATABASE_SERVER: Token<DatabaseServer> = Token::new("adapter.dbServer");
pub(crate) const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);
pub(crate) const METRICS: Token<Metrics> = Token::new(tokens::OBSERVABILITY_METRICS);
pub(crate) const BREAKERS: Token<Breakers> = Token::new(tokens::RUNTIME_CIRCUIT_BREAKERS);
pub(crate) const CACHE: Token<Cache> = Token::new(tokens::ADAPTER_CACHE);
pub(crate) const OBJECT_STORAGE: Token<ObjectStorage> = Token::new(tokens::ADAPTER_OBJECT_STORAGE);
pub(crate) const UPLOADS: Token<dyn UploadStore> = Token::new(tokens::ADAPTER_UPLOADS);
pub(crate) const MAIL: Token<Post> = Token::new(tokens::ADAPTER_MAIL);
pub(crate) const TENANTS: Token<TenantDirectory> = Token::new("platform.tenantRegistry");
pub(crate) const LOCAL_IDENTITY: Token<LocalIdentity> = Token::new("platform.localIdentity");
pub(crate) const AUTHENTICATOR: Token<dyn Authenticator> = Token::new(tokens::ADAPTER_AUTH);
/// Who keeps what people agree to.
pub(crate) const APPROVALS: Token<dyn Approvals> = Token::new("platform.approvals");
pub(crate) const PERMISSIONS: Token<Catalogue> = Token::new(tokens::REGISTRY_PERMISSIONS);
pub(crate) const ENTITIES: Token<Vec<SystemEntity>> = Token::new(tokens::REGISTRY_ENTITIES);
pub(crate) const DOCUMENT: Token<PlatformDocument> = Token::new(tokens::REGISTRY_OPENAPI);
pub(crate) const SEALED: Token<SealedColumns> = Token::new(tokens::REGISTRY_SEALED);
pub(crate) const SESSION_ENDER: Token<dyn SessionEnder> = Token::new(tokens::SECURITY_SESSION_ENDER);
pub(crate) const JUDGE: Token<Judge> = Token::new(tokens::SECURITY_JUDGE);
pub(crate) const OIDC_AUTHENTICATOR: Token<OidcAuthenticator> = Token::new("adapter.oidcAuthenticator");
pub(crate) const OIDC_CLIENT: Token<OidcClient> = Token::new("adapter.oidcClient");
/// Providers of tenants, as sessions and the client of issuers see them.
pub(crate) const PROVIDERS: Token<ProviderDoor> = Token::new("platform.providers");
pub(crate) const PROVIDER_PARTS: Token<ProviderParts> = Token::new("adapter.providerParts");
pub(crate) const SESSIONS: Token<Sessions> = Token::new("platform.sessions");
pub(crate) const RATE_LIMITS: Token<Option<RateLimits>> = Token::new("platform.rateLimits");
pub(crate) const AUDIT: Token<dyn AuditWriter> = Token::new(tokens::GOVERNANCE_AUDIT);
pub(crate) const SERVICES: Token<Services> = Token::new(tokens::REGISTRY_SERVICES);
pub(crate) const ROUTES: Token<Router> = Token::new(tokens::REGISTRY_ROUTES);
pub(crate) const JOBS: Token<Vec<JobType>> = Token::new(tokens::REGISTRY_JOBS);
pub(crate) const SIDE_JOBS: Token<SideJobs> = Token::new("runtime.sideJobs");
pub(crate) const SIDE_QUEUE: Token<dyn SideQueue> = Token::new(tokens::RUNTIME_JOB_QUEUE);
pub(crate) const WORKER: Token<Worker> = Token::new(tokens::RUNTIME_WORKER_POOL);
pub(crate) const SCHEDULER: Token<Scheduler> = Token::new(tokens::RUNTIME_SCHEDULER);
pub(crate) const SEALER: Token<Sealer> = Token::new("audit.sealer");
pub(crate) const HEALTH: Token<Health> = Token::new(tokens::OBSERVABILITY_HEALTH);
