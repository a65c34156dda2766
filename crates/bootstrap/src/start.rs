//! Runs a mode: builds what it needs, serves until a signal, and stops in the reverse order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use athyper_adapter_telemetry::Metrics;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_config::{Environment, LoadedConfig, Mode, RuntimeConfig};
use athyper_kernel_container::Scope;
use athyper_kernel_lifecycle::{ExitCode, Lifecycle, LifecycleOptions};
use athyper_kernel_tenant_context::Actor;
use athyper_kernel_types::{Clock, Id};

use crate::banner::banner;
use crate::commands::print;
use crate::compose::{Inputs, compose};
use crate::diagnostics::{Diagnostics, with_figures};
use crate::error::StartError;
use crate::operator::{OperatorPort, operator_routes};
use crate::serve::serve;
use crate::telemetry::metrics_route;
use crate::tokens::{
    AUDIT, DATABASE_SERVER, HEALTH, LOCAL_IDENTITY, METRICS, ROUTES, SCHEDULER, SEALER, WORKER,
};

/// Marker of the id that each start of a process gets.
enum Boot {}

/// Starts the configured mode and runs it until it is told to stop.
pub(crate) async fn start(
    loaded: &LoadedConfig,
    environment: BTreeMap<String, String>,
    metrics: Metrics,
) -> Result<ExitCode, StartError> {
    let config = Arc::clone(&loaded.config);
    let clock = Clock::system();
    let lifecycle = Lifecycle::new(LifecycleOptions {
        shutdown_timeout: Duration::from_millis(config.shutdown_timeout_ms),
        drain_delay: config.http.drain_delay(config.env),
    });
    let boot_id = Id::<Boot>::new(&clock).to_string();
    tracing::info!(boot_id, "{}", loaded.check_text().trim_end());
    let diagnostics = Diagnostics::new(clock.clone())
        .fact("mode", config.mode.as_str())
        .fact("env", config.env.as_str())
        .fact("bootId", boot_id.clone())
        .fact("config", serde_json::to_value(loaded.explain(None)).unwrap_or_default());
    let inputs = Inputs {
        config: Arc::clone(&config),
        environment,
        lifecycle: lifecycle.clone(),
        clock: clock.clone(),
        boot_id: boot_id.clone(),
        metrics,
    };
    let report = lifecycle.run(start_parts(&lifecycle, inputs, diagnostics)).await?;
    tracing::info!(
        reason = report.reason,
        clean = report.is_clean(),
        elapsed_ms = report.elapsed.as_millis(),
        "stopped"
    );
    Ok(report.exit_code())
}

/// Builds the parts of the platform, starts what the mode runs, and tells operators and the audit trail.
async fn start_parts(
    lifecycle: &Lifecycle,
    inputs: Inputs,
    diagnostics: Diagnostics,
) -> Result<(), StartError> {
    let (config, clock, boot_id) = (Arc::clone(&inputs.config), inputs.clock.clone(), inputs.boot_id.clone());
    let container = compose(inputs)?;
    let root = container.root().clone();
    let budget = Duration::from_millis(config.shutdown_timeout_ms);
    hook(lifecycle, "container", budget, move || async move {
        let report = container.dispose().await;
        report.failures().for_each(|part| tracing::error!(?part, "a part could not be closed"));
        Ok(())
    })?;
    // The hook of the container runs last and that of this port before it.
    let operator = OperatorPort::open(&config, lifecycle, &clock).await?;
    run_mode(&config, lifecycle, &root).await?;
    show_operators(&operator, diagnostics, &root).await?;
    tell_the_trail(&config, lifecycle, &root, &boot_id).await
}

/// Builds and starts what the mode runs. In env `local` the api runs jobs and schedules as well, unless told not to.
async fn run_mode(config: &RuntimeConfig, lifecycle: &Lifecycle, root: &Scope) -> Result<(), StartError> {
    let server = root.resolve(&DATABASE_SERVER).await?;
    tracing::info!(embedded = server.is_embedded(), "the database is ready");
    let is_local = config.env == Environment::Local;
    let works_in_api = config.mode == Mode::Api && config.job_queue.runs_in_api(config.env);
    if config.mode == Mode::Worker || works_in_api {
        root.resolve(&WORKER).await?;
        root.resolve(&SEALER).await?;
        tracing::info!("jobs run in this process");
    }
    if config.mode == Mode::Scheduler || works_in_api {
        root.resolve(&SCHEDULER).await?;
        tracing::info!("schedules run in this process");
    }
    if config.mode == Mode::Api {
        let identity = root.resolve(&LOCAL_IDENTITY).await?;
        let router = root.resolve(&ROUTES).await?;
        let address = serve(config, lifecycle, (*router).clone()).await?;
        tracing::info!(%address, "http is served");
        if is_local {
            identity.remember()?;
            print(&banner(config, &identity))?;
        }
    }
    Ok(())
}

/// Gives the operator port its routes: the parts whose health and figures it shows are there now.
async fn show_operators(
    operator: &OperatorPort,
    diagnostics: Diagnostics,
    root: &Scope,
) -> Result<(), StartError> {
    let health = (*root.resolve(&HEALTH).await?).clone();
    let diagnostics = with_figures(diagnostics, root).await?;
    let metrics = (*root.resolve(&METRICS).await?).clone();
    operator.show(operator_routes(health, diagnostics, metrics_route(metrics)));
    Ok(())
}

/// Writes the start to the audit trail, and arranges that the stop is written as well.
async fn tell_the_trail(
    config: &RuntimeConfig,
    lifecycle: &Lifecycle,
    root: &Scope,
    boot_id: &str,
) -> Result<(), StartError> {
    let writer = root.resolve(&AUDIT).await?;
    let actor = Actor::system(config.service_name.clone());
    let event =
        |kind: &str| AuditEvent::info(kind).with("mode", config.mode.as_str()).with("bootId", boot_id);
    let (started, stopping) = (event("runtime.started"), event("runtime.stopping"));
    let failed = |error| StartError::Command(format!("the audit trail cannot be written: {error}"));
    writer.write(&actor, started).await.map_err(failed)?;
    hook(lifecycle, "audit trail", Duration::from_secs(3), move || async move {
        writer.write(&actor, stopping).await
    })
}

fn hook<F, Fut>(lifecycle: &Lifecycle, name: &str, budget: Duration, run: F) -> Result<(), StartError>
where
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), athyper_kernel_lifecycle::BoxError>> + Send + 'static,
{
    lifecycle.on_shutdown(name, budget, run).map_err(|error| StartError::Command(error.to_string()))
}
