//! Counts what was exported and what was dropped, and tells of drops in the log.

use std::sync::{Mutex, PoisonError};

use crate::metrics::{Counter, MetricError, Metrics, Spec};

const DROPPED: Spec = Spec {
    name: "athyper.telemetry.dropped",
    unit: "{item}",
    description: "Spans, log records and metrics that did not reach the collector.",
};

const EXPORTED: Spec = Spec {
    name: "athyper.telemetry.exported",
    unit: "{item}",
    description: "Spans, log records and metrics that the collector took.",
};

/// What OpenTelemetry calls a kind of telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

/// Why something was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It came faster than the collector took it.
    QueueFull,
    /// The collector could not be reached in time, or refused the request.
    ExportFailed,
    /// The collector took the request without this part of it.
    Rejected,
    /// Telemetry had stopped.
    Stopped,
}

impl Reason {
    const ALL: [Self; 4] = [Self::QueueFull, Self::ExportFailed, Self::Rejected, Self::Stopped];

    fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::ExportFailed => "export_failed",
            Self::Rejected => "rejected",
            Self::Stopped => "stopped",
        }
    }
}

/// The counters of all signals.
#[derive(Debug)]
pub(crate) struct Losses {
    dropped: Counter<2>,
    exported: Counter<1>,
    last_error: Mutex<String>,
}

impl Losses {
    pub(crate) fn new(metrics: &Metrics) -> Result<Self, MetricError> {
        Ok(Self {
            dropped: metrics.counter(DROPPED, ["signal", "reason"])?,
            exported: metrics.counter(EXPORTED, ["signal"])?,
            last_error: Mutex::default(),
        })
    }

    /// Counts `count` drops.
    pub(crate) fn lose(&self, signal: Signal, reason: Reason, count: usize) {
        if count > 0 {
            self.dropped.add(count as u64, [signal.as_str(), reason.as_str()]);
        }
    }

    /// Counts what the collector took.
    pub(crate) fn exported(&self, signal: Signal, count: usize) {
        self.exported.add(count as u64, [signal.as_str()]);
    }

    /// Counts a batch that was not taken, and keeps the reason for the log.
    pub(crate) fn failed(&self, signal: Signal, count: usize, error: String) {
        self.lose(signal, Reason::ExportFailed, count);
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    /// All drops of a signal so far.
    pub(crate) fn dropped(&self, signal: Signal) -> u64 {
        Reason::ALL.iter().map(|reason| self.dropped.value([signal.as_str(), reason.as_str()])).sum()
    }

    /// All drops so far.
    pub(crate) fn total(&self) -> u64 {
        Signal::ALL.iter().map(|signal| self.dropped(*signal)).sum()
    }

    /// Logs what was dropped since the last report, if anything was.
    pub(crate) fn report(&self, last: &mut Reported) {
        let now = Reported {
            spans: self.dropped(Signal::Traces),
            metrics: self.dropped(Signal::Metrics),
            logs: self.dropped(Signal::Logs),
        };
        if now != *last {
            let error = std::mem::take(&mut *self.last_error.lock().unwrap_or_else(PoisonError::into_inner));
            tracing::warn!(
                spans = now.spans - last.spans,
                metrics = now.metrics - last.metrics,
                logs = now.logs - last.logs,
                error,
                "telemetry was dropped: see whether the collector is up and takes as much as is sent"
            );
            *last = now;
        }
    }
}

/// What the last report knew.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reported {
    spans: u64,
    metrics: u64,
    logs: u64,
}
