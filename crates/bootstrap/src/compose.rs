//! The composition root: every part of the platform is registered here, with what it needs.
//!
//! Nothing is built by registering. The container checks first that the parts fit together, in every mode; then the mode
//! resolves what it runs.

#![expect(clippy::disallowed_types, reason = "this is the place that puts the container together")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use athyper_adapter_queue::{JobOrigin, ScheduledTenant, Scheduler, Worker, WorkerConfig};
use athyper_adapter_telemetry::{HttpMetrics, JobMetrics, Metrics};
use athyper_kernel_audit::{AuditWriter, ConsoleWriter, MemoryWriter, NoopWriter};
use athyper_kernel_config::{AuditWriter as WriterChoice, RuntimeConfig};
use athyper_kernel_container::{BoxError, Container, ContainerBuilder, Scope};
use athyper_kernel_db::{DatabaseAuditWriter, TenantDirectory};
use athyper_kernel_jobs::schedule::SchedulableJobs;
use athyper_kernel_jobs::{RETENTION_SCHEDULES, RetentionRules, UploadStore, retention_job};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_resilience::Breakers;
use athyper_kernel_tenant_context::{ClaimKeys, ContextRequest, Resolved, Source, TenantContext, resolve};
use athyper_kernel_types::{Clock, PLATFORM_TENANT};

use crate::database::{self, DatabaseServer};
use crate::error::StartError;
use crate::health::{Health, cache_check, database_checks};
use crate::identity::{self, LocalIdentity};
use crate::job_metrics::{observe_depth, observer};
use crate::mail::{Post, mail_job};
use crate::modules::modules;
use crate::outside_health::{mail_check, replica_check, storage_check};
use crate::rates::CachedRateCounter;
use crate::tokens::{
    AUDIT, AUTHENTICATOR, BOOT_ID, BREAKERS, CACHE, CLOCK, CONFIG, DATABASE, DATABASE_SERVER, HEALTH, JOBS,
    LIFECYCLE, LOCAL_IDENTITY, MAIL, METRICS, OBJECT_STORAGE, ROUTES, SCHEDULER, SERVICES, TENANTS, UPLOADS,
    WORKER,
};
use crate::{outside, router, telemetry};

/// What a process knows before anything is built.
pub(crate) struct Inputs {
    pub(crate) config: Arc<RuntimeConfig>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) clock: Clock,
    pub(crate) boot_id: String,
    pub(crate) metrics: Metrics,
}

/// Registers all parts and checks that they fit together.
pub(crate) fn compose(inputs: Inputs) -> Result<Container, StartError> {
    let mut builder = ContainerBuilder::new();
    builder.value(&CONFIG, inputs.config);
    builder.value(&LIFECYCLE, Arc::new(inputs.lifecycle));
    builder.value(&CLOCK, Arc::new(inputs.clock));
    builder.value(&BOOT_ID, Arc::from(inputs.boot_id));
    builder.value(&METRICS, Arc::new(inputs.metrics));
    let environment = Arc::new(inputs.environment);
    register_database(&mut builder, Arc::clone(&environment));
    register_outside(&mut builder, &environment);
    register_identity(&mut builder, environment);
    register_services(&mut builder);
    register_runtime(&mut builder);
    Ok(builder.build()?)
}

fn register_database(builder: &mut ContainerBuilder, environment: Arc<BTreeMap<String, String>>) {
    builder.singleton(&DATABASE_SERVER, &[CONFIG.name()], move |scope: Scope| {
        let environment = Arc::clone(&environment);
        async move {
            let config = scope.resolve(&CONFIG).await?;
            let server = DatabaseServer::find(&config, &environment).await?;
            server.migrate().await?;
            Ok(Arc::new(server))
        }
    });
    let needs = [CONFIG.name(), CLOCK.name(), METRICS.name(), DATABASE_SERVER.name()];
    builder
        .singleton(&DATABASE, &needs, |scope: Scope| async move {
            let (config, clock) = (scope.resolve(&CONFIG).await?, scope.resolve(&CLOCK).await?);
            let server = scope.resolve(&DATABASE_SERVER).await?;
            let database = server.open(&config, (*clock).clone()).await?;
            telemetry::observe_database(&*scope.resolve(&METRICS).await?, &database)?;
            Ok(Arc::new(database))
        })
        .dispose(|database| async move {
            database.close().await;
            Ok(())
        });
    builder.singleton(&TENANTS, &[CONFIG.name(), DATABASE.name()], |scope: Scope| async move {
        let (config, database) = (scope.resolve(&CONFIG).await?, scope.resolve(&DATABASE).await?);
        Ok(Arc::new(database::tenants(&config, &database).await?))
    });
    builder.singleton(&AUDIT, &[CONFIG.name(), DATABASE.name()], |scope: Scope| async move {
        let config = scope.resolve(&CONFIG).await?;
        let writer: Arc<dyn AuditWriter> = match config.audit.writer {
            WriterChoice::Console => Arc::new(ConsoleWriter),
            WriterChoice::Noop => Arc::new(NoopWriter),
            WriterChoice::Memory => Arc::new(MemoryWriter::default()),
            WriterChoice::Database => {
                Arc::new(DatabaseAuditWriter::new((*scope.resolve(&DATABASE).await?).clone()))
            }
        };
        Ok(writer)
    });
}

fn register_outside(builder: &mut ContainerBuilder, environment: &Arc<BTreeMap<String, String>>) {
    builder.singleton(&BREAKERS, &[CLOCK.name(), METRICS.name()], |scope: Scope| async move {
        let breakers = Breakers::new((*scope.resolve(&CLOCK).await?).clone());
        telemetry::observe_breakers(&*scope.resolve(&METRICS).await?, &breakers)?;
        Ok(Arc::new(breakers))
    });
    builder.singleton(&CACHE, &[CONFIG.name(), METRICS.name()], |scope: Scope| async move {
        let cache = outside::cache(&*scope.resolve(&CONFIG).await?)?;
        telemetry::observe_cache(&*scope.resolve(&METRICS).await?, &cache)?;
        Ok(Arc::new(cache))
    });
    let needs = [CONFIG.name(), CLOCK.name(), METRICS.name(), BREAKERS.name()];
    let of_storage = Arc::clone(environment);
    builder.singleton(&OBJECT_STORAGE, &needs, move |scope: Scope| {
        let environment = Arc::clone(&of_storage);
        async move {
            let (config, clock) = (scope.resolve(&CONFIG).await?, scope.resolve(&CLOCK).await?);
            let breakers = scope.resolve(&BREAKERS).await?;
            let storage = outside::object_storage(&config, &environment, (*clock).clone(), &breakers)?;
            telemetry::observe_storage(&*scope.resolve(&METRICS).await?, &storage)?;
            Ok(Arc::new(storage))
        }
    });
    builder.singleton(&UPLOADS, &[OBJECT_STORAGE.name()], |scope: Scope| async move {
        let uploads: Arc<dyn UploadStore> = scope.resolve(&OBJECT_STORAGE).await?;
        Ok(uploads)
    });
    let of_mail = Arc::clone(environment);
    builder
        .singleton(&MAIL, &[CONFIG.name(), CLOCK.name(), BREAKERS.name()], move |scope: Scope| {
            let environment = Arc::clone(&of_mail);
            async move {
                let (config, clock) = (scope.resolve(&CONFIG).await?, scope.resolve(&CLOCK).await?);
                let breaker = match &config.mail.smtp.url {
                    Some(_) => Some(outside::breaker(&*scope.resolve(&BREAKERS).await?, "smtp")?),
                    None => None,
                };
                Ok(Arc::new(Post::open(&config, &environment, (*clock).clone(), breaker)?))
            }
        })
        .dispose(|post| async move {
            post.close().await;
            Ok(())
        });
}

fn register_identity(builder: &mut ContainerBuilder, environment: Arc<BTreeMap<String, String>>) {
    builder.singleton(&LOCAL_IDENTITY, &[CONFIG.name()], move |scope: Scope| {
        let environment = Arc::clone(&environment);
        async move {
            let config = scope.resolve(&CONFIG).await?;
            Ok(Arc::new(LocalIdentity::open(&config, &environment)?))
        }
    });
    let needs = [CONFIG.name(), CLOCK.name(), LIFECYCLE.name(), LOCAL_IDENTITY.name(), BREAKERS.name()];
    builder.singleton(&AUTHENTICATOR, &needs, |scope: Scope| async move {
        let (config, clock) = (scope.resolve(&CONFIG).await?, scope.resolve(&CLOCK).await?);
        let local = scope.resolve(&LOCAL_IDENTITY).await?;
        let lifecycle = scope.resolve(&LIFECYCLE).await?;
        let breakers = scope.resolve(&BREAKERS).await?;
        Ok(identity::authenticator(&config, &local, (*clock).clone(), &lifecycle, &breakers)?)
    });
}

fn register_services(builder: &mut ContainerBuilder) {
    let mut needs: Vec<&'static str> =
        modules().iter().flat_map(|module| module.dependencies).copied().collect();
    needs.sort_unstable();
    needs.dedup();
    builder.singleton(&SERVICES, &needs, |scope: Scope| async move {
        let mut services = Vec::new();
        for module in modules() {
            services.push((module.build)(scope.clone()).await?);
        }
        Ok(Arc::new(services))
    });
    let needs = [SERVICES.name(), UPLOADS.name(), MAIL.name()];
    builder.singleton(&JOBS, &needs, |scope: Scope| async move {
        let services = scope.resolve(&SERVICES).await?;
        let domains = services.iter().flat_map(|service| service.jobs.iter().cloned());
        let retention = retention_job(RetentionRules::default(), scope.resolve(&UPLOADS).await?);
        let mail = mail_job(scope.resolve(&MAIL).await?);
        Ok(Arc::new(domains.chain([retention, mail]).collect()))
    });
    let needs = [
        CONFIG.name(),
        CLOCK.name(),
        DATABASE.name(),
        TENANTS.name(),
        AUTHENTICATOR.name(),
        LOCAL_IDENTITY.name(),
        SERVICES.name(),
        JOBS.name(),
        HEALTH.name(),
        CACHE.name(),
        LIFECYCLE.name(),
        UPLOADS.name(),
        METRICS.name(),
    ];
    builder.singleton(&ROUTES, &needs, |scope: Scope| async move {
        let clock = (*scope.resolve(&CLOCK).await?).clone();
        let cache = (*scope.resolve(&CACHE).await?).clone();
        let parts = router::Parts {
            config: scope.resolve(&CONFIG).await?,
            rate_counter: Arc::new(CachedRateCounter::new(cache, clock.clone())),
            clock,
            stopping: scope.resolve(&LIFECYCLE).await?.stopping(),
            database: (*scope.resolve(&DATABASE).await?).clone(),
            tenants: (*scope.resolve(&TENANTS).await?).clone(),
            schedulable: SchedulableJobs::of(&scope.resolve(&JOBS).await?),
            authenticator: scope.resolve(&AUTHENTICATOR).await?,
            identity: scope.resolve(&LOCAL_IDENTITY).await?,
            health: (*scope.resolve(&HEALTH).await?).clone(),
            uploads: scope.resolve(&UPLOADS).await?,
            measures: HttpMetrics::new(&*scope.resolve(&METRICS).await?)?,
        };
        let services = scope.resolve(&SERVICES).await?;
        Ok(Arc::new(router::build(parts, services.iter().map(|service| service.router.clone()))))
    });
    let needs = [LIFECYCLE.name(), DATABASE.name(), CACHE.name(), OBJECT_STORAGE.name(), MAIL.name()];
    builder.singleton(&HEALTH, &needs, |scope: Scope| async move {
        let lifecycle = (*scope.resolve(&LIFECYCLE).await?).clone();
        let database = scope.resolve(&DATABASE).await?;
        let cache = scope.resolve(&CACHE).await?;
        let storage = scope.resolve(&OBJECT_STORAGE).await?;
        let mail = scope.resolve(&MAIL).await?;
        let others = [cache_check(&cache), storage_check(&storage)];
        let perhaps = [replica_check(&database), mail_check(&mail)];
        let checks = database_checks(&database).into_iter().chain(others);
        let checks = checks.chain(perhaps.into_iter().flatten());
        Ok(Arc::new(Health::new(lifecycle, checks)))
    });
}

fn register_runtime(builder: &mut ContainerBuilder) {
    let needs = [
        CONFIG.name(),
        LIFECYCLE.name(),
        BOOT_ID.name(),
        DATABASE.name(),
        TENANTS.name(),
        JOBS.name(),
        METRICS.name(),
    ];
    builder.singleton(&WORKER, &needs, |scope: Scope| async move {
        let config = scope.resolve(&CONFIG).await?;
        let (database, tenants) = (scope.resolve(&DATABASE).await?, scope.resolve(&TENANTS).await?);
        let boot_id = scope.resolve(&BOOT_ID).await?;
        let jobs = scope.resolve(&JOBS).await?;
        let metrics = scope.resolve(&METRICS).await?;
        let settings = WorkerConfig {
            concurrency: usize::try_from(config.job_queue.concurrency)?,
            poll_interval: Duration::from_millis(config.job_queue.poll_interval_ms),
            lease: Duration::from_secs(config.job_queue.lease_seconds.into()),
            drain: Duration::from_millis(config.shutdown_timeout_ms) * 2 / 3,
            observer: observer(JobMetrics::new(&metrics)?),
            ..WorkerConfig::new(format!("{}/{boot_id}", config.service_name))
        };
        let is_measured = config.telemetry.enabled;
        let contexts = job_contexts(config, (*tenants).clone());
        let lifecycle = scope.resolve(&LIFECYCLE).await?;
        if is_measured {
            observe_depth(&metrics, &database, &lifecycle)?;
        }
        Ok(Arc::new(Worker::start(&database, &lifecycle, (*jobs).clone(), contexts, settings)?))
    });
    let needs = [CONFIG.name(), LIFECYCLE.name(), DATABASE.name(), TENANTS.name()];
    builder.singleton(&SCHEDULER, &needs, |scope: Scope| async move {
        let (config, tenants) = (scope.resolve(&CONFIG).await?, scope.resolve(&TENANTS).await?);
        let database = scope.resolve(&DATABASE).await?;
        let mut schedules = RETENTION_SCHEDULES.to_vec();
        schedules.extend(modules().iter().flat_map(|module| module.schedules).copied());
        let tenants = scheduled_tenants(&config, &tenants)?;
        let lifecycle = scope.resolve(&LIFECYCLE).await?;
        Ok(Arc::new(Scheduler::start(&database, &lifecycle, &schedules, &tenants).await?))
    });
}

/// What the configuration says about the tenant of a job.
fn job_contexts(
    config: Arc<RuntimeConfig>,
    tenants: TenantDirectory,
) -> athyper_adapter_queue::ContextFactory {
    Arc::new(move |origin: &JobOrigin| {
        if origin.tenant_id == PLATFORM_TENANT {
            return of_platform(origin);
        }
        let tenant = tenants.by_id(origin.tenant_id)?;
        let resolved = of_tenant(&config, &tenant.realm_key, &tenant.tenant_key, origin.org_key.clone())?;
        let context =
            TenantContext::new(tenant.id, resolved, origin.actor.clone(), &*origin.request_id).ok()?;
        Some(context.with_trace(origin.trace_id.clone()))
    })
}

/// The context of a job that belongs to the platform itself. No configuration speaks of it, so its keys are those of the
/// job.
fn of_platform(origin: &JobOrigin) -> Option<TenantContext> {
    let resolved = Resolved {
        realm_key: origin.realm_key.clone(),
        tenant_key: Some(origin.tenant_key.clone()),
        org_key: None,
        realm_source: Source::Default,
        tenant_source: Some(Source::Default),
        org_source: None,
        defaults: serde_json::Map::new(),
        defaults_sources: BTreeMap::new(),
    };
    let context =
        TenantContext::new(PLATFORM_TENANT, resolved, origin.actor.clone(), &*origin.request_id).ok()?;
    Some(context.with_trace(origin.trace_id.clone()))
}

/// The context of work that the platform does for a tenant by itself.
fn of_tenant(config: &RuntimeConfig, realm: &str, tenant: &str, org: Option<String>) -> Option<Resolved> {
    let claims = ClaimKeys {
        realm: Some(realm.to_owned()),
        tenant: Some(tenant.to_owned()),
        org,
        ..ClaimKeys::default()
    };
    let request = ContextRequest { claims: Some(claims), ..ContextRequest::default() };
    resolve(config.env, &config.iam, &request).ok()
}

/// The tenants with the zones that their schedules keep.
fn scheduled_tenants(
    config: &RuntimeConfig,
    tenants: &TenantDirectory,
) -> Result<Vec<ScheduledTenant>, BoxError> {
    let mut scheduled = Vec::new();
    for tenant in tenants.all() {
        let resolved = of_tenant(config, &tenant.realm_key, &tenant.tenant_key, None);
        let zone = resolved
            .as_ref()
            .and_then(|resolved| resolved.defaults.get("timezone"))
            .and_then(serde_json::Value::as_str)
            .unwrap_or("UTC");
        let zone = zone.parse().map_err(|_| {
            StartError::Command(format!(
                "tenant {} has the zone {zone}, which is no IANA zone: write it like Europe/Berlin",
                tenant.tenant_key
            ))
        })?;
        scheduled.push(ScheduledTenant { record: tenant.clone(), zone });
    }
    Ok(scheduled)
}

#[cfg(test)]
mod tests {
    use athyper_kernel_tenant_context::Actor;

    use super::*;

    #[test]
    fn a_job_of_the_platform_has_a_context_without_a_configuration() {
        let origin = JobOrigin {
            tenant_id: PLATFORM_TENANT,
            realm_key: "platform".to_owned(),
            tenant_key: "platform".to_owned(),
            org_key: None,
            actor: Actor::system("scheduler"),
            request_id: "schedule-1".to_owned(),
            trace_id: None,
        };
        let contexts = job_contexts(Arc::new(RuntimeConfig::default()), TenantDirectory::default());
        let context = contexts(&origin).unwrap();
        assert_eq!((context.tenant_id(), context.tenant_key()), (PLATFORM_TENANT, "platform"));
        let stranger =
            JobOrigin { tenant_id: athyper_kernel_types::TenantId::new(&Clock::system()), ..origin };
        assert!(contexts(&stranger).is_none(), "a tenant that nobody knows");
    }
}
