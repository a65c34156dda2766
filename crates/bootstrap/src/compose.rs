//! The composition root: every part of the platform is registered here, with what it needs.
//!
//! Nothing is built by registering. The container checks first that the parts fit together, in every mode; then the mode
//! resolves what it runs.

#![expect(clippy::disallowed_types, reason = "this is the place that puts the container together")]

use std::collections::BTreeMap;
use std::sync::Arc;

use athyper_adapter_auth::OidcClient;
use athyper_adapter_telemetry::{HttpMetrics, Metrics};
use athyper_iam::DUTIES;
use athyper_kernel_audit::{AuditWriter, ConsoleWriter, MemoryWriter, NoopWriter};
use athyper_kernel_config::{AuditWriter as WriterChoice, RuntimeConfig};
use athyper_kernel_container::{Container, ContainerBuilder, Scope};
use athyper_kernel_db::{DatabaseAuditWriter, follow_changes};
use athyper_kernel_http::{Authenticator, Judge, RateLimits, SessionEnder};
use athyper_kernel_jobs::schedule::SchedulableJobs;
use athyper_kernel_jobs::{RetentionRules, UploadStore, retention_job};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_module::{DomainParts, PlatformDocument};
use athyper_kernel_records::{RECORDS, Records};
use athyper_kernel_resilience::Breakers;
use athyper_kernel_types::Clock;
use athyper_kernel_vault::SealedColumns;
use athyper_policy::InForce;
use athyper_security::{SessionParts, Sessions};

use crate::audit::register_audit;
use crate::background::register_background;
use crate::bridges::edge_uses_iam::{authorizer, with_service_keys};
use crate::bridges::iam_uses_security::SessionsOfPeople;
use crate::bridges::security_uses_auth::OidcIssuers;
use crate::compose_bridges::{register_bridges, register_providers};
use crate::database::{self, DatabaseServer};
use crate::error::StartError;
use crate::health::{Health, cache_check, database_checks};
use crate::identity::{self, LocalIdentity};
use crate::mail::{Post, mail_job};
use crate::modules::modules;
use crate::outside_health::{issuer_check, mail_check, replica_check, storage_check};
use crate::rates::CachedRateCounter;
use crate::tokens::{
    APPROVALS, AUDIT, AUTHENTICATOR, BOOT_ID, BREAKERS, CACHE, CLOCK, CONFIG, DATABASE, DATABASE_SERVER,
    DOCUMENT, ENTITIES, HEALTH, JOBS, JUDGE, LIFECYCLE, LOCAL_IDENTITY, MAIL, METRICS, OBJECT_STORAGE,
    OIDC_AUTHENTICATOR, OIDC_CLIENT, PERMISSIONS, PROVIDERS, RATE_LIMITS, ROUTES, SEALED, SERVICES,
    SESSION_ENDER, SESSIONS, Services, TENANTS, UPLOADS, VAULT,
};
use crate::{openapi, outside, router, telemetry, vault};

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
    builder.value(&PERMISSIONS, Arc::new(router::catalogue()));
    let entities = modules().iter().flat_map(|module| module.entities).copied().collect();
    builder.value(&ENTITIES, Arc::new(entities));
    builder.value(&DOCUMENT, Arc::new(PlatformDocument::new(openapi::text)));
    let sealed = modules().iter().flat_map(|module| module.sealed).copied().collect();
    builder.value(&SEALED, Arc::new(SealedColumns(sealed)));
    let sessions: Arc<dyn SessionEnder> = Arc::new(SessionsOfPeople);
    builder.value(&SESSION_ENDER, sessions);
    let environment = Arc::new(inputs.environment);
    register_database(&mut builder, Arc::clone(&environment));
    register_vault(&mut builder, Arc::clone(&environment));
    register_outside(&mut builder, &environment);
    register_audit(&mut builder, &environment);
    register_identity(&mut builder, environment);
    register_judge(&mut builder);
    register_sessions(&mut builder);
    register_providers(&mut builder);
    register_bridges(&mut builder);
    register_services(&mut builder);
    register_background(&mut builder);
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
    let needs = [CONFIG.name(), CLOCK.name(), METRICS.name(), LIFECYCLE.name(), DATABASE_SERVER.name()];
    builder
        .singleton(&DATABASE, &needs, |scope: Scope| async move {
            let (config, clock) = (scope.resolve(&CONFIG).await?, scope.resolve(&CLOCK).await?);
            let server = scope.resolve(&DATABASE_SERVER).await?;
            let database = server.open(&config, (*clock).clone()).await?;
            telemetry::observe_database(&*scope.resolve(&METRICS).await?, &database)?;
            let (lifecycle, followed) = (scope.resolve(&LIFECYCLE).await?, database.clone());
            let stopping = lifecycle.stopping();
            lifecycle.spawn("changes", async move {
                tokio::select! {
                    () = stopping.cancelled() => {}
                    () = follow_changes(followed) => {}
                }
            });
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

fn register_vault(builder: &mut ContainerBuilder, environment: Arc<BTreeMap<String, String>>) {
    builder.singleton(&VAULT, &[CONFIG.name()], move |scope: Scope| {
        let environment = Arc::clone(&environment);
        async move { Ok(Arc::new(vault::open(&*scope.resolve(&CONFIG).await?, &environment)?)) }
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
    let needs =
        [CONFIG.name(), CLOCK.name(), LIFECYCLE.name(), LOCAL_IDENTITY.name(), BREAKERS.name(), AUDIT.name()];
    builder.singleton(&OIDC_AUTHENTICATOR, &needs, |scope: Scope| async move {
        let (config, clock) = (scope.resolve(&CONFIG).await?, scope.resolve(&CLOCK).await?);
        let local = scope.resolve(&LOCAL_IDENTITY).await?;
        let lifecycle = scope.resolve(&LIFECYCLE).await?;
        let breakers = scope.resolve(&BREAKERS).await?;
        let oidc = identity::authenticator(&config, &local, (*clock).clone(), &lifecycle, &breakers)?;
        identity::tell_key_failures(&oidc, scope.resolve(&AUDIT).await?, (*lifecycle).clone());
        Ok(Arc::new(oidc))
    });
    let needs = [OIDC_AUTHENTICATOR.name(), DATABASE.name(), TENANTS.name()];
    builder.singleton(&AUTHENTICATOR, &needs, |scope: Scope| async move {
        let tokens: Arc<dyn Authenticator> = scope.resolve(&OIDC_AUTHENTICATOR).await?;
        let (database, tenants) = (scope.resolve(&DATABASE).await?, scope.resolve(&TENANTS).await?);
        Ok(with_service_keys((*database).clone(), (*tenants).clone(), tokens))
    });
    builder.singleton(&OIDC_CLIENT, &[CONFIG.name(), OIDC_AUTHENTICATOR.name()], |scope: Scope| async move {
        let (config, oidc) = (scope.resolve(&CONFIG).await?, scope.resolve(&OIDC_AUTHENTICATOR).await?);
        Ok(Arc::new(OidcClient::new(&oidc, &config.iam)))
    });
}

fn register_judge(builder: &mut ContainerBuilder) {
    let needs =
        [CONFIG.name(), DATABASE.name(), PERMISSIONS.name(), DUTIES.name(), RECORDS.name(), LIFECYCLE.name()];
    builder.singleton(&JUDGE, &needs, |scope: Scope| async move {
        let (database, permissions) = (scope.resolve(&DATABASE).await?, scope.resolve(&PERMISSIONS).await?);
        let duties = scope.resolve(&DUTIES).await?;
        let authorizer = authorizer((*database).clone(), (*permissions).clone(), duties);
        let entities = Records::resolve(&scope).await?.entities().clone();
        let lifecycle = scope.resolve(&LIFECYCLE).await?;
        let policies = InForce::new(&database, (*permissions).clone(), entities, &lifecycle);
        let denies_all = scope.resolve(&CONFIG).await?.policy.deny_all;
        Ok(Arc::new(Judge::new(authorizer, Arc::new(policies.denying_all(denies_all)))))
    });
}

fn register_sessions(builder: &mut ContainerBuilder) {
    let needs = [CONFIG.name(), CLOCK.name(), CACHE.name()];
    builder.singleton(&RATE_LIMITS, &needs, |scope: Scope| async move {
        let (config, clock) = (scope.resolve(&CONFIG).await?, (*scope.resolve(&CLOCK).await?).clone());
        let cache = (*scope.resolve(&CACHE).await?).clone();
        let counter = Arc::new(CachedRateCounter::new(cache, clock.clone()));
        Ok(Arc::new(RateLimits::new(&config.http.rate_limits, counter, clock)))
    });
    let needs = [
        CONFIG.name(),
        DATABASE.name(),
        TENANTS.name(),
        VAULT.name(),
        AUDIT.name(),
        LIFECYCLE.name(),
        LOCAL_IDENTITY.name(),
        OIDC_CLIENT.name(),
        PROVIDERS.name(),
        RATE_LIMITS.name(),
    ];
    builder.singleton(&SESSIONS, &needs, |scope: Scope| async move {
        let config = scope.resolve(&CONFIG).await?;
        let providers = (*scope.resolve(&PROVIDERS).await?).clone();
        let realms = (*scope.resolve(&OIDC_CLIENT).await?).clone();
        let issuers = OidcIssuers::new(realms, providers.clone());
        Ok(Arc::new(Sessions::new(SessionParts {
            database: (*scope.resolve(&DATABASE).await?).clone(),
            tenants: (*scope.resolve(&TENANTS).await?).clone(),
            iam: Arc::new(config.iam.clone()),
            environment: config.env,
            base_url: scope.resolve(&LOCAL_IDENTITY).await?.base_url().to_owned(),
            issuers: Arc::new(issuers),
            providers: Arc::new(providers),
            vault: (*scope.resolve(&VAULT).await?).clone(),
            audit: scope.resolve(&AUDIT).await?,
            lifecycle: (*scope.resolve(&LIFECYCLE).await?).clone(),
            rates: (*scope.resolve(&RATE_LIMITS).await?).clone(),
        })))
    });
}

fn register_services(builder: &mut ContainerBuilder) {
    Records::register(builder);
    let mut needs: Vec<&'static str> =
        modules().iter().flat_map(|module| module.dependencies).copied().collect();
    needs.sort_unstable();
    needs.dedup();
    builder.singleton(&SERVICES, &needs, |scope: Scope| async move {
        let mut services = Services::default();
        for module in modules() {
            let DomainParts { jobs, router } = (module.build)(scope.clone()).await?;
            services.jobs.extend(jobs);
            let (router, document) = router.split_for_parts();
            services.operations.add(&document);
            services.router = services.router.merge(router);
        }
        Ok(Arc::new(services))
    });
    let needs = [SERVICES.name(), UPLOADS.name(), MAIL.name()];
    builder.singleton(&JOBS, &needs, |scope: Scope| async move {
        let services = scope.resolve(&SERVICES).await?;
        let domains = services.jobs.iter().cloned();
        let retention = retention_job(RetentionRules::default(), scope.resolve(&UPLOADS).await?);
        let mail = mail_job(scope.resolve(&MAIL).await?);
        Ok(Arc::new(domains.chain([retention, mail]).collect()))
    });
    register_routes(builder);
}

fn register_routes(builder: &mut ContainerBuilder) {
    let needs = [
        CONFIG.name(),
        CLOCK.name(),
        DATABASE.name(),
        TENANTS.name(),
        AUTHENTICATOR.name(),
        JUDGE.name(),
        LOCAL_IDENTITY.name(),
        SERVICES.name(),
        JOBS.name(),
        HEALTH.name(),
        RATE_LIMITS.name(),
        SESSIONS.name(),
        LIFECYCLE.name(),
        UPLOADS.name(),
        METRICS.name(),
        DOCUMENT.name(),
        APPROVALS.name(),
    ];
    builder.singleton(&ROUTES, &needs, |scope: Scope| async move {
        let clock = (*scope.resolve(&CLOCK).await?).clone();
        let parts = router::Parts {
            config: scope.resolve(&CONFIG).await?,
            rates: (*scope.resolve(&RATE_LIMITS).await?).clone(),
            sessions: (*scope.resolve(&SESSIONS).await?).clone(),
            clock,
            stopping: scope.resolve(&LIFECYCLE).await?.stopping(),
            database: (*scope.resolve(&DATABASE).await?).clone(),
            tenants: (*scope.resolve(&TENANTS).await?).clone(),
            schedulable: SchedulableJobs::of(&scope.resolve(&JOBS).await?),
            authenticator: scope.resolve(&AUTHENTICATOR).await?,
            judge: (*scope.resolve(&JUDGE).await?).clone(),
            identity: scope.resolve(&LOCAL_IDENTITY).await?,
            health: (*scope.resolve(&HEALTH).await?).clone(),
            uploads: scope.resolve(&UPLOADS).await?,
            document: scope.resolve(&DOCUMENT).await?,
            approvals: scope.resolve(&APPROVALS).await?,
            measures: HttpMetrics::new(&*scope.resolve(&METRICS).await?)?,
        };
        Ok(Arc::new(router::build(parts, &*scope.resolve(&SERVICES).await?)))
    });
    let needs = [
        LIFECYCLE.name(),
        DATABASE.name(),
        CACHE.name(),
        OBJECT_STORAGE.name(),
        MAIL.name(),
        OIDC_CLIENT.name(),
    ];
    builder.singleton(&HEALTH, &needs, |scope: Scope| async move {
        let lifecycle = (*scope.resolve(&LIFECYCLE).await?).clone();
        let database = scope.resolve(&DATABASE).await?;
        let cache = scope.resolve(&CACHE).await?;
        let storage = scope.resolve(&OBJECT_STORAGE).await?;
        let mail = scope.resolve(&MAIL).await?;
        let issuers = scope.resolve(&OIDC_CLIENT).await?;
        let others = [cache_check(&cache), storage_check(&storage), issuer_check(&issuers)];
        let perhaps = [replica_check(&database), mail_check(&mail)];
        let checks = database_checks(&database).into_iter().chain(others);
        let checks = checks.chain(perhaps.into_iter().flatten());
        Ok(Arc::new(Health::new(lifecycle, checks)))
    });
}
