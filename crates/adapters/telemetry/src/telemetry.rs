//! Starts and ends the telemetry of a process.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use athyper_kernel_telemetry::{ExportLayer, TraceContext};
use athyper_kernel_types::Clock;
use opentelemetry::InstrumentationScope;

use crate::SCOPE;
use crate::export::Exporters;
use crate::intake::Intake;
use crate::layer::OtlpLayer;
use crate::losses::{Losses, Signal};
use crate::metrics::Metrics;
use crate::position::Ratio;
use crate::record;
use crate::settings::{OtlpSettings, StartError};
use crate::worker::{Work, Worker};

/// The telemetry of a process. Keep it to the end of `main`, and end it with [`Telemetry::shutdown`]: when it is merely
/// dropped, what is queued is lost.
#[derive(Debug)]
pub struct Telemetry {
    metrics: Metrics,
    running: Option<Running>,
}

struct Running {
    layer: OtlpLayer,
    losses: Arc<Losses>,
    worker: Mutex<Option<Worker>>,
}

/// How telemetry ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutdownReport {
    /// Whether all that was queued was sent, or was refused, before the time was over.
    pub is_complete: bool,
    /// Spans, log records and metrics that were dropped meanwhile.
    pub dropped: u64,
}

impl Telemetry {
    /// Starts exporting, on a thread of its own. It connects to nothing yet: a collector that is away is no error.
    ///
    /// Without an endpoint there is no layer and no thread, only the metrics; when not enabled, not even those.
    ///
    /// # Errors
    ///
    /// [`StartError`] when a setting cannot work, or the thread cannot be started.
    pub fn start(settings: OtlpSettings, clock: Clock) -> Result<Self, StartError> {
        settings.check()?;
        if !settings.enabled {
            return Ok(Self { metrics: Metrics::disabled(), running: None });
        }
        let metrics = Metrics::new(settings.label_sets, &clock);
        let Some(endpoint) = settings.endpoint.clone() else {
            return Ok(Self { metrics, running: None });
        };
        let losses = Arc::new(Losses::new(&metrics)?);
        // Any text that no other process has.
        let instance = TraceContext::random().trace_id();
        let exporters = Exporters::new(&settings, &endpoint, &instance)?;
        let (spans, queued_spans) = Intake::new(Signal::Traces, settings.queue_size, Arc::clone(&losses));
        let (logs, queued_logs) = Intake::new(Signal::Logs, settings.queue_size, Arc::clone(&losses));
        let scope = InstrumentationScope::builder(SCOPE).build();
        let layer = OtlpLayer {
            clock: clock.clone(),
            ratio: Ratio::new(settings.sampling_ratio),
            logger: record::logger(scope.clone(), logs),
            scope,
            spans,
        };
        let worker = Worker::start(Work {
            settings,
            exporters,
            spans: queued_spans,
            logs: queued_logs,
            metrics: metrics.clone(),
            losses: Arc::clone(&losses),
            clock,
        })?;
        Ok(Self { metrics, running: Some(Running { layer, losses, worker: Mutex::new(Some(worker)) }) })
    }

    /// The layer that exports spans and events, for `init_with` of `athyper-kernel-telemetry`. `None` when nothing is
    /// exported.
    pub fn layer(&self) -> Option<ExportLayer> {
        self.running.as_ref().map(|running| -> ExportLayer { Box::new(running.layer.clone()) })
    }

    /// The registry of instruments.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Sends what is queued and the metrics a last time, and blocks the calling thread meanwhile, at most as long as
    /// `patience` and a moment. What is logged later is not exported. The second call does nothing.
    pub fn shutdown(&self, patience: Duration) -> ShutdownReport {
        let nothing = ShutdownReport { is_complete: true, dropped: 0 };
        let Some(running) = &self.running else { return nothing };
        let worker = running.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(worker) = worker else { return nothing };
        let before = running.losses.total();
        let is_complete = worker.stop(patience);
        ShutdownReport { is_complete, dropped: running.losses.total() - before }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Running").field("losses", &self.losses).finish_non_exhaustive()
    }
}
