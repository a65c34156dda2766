//! Turns events into OpenTelemetry log records that say what the log line says.

use std::time::{Duration, SystemTime};

use athyper_kernel_telemetry::Fields;
use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord, SdkLogger, SdkLoggerProvider};
use serde_json::Value as Json;
use tracing::{Level, Metadata};

use crate::intake::Intake;

/// A log record on its way to the collector.
pub(crate) type QueuedRecord = Box<(SdkLogRecord, InstrumentationScope)>;

/// A logger whose records go to the queue.
pub(crate) fn logger(scope: InstrumentationScope, queue: Intake<QueuedRecord>) -> SdkLogger {
    let provider = SdkLoggerProvider::builder()
        .with_resource(opentelemetry_sdk::Resource::builder_empty().build())
        .with_log_processor(ToQueue(queue))
        .build();
    provider.logger_with_scope(scope)
}

/// Emits one event. `context` are the fields of the spans around it, by name.
pub(crate) fn emit(
    logger: &SdkLogger,
    metadata: &'static Metadata<'static>,
    time: SystemTime,
    context: Vec<(&'static str, Json)>,
    fields: Fields,
) {
    let mut record = logger.create_log_record();
    record.set_timestamp(time);
    record.set_observed_timestamp(time);
    record.set_target(metadata.target());
    let (severity, text) = severity(*metadata.level(), fields.is_fatal);
    record.set_severity_number(severity);
    record.set_severity_text(text);
    record.set_body(fields.message.into());

    let id = |wanted| context.iter().find(|(name, _)| *name == wanted).and_then(|(_, value)| value.as_str());
    let trace_id = id("trace_id").and_then(|id| TraceId::from_hex(id).ok());
    let span_id = id("span_id").and_then(|id| SpanId::from_hex(id).ok());
    if let Some(trace_id) = trace_id {
        record.set_trace_context(trace_id, span_id.unwrap_or(SpanId::INVALID), None);
    }
    let is_placed = |name: &str| match name {
        "trace_id" => trace_id.is_some(),
        "span_id" => trace_id.is_some() && span_id.is_some(),
        _ => false,
    };
    for (name, value) in context.into_iter().filter(|(name, _)| !is_placed(name)) {
        record.add_attribute(name, any(value));
    }
    for (name, value) in fields.values {
        record.add_attribute(name, any(value));
    }
    logger.emit(record);
}

fn severity(level: Level, is_fatal: bool) -> (Severity, &'static str) {
    match level {
        Level::ERROR if is_fatal => (Severity::Fatal, "fatal"),
        Level::ERROR => (Severity::Error, "error"),
        Level::WARN => (Severity::Warn, "warn"),
        Level::INFO => (Severity::Info, "info"),
        Level::DEBUG => (Severity::Debug, "debug"),
        Level::TRACE => (Severity::Trace, "trace"),
    }
}

fn any(value: Json) -> AnyValue {
    match value {
        Json::Bool(value) => value.into(),
        Json::String(text) => text.into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(real)) if number.is_f64() => real.into(),
            // Above the whole numbers of OTLP.
            _ => number.to_string().into(),
        },
        // Fields of events are plain values.
        Json::Null | Json::Array(_) | Json::Object(_) => value.to_string().into(),
    }
}

/// Puts each record into the queue.
#[derive(Debug)]
struct ToQueue(Intake<QueuedRecord>);

impl LogProcessor for ToQueue {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.0.offer(Box::new((record.clone(), scope.clone())));
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}
