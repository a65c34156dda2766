//! The names of the platform's own tokens, grouped by category.
//!
//! Only names live here, so that this crate depends on none of the parts it wires: the crate that owns a type
//! declares its `Token<T>` with the name from this list.

// Kernel: what every process has.

/// The validated configuration.
pub const KERNEL_CONFIG: &str = "kernel.config";
/// The structured logger.
pub const KERNEL_LOGGER: &str = "kernel.logger";
/// Start, readiness and graceful shutdown.
pub const KERNEL_LIFECYCLE: &str = "kernel.lifecycle";
/// The environment the process runs in: local, staging, production.
pub const KERNEL_ENV: &str = "kernel.env";
/// The source of the current time.
pub const KERNEL_CLOCK: &str = "kernel.clock";
/// The id of this run of the process.
pub const KERNEL_BOOT_ID: &str = "kernel.bootId";
/// What seals secrets and personal data at rest.
pub const KERNEL_VAULT: &str = "kernel.vault";

// Context: what one request or job carries.

/// The request or job being served.
pub const CONTEXT_REQUEST: &str = "context.request";
/// The tenant on whose behalf the work is done.
pub const CONTEXT_TENANT: &str = "context.tenant";
/// The authenticated caller.
pub const CONTEXT_AUTH: &str = "context.auth";

// Adapters: one outside system each.

/// The database.
pub const ADAPTER_DB: &str = "adapter.db";
/// The identity provider.
pub const ADAPTER_AUTH: &str = "adapter.auth";
/// The cache.
pub const ADAPTER_CACHE: &str = "adapter.cache";
/// The object storage.
pub const ADAPTER_OBJECT_STORAGE: &str = "adapter.objectStorage";
/// Where uploads wait for their job: the kernel's port to the object storage.
pub const ADAPTER_UPLOADS: &str = "adapter.uploads";
/// What sends mail.
pub const ADAPTER_MAIL: &str = "adapter.mail";
/// The exporter of traces and metrics.
pub const ADAPTER_TELEMETRY: &str = "adapter.telemetry";

// Runtime: what does the work of a process.

/// The HTTP server.
pub const RUNTIME_HTTP_SERVER: &str = "runtime.httpServer";
/// The queue to which jobs are submitted.
pub const RUNTIME_JOB_QUEUE: &str = "runtime.jobQueue";
/// The scheduler of recurring jobs.
pub const RUNTIME_SCHEDULER: &str = "runtime.scheduler";
/// The pool that runs jobs.
pub const RUNTIME_WORKER_POOL: &str = "runtime.workerPool";
/// The circuit breakers around outside systems.
pub const RUNTIME_CIRCUIT_BREAKERS: &str = "runtime.circuitBreakers";

// Observability: what the process tells about itself.

/// The health checks.
pub const OBSERVABILITY_HEALTH: &str = "observability.health";
/// The metrics registry.
pub const OBSERVABILITY_METRICS: &str = "observability.metrics";
/// The storage of the current request's context for logs and traces.
pub const OBSERVABILITY_REQUEST_CONTEXT: &str = "observability.requestContext";
/// The graceful shutdown as seen by health checks.
pub const OBSERVABILITY_SHUTDOWN: &str = "observability.shutdown";

// Registries: what the modules contribute.

/// The routes of all modules.
pub const REGISTRY_ROUTES: &str = "registry.routes";
/// The entities of all domains, as data.
pub const REGISTRY_ENTITIES: &str = "registry.entities";
/// Where the sealed values of all modules lie.
pub const REGISTRY_SEALED: &str = "registry.sealed";
/// The permissions of all modules.
pub const REGISTRY_PERMISSIONS: &str = "registry.permissions";
/// Who knows what callers may do.
pub const SECURITY_JUDGE: &str = "security.judge";
/// Who ends the sessions of people whose access has changed.
pub const SECURITY_SESSION_ENDER: &str = "security.sessionEnder";
/// The services of all modules.
pub const REGISTRY_SERVICES: &str = "registry.services";
/// The OpenAPI document of the platform: kernel and modules, without the entities of any tenant.
pub const REGISTRY_OPENAPI: &str = "registry.openapi";
/// The job handlers of all modules.
pub const REGISTRY_JOBS: &str = "registry.jobs";

// Governance: what watches over the work.

/// The audit log.
pub const GOVERNANCE_AUDIT: &str = "governance.audit";
/// The feature flags.
pub const GOVERNANCE_FEATURE_FLAGS: &str = "governance.featureFlags";

/// Every name above, in the same order.
pub const CATALOGUE: &[&str] = &[
    KERNEL_CONFIG,
    KERNEL_LOGGER,
    KERNEL_LIFECYCLE,
    KERNEL_ENV,
    KERNEL_CLOCK,
    KERNEL_BOOT_ID,
    KERNEL_VAULT,
    CONTEXT_REQUEST,
    CONTEXT_TENANT,
    CONTEXT_AUTH,
    ADAPTER_DB,
    ADAPTER_AUTH,
    ADAPTER_CACHE,
    ADAPTER_OBJECT_STORAGE,
    ADAPTER_UPLOADS,
    ADAPTER_MAIL,
    ADAPTER_TELEMETRY,
    RUNTIME_HTTP_SERVER,
    RUNTIME_JOB_QUEUE,
    RUNTIME_SCHEDULER,
    RUNTIME_WORKER_POOL,
    RUNTIME_CIRCUIT_BREAKERS,
    OBSERVABILITY_HEALTH,
    OBSERVABILITY_METRICS,
    OBSERVABILITY_REQUEST_CONTEXT,
    OBSERVABILITY_SHUTDOWN,
    REGISTRY_ROUTES,
    REGISTRY_SERVICES,
    REGISTRY_OPENAPI,
    REGISTRY_JOBS,
    REGISTRY_ENTITIES,
    REGISTRY_SEALED,
    REGISTRY_PERMISSIONS,
    SECURITY_JUDGE,
    SECURITY_SESSION_ENDER,
    GOVERNANCE_AUDIT,
    GOVERNANCE_FEATURE_FLAGS,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::CATALOGUE;

    #[test]
    fn names_are_unique() {
        let unique: BTreeSet<_> = CATALOGUE.iter().collect();
        assert_eq!(unique.len(), CATALOGUE.len());
    }

    #[test]
    fn names_read_category_dot_part() {
        for name in CATALOGUE {
            let (category, part) = name.split_once('.').expect("a category");
            assert!(!category.is_empty() && !part.is_empty() && !part.contains('.'), "{name}");
        }
    }

    #[test]
    fn every_constant_is_in_the_catalogue() {
        let constants = include_str!("tokens.rs").matches(": &str = \"").count();
        assert_eq!(constants, CATALOGUE.len());
    }
}
