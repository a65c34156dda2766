//! What works in the background: the workers, the scheduler, and the queue for jobs that need no transaction.

use std::sync::Arc;
use std::time::Duration;

use athyper_adapter_queue::{
    ContextFactory, JobOrigin, RedisWorker, ScheduledTenant, Scheduler, TenantPage, TenantPages, Worker,
    WorkerConfig,
};
use athyper_adapter_telemetry::JobMetrics;
use athyper_kernel_config::RuntimeConfig;
use athyper_kernel_container::{ContainerBuilder, Scope};
use athyper_kernel_db::{DbError, TenantDirectory, TenantRecord, TenantStatus};
use athyper_kernel_jobs::{RETENTION_SCHEDULES, SideQueue};
use athyper_kernel_tenant_context::{
    Actor, ClaimKeys, ContextRequest, Resolved, Source, TenantContext, choose_tenant,
};
use athyper_kernel_types::PLATFORM_TENANT;
use chrono_tz::Tz;

use crate::error::StartError;
use crate::job_metrics::{observe_depth, observer};
use crate::modules::modules;
use crate::side_jobs::SideJobs;
use crate::tokens::{
    BOOT_ID, CLOCK, CONFIG, DATABASE, JOBS, LIFECYCLE, METRICS, SCHEDULER, SIDE_JOBS, SIDE_QUEUE, TENANTS,
    WORKER,
};

/// Tenants whose schedules are entered in one transaction.
const TENANT_PAGE: u16 = 500;
/// Key by which an operator names the platform itself, where no tenant has it.
const PLATFORM_KEY: &str = "platform";

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
        check_zones(&config)?;
        let tenants = scheduled_tenants(config, (*tenants).clone());
        let lifecycle = scope.resolve(&LIFECYCLE).await?;
        Ok(Arc::new(Scheduler::start(&database, &lifecycle, &schedules, tenants).await?))
    });
}

/// What is known about the tenant of a job; nothing while it is not served.
fn job_contexts(config: Arc<RuntimeConfig>, tenants: TenantDirectory) -> ContextFactory {
    Arc::new(move |origin: JobOrigin| {
        let (config, tenants) = (Arc::clone(&config), tenants.clone());
        Box::pin(async move {
            if origin.tenant_id == PLATFORM_TENANT {
                return of_platform(&origin);
            }
            let tenant = tenants.by_id(origin.tenant_id).await.map_err(|error| {
                tracing::warn!(%error, "the tenant of a job cannot be looked up");
            });
            let tenant = tenant.ok()??;
            let resolved = of_tenant(&config, &tenant, origin.org_key.clone())?;
            let context =
                TenantContext::new(tenant.id, resolved, origin.actor.clone(), &*origin.request_id).ok()?;
            Some(context.with_trace(origin.trace_id.clone()))
        })
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
        defaults: Arc::default(),
    };
    let context =
        TenantContext::new(PLATFORM_TENANT, resolved, origin.actor.clone(), &*origin.request_id).ok()?;
    Some(context.with_trace(origin.trace_id.clone()))
}

/// The context of work that the platform does for a tenant by itself; none while the tenant is not active.
fn of_tenant(config: &RuntimeConfig, tenant: &TenantRecord, org: Option<String>) -> Option<Resolved> {
    if tenant.status != TenantStatus::Active {
        return None;
    }
    let claims = ClaimKeys {
        realm: Some(tenant.realm_key.clone()),
        tenant: Some(tenant.tenant_key.clone()),
        org,
        ..ClaimKeys::default()
    };
    let request = ContextRequest { claims: Some(claims), ..ContextRequest::default() };
    let chosen = choose_tenant(config.env, &config.iam, &request).ok()?;
    chosen.resolve(config.env, &config.iam, Some(&tenant.settings)).ok()
}

/// The context of work that an operator does for a tenant by a command, or for the platform itself; none for a tenant that
/// is not there or not active.
pub(crate) async fn command_context(
    config: &RuntimeConfig,
    tenants: &TenantDirectory,
    realm: &str,
    tenant: &str,
) -> Result<Option<TenantContext>, DbError> {
    let actor = Actor::system("command");
    if let Some(record) = tenants.find(realm, tenant).await? {
        let resolved = of_tenant(config, &record, None);
        return Ok(
            resolved.and_then(|resolved| TenantContext::new(record.id, resolved, actor, "command").ok())
        );
    }
    let of_the_platform = JobOrigin {
        tenant_id: PLATFORM_TENANT,
        realm_key: PLATFORM_KEY.to_owned(),
        tenant_key: PLATFORM_KEY.to_owned(),
        org_key: None,
        actor,
        request_id: "command".to_owned(),
        trace_id: None,
    };
    Ok((tenant == PLATFORM_KEY).then(|| of_platform(&of_the_platform)).flatten())
}

/// The active tenants with the zones that their schedules keep.
fn scheduled_tenants(config: Arc<RuntimeConfig>, tenants: TenantDirectory) -> TenantPages {
    Arc::new(move |after| {
        let (config, tenants) = (Arc::clone(&config), tenants.clone());
        Box::pin(async move {
            let (records, last) = tenants.active_after(after, TENANT_PAGE).await?;
            let tenants = records.iter().map(|tenant| ScheduledTenant {
                id: tenant.id,
                realm_key: tenant.realm_key.clone(),
                tenant_key: tenant.tenant_key.clone(),
                zone: zone_of(&config, tenant),
            });
            Ok(TenantPage { tenants: tenants.collect(), last })
        })
    })
}

/// Refuses a tenant of the configuration whose zone is none.
fn check_zones(config: &RuntimeConfig) -> Result<(), StartError> {
    for realm in config.iam.realms.values() {
        for (key, tenant) in &realm.tenants {
            let named = [&tenant.defaults, &realm.defaults];
            let zone = named.into_iter().find_map(|defaults| defaults.as_map().get("timezone")?.as_str());
            if let Some(zone) = zone.filter(|zone| zone.parse::<Tz>().is_err()) {
                let text = format!(
                    "tenant {key} has the zone {zone}, which is no IANA zone: write it like Europe/Berlin"
                );
                return Err(StartError::Command(text));
            }
        }
    }
    Ok(())
}

/// The zone that the tenant's defaults name. A wrong one is refused where it is set; should one have got in all the same,
/// schedules run in UTC rather than not at all.
fn zone_of(config: &RuntimeConfig, tenant: &TenantRecord) -> Tz {
    let resolved = of_tenant(config, tenant, None);
    let named = resolved.as_ref().and_then(|resolved| resolved.defaults.values.get("timezone")?.as_str());
    named.map_or(Tz::UTC, |zone| {
        zone.parse().unwrap_or_else(|_| {
            tracing::error!(tenant = tenant.tenant_key, zone, "no IANA zone: its schedules run in UTC");
            Tz::UTC
        })
    })
}

#[cfg(test)]
mod tests {
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
        let context = of_platform(&origin).unwrap();
        assert_eq!((context.tenant_id(), context.tenant_key()), (PLATFORM_TENANT, "platform"));
    }
}
