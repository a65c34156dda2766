//! Traces, metrics and logs to an OpenTelemetry collector (OTLP, protobuf over HTTP), and metrics as OpenMetrics text.
//!
//! [`Telemetry::start`] once in `main`; its [layer](Telemetry::layer) goes to `init_with` of `athyper-kernel-telemetry`,
//! beside the log; [`Telemetry::shutdown`] is the last thing `main` does. When telemetry is disabled or has no endpoint
//! there is no layer and no thread: code that opens spans and logs costs what it costs without this crate.
//!
//! # Traces
//!
//! A span of `tracing` that the log level lets through is a span of OpenTelemetry. Its fields are attributes, redacted
//! by the rules of the log. Some say more:
//!
//! | field | meaning |
//! |---|---|
//! | `trace_id`, `span_id` | the ids that are exported, so that the log line and the trace agree; without them, those of the span around go on, with a new span id |
//! | `traceparent`, `tracestate` | the caller in another process, as its headers said: the parent, whose decision to sample is followed |
//! | `otel.name` | the name, instead of the static one: `GET /v1/accounts/{id}` |
//! | `otel.kind` | `server`, `client`, `producer` or `consumer` |
//! | `otel.status_code`, `otel.status_description` | `error` or `ok`, and why |
//! | `http.response.status_code` | from 500 up the span has failed |
//!
//! The position fields count when the span is opened, the others until it closes. Without a status an event of level
//! error right in the span makes it a failed one. `TraceContext::current` of `athyper-kernel-telemetry` is what an
//! outgoing call passes on.
//!
//! # Logs
//!
//! Each event is one log record with the message, the fields and the context of its log line, and the ids of its trace.
//!
//! # Metrics
//!
//! Instruments are made from [`Metrics`]; those of the platform have their names in one place, see [`HttpMetrics`] and its
//! neighbours. They are exported by OTLP and rendered by [`Metrics::render`].
//!
//! # When the collector is away
//!
//! Nothing waits for it. Queues are bounded; what does not fit, or was not taken in time, is dropped, counted in
//! `athyper.telemetry.dropped` and told in the log once a minute.

mod catalogue;
mod export;
mod intake;
mod layer;
mod losses;
mod metrics;
mod position;
mod record;
mod settings;
mod span;
mod telemetry;
mod worker;

pub use catalogue::{HttpMetrics, JobMetrics, PoolState, QueueState, observe_pool, observe_queues};
pub use metrics::{Counter, Histogram, MetricError, Metrics, OPENMETRICS, Observer, Spec, UpDownCounter};
pub use settings::{OtlpSettings, Service, StartError};
pub use telemetry::{ShutdownReport, Telemetry};

/// What OpenTelemetry calls the instrumentation scope: who has made the spans and metrics.
const SCOPE: &str = "athyper";
