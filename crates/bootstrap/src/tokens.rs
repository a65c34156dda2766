//! The tokens of this composition: which type stands behind each name of the catalogue.

use athyper_adapter_cache::Cache;
use athyper_adapter_object_storage::ObjectStorage;
use athyper_adapter_queue::{Scheduler, Worker};
use athyper_adapter_telemetry::Metrics;
use athyper_kernel_audit::AuditWriter;
use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_container::{Token, tokens};
use athyper_kernel_db::{Database, TenantDirectory};
use athyper_kernel_http::{Authenticator, Authorizer, Catalogue};
use athyper_kernel_jobs::{JobType, SideQueue, UploadStore};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_module::DomainParts;
use athyper_kernel_resilience::Breakers;
use athyper_kernel_types::Clock;

use crate::database::DatabaseServer;
use crate::health::Health;
use crate::identity::LocalIdentity;
use crate::mail::Post;
use crate::side_jobs::SideJobs;

pub(crate) const CONFIG: Token<RuntimeConfig> = Token::new(tokens::KERNEL_CONFIG);
pub(crate) const LIFECYCLE: Token<Lifecycle> = Token::new(tokens::KERNEL_LIFECYCLE);
pub(crate) const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);
pub(crate) const BOOT_ID: Token<str> = Token::new(tokens::KERNEL_BOOT_ID);
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
pub(crate) const PERMISSIONS: Token<Catalogue> = Token::new(tokens::REGISTRY_PERMISSIONS);
pub(crate) const AUTHORIZER: Token<dyn Authorizer> = Token::new("security.authorizer");
pub(crate) const AUDIT: Token<dyn AuditWriter> = Token::new(tokens::GOVERNANCE_AUDIT);
pub(crate) const SERVICES: Token<Vec<DomainParts>> = Token::new(tokens::REGISTRY_SERVICES);
pub(crate) const ROUTES: Token<axum::Router> = Token::new(tokens::REGISTRY_ROUTES);
pub(crate) const JOBS: Token<Vec<JobType>> = Token::new(tokens::REGISTRY_JOBS);
pub(crate) const SIDE_JOBS: Token<SideJobs> = Token::new("runtime.sideJobs");
pub(crate) const SIDE_QUEUE: Token<dyn SideQueue> = Token::new(tokens::RUNTIME_JOB_QUEUE);
pub(crate) const WORKER: Token<Worker> = Token::new(tokens::RUNTIME_WORKER_POOL);
pub(crate) const SCHEDULER: Token<Scheduler> = Token::new(tokens::RUNTIME_SCHEDULER);
pub(crate) const HEALTH: Token<Health> = Token::new(tokens::OBSERVABILITY_HEALTH);
