//! What works in the background: the workers, the scheduler, and the queue for jobs that need no transaction.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use athyper_adapter_queue::{
    ContextFactory, JobOrigin, RedisWorker, ScheduledTenant, Scheduler, Worker, WorkerConfig,
};
use athyper_adapter_telemetry::JobMetrics;
use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_container::{BoxError, ContainerBuilder, Scope};
use athyper_kernel_db::TenantDirectory;
use athyper_kernel_jobs::{RETENTION_SCHEDULES, SideQueue};
use athyper_kernel_tenant_context::{ClaimKeys, ContextRequest, Resolved, Source, TenantContext, resolve};
use athyper_kernel_types::PLATFORM_TENANT;

use crate::error::StartError;
use crate::job_metrics::{observe_depth, observer};
use crate::modules::modules;
use crate::side_jobs::SideJobs;
use crate::tokens::{
    BOOT_ID, CLOCK, CONFIG, DATABASE, JOBS, LIFECYCLE, METRICS, SCHEDULER, SIDE_JOBS, SIDE_QUEUE, TENANTS,
    WORKER,
};

/// Registers what works in the background.
pub(crate) fn register_background(builder: &mut ContainerBuilder) {
    builder.singleton(
        &SIDE_JOBS,
        &[CONFIG.name(), CLOCK.name(), DATABASE.name()],
        |scope: Scope| async move {
            let (config, clock) = (scope.resolve(&CONFIG).await?, scope.resolve(&CLOCK).await?);
            let database = scope.resolve(&DATABASE).await?;
            Ok(Arc::new(SideJobs::new(config.redis.url.as_ref(), &database, &clock)?))
        },
    );
    builder.singleton(&SIDE_QUEUE, &[SIDE_JOBS.name()], |scope: Scope| async move {
        let queue: Arc<dyn SideQueue> = Arc::clone(&scope.resolve(&SIDE_JOBS).await?.queue);
        Ok(queue)
    });
    let needs = [
        CONFIG.name(),
        LIFECYCLE.name(),
        BOOT_ID.name(),
        DATABASE.name(),
        TENANTS.name(),
        JOBS.name(),
        METRICS.name(),
        SIDE_JOBS.name(),
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
            queue_limits: config.job_queue.queue_limits.clone(),
            observer: observer(JobMetrics::new(&metrics)?),
            ..WorkerConfig::new(format!("{}/{boot_id}", config.service_name))
        };
        let is_measured = config.telemetry.enabled;
        let contexts = job_contexts(config, (*tenants).clone());
        let lifecycle = scope.resolve(&LIFECYCLE).await?;
        if is_measured {
            observe_depth(&metrics, &database, &lifecycle)?;
        }
        let jobs = (*jobs).clone();
        if let Some(queue) = &scope.resolve(&SIDE_JOBS).await?.redis {
            let (jobs, contexts, settings) = (jobs.clone(), Arc::clone(&contexts), settings.clone());
            RedisWorker::start(queue, &database, &lifecycle, jobs, contexts, settings)?;
        }
        Ok(Arc::new(Worker::start(&database, &lifecycle, jobs, contexts, settings)?))
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
fn job_contexts(config: Arc<RuntimeConfig>, tenants: TenantDirectory) -> ContextFactory {
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
    use athyper_kernel_types::{Clock, TenantId};

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
        let stranger = JobOrigin { tenant_id: TenantId::new(&Clock::system()), ..origin };
        assert!(contexts(&stranger).is_none(), "a tenant that nobody knows");
    }
}
