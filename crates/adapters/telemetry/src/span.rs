//! One span from its opening to what is exported of it.

use std::borrow::Cow;
use std::time::{Instant, SystemTime};

use athyper_kernel_telemetry::{Fields, TraceContext, Values};
use athyper_kernel_types::Clock;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use serde_json::Value as Json;

use crate::position::{POSITION_FIELDS, Parent};

/// A sampled span that is still open; kept with the span.
pub(crate) struct OpenSpan {
    name: &'static str,
    parent: Option<Parent>,
    started: Instant,
    started_at: SystemTime,
    /// Fields so far, without secrets.
    pub(crate) fields: Fields,
    /// Message of the last event of level error that happened right in this span.
    pub(crate) error: Option<String>,
}

impl OpenSpan {
    pub(crate) fn new(name: &'static str, parent: Option<Parent>, clock: &Clock) -> Self {
        Self {
            name,
            parent,
            started: Instant::now(),
            started_at: clock.now().into(),
            fields: Fields::default(),
            error: None,
        }
    }

    /// The span as it ends now. `None` when its ids are not valid, which they are by construction.
    pub(crate) fn close(self, trace: &TraceContext, scope: &InstrumentationScope) -> Option<SpanData> {
        let mut values = self.fields.values;
        for name in POSITION_FIELDS {
            values.remove(name);
        }
        let (parent_span_id, parent_span_is_remote) = match &self.parent {
            Some(parent) => (SpanId::from_hex(&parent.trace.span_id()).ok()?, parent.is_remote),
            None => (SpanId::INVALID, false),
        };
        Some(SpanData {
            span_context: SpanContext::new(
                TraceId::from_hex(&trace.trace_id()).ok()?,
                SpanId::from_hex(&trace.span_id()).ok()?,
                TraceFlags::SAMPLED,
                false,
                trace.tracestate().and_then(|state| state.parse().ok()).unwrap_or(TraceState::NONE),
            ),
            parent_span_id,
            parent_span_is_remote,
            span_kind: kind(&mut values),
            name: take_text(&mut values, "otel.name").map_or(Cow::Borrowed(self.name), Cow::Owned),
            start_time: self.started_at,
            // By the steady clock: a step of the wall clock would make a span too long, or end before it starts.
            end_time: self.started_at + self.started.elapsed(),
            status: status(&mut values, self.error),
            attributes: values.into_iter().filter_map(attribute).collect(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            instrumentation_scope: scope.clone(),
        })
    }
}

fn take_text(values: &mut Values, name: &str) -> Option<String> {
    match values.remove(name) {
        Some(Json::String(text)) => Some(text),
        _ => None,
    }
}

fn kind(values: &mut Values) -> SpanKind {
    match take_text(values, "otel.kind").as_deref() {
        Some("server") => SpanKind::Server,
        Some("client") => SpanKind::Client,
        Some("producer") => SpanKind::Producer,
        Some("consumer") => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

/// What the fields say, else what the HTTP status says, else what was logged: a request that was answered has not failed
/// because something was logged on the way.
fn status(values: &mut Values, error: Option<String>) -> Status {
    let described = take_text(values, "otel.status_description");
    let http_status = values.get("http.response.status_code").and_then(Json::as_u64);
    match take_text(values, "otel.status_code").as_deref() {
        Some("ok") => return Status::Ok,
        Some("error") => return Status::error(described.or(error).unwrap_or_default()),
        _ => {}
    }
    match (http_status, error) {
        (Some(500..), error) => Status::error(described.or(error).unwrap_or_default()),
        (None, Some(error)) => Status::error(error),
        _ => Status::Unset,
    }
}

fn attribute((name, value): (&'static str, Json)) -> Option<KeyValue> {
    let value = match value {
        Json::Bool(value) => Value::Bool(value),
        Json::String(text) => Value::String(text.into()),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::I64(whole),
            // Above the whole numbers of OTLP.
            (None, _) if number.is_u64() => Value::String(number.to_string().into()),
            (None, Some(real)) => Value::F64(real),
            (None, None) => return None,
        },
        // Fields of spans are plain values.
        Json::Null | Json::Array(_) | Json::Object(_) => return None,
    };
    Some(KeyValue::new(name, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status_of<const N: usize>(fields: [(&'static str, Json); N], error: Option<&str>) -> Status {
        let mut values = Values::default();
        for (name, value) in fields {
            values.insert(name, value);
        }
        status(&mut values, error.map(str::to_owned))
    }

    #[test]
    fn the_closest_source_tells_the_status() {
        let failed = |text: &'static str| Status::error(text);
        assert_eq!(status_of([], None), Status::Unset);
        assert_eq!(status_of([], Some("boom")), failed("boom"));
        assert_eq!(status_of([("otel.status_code", json!("ok"))], Some("boom")), Status::Ok);
        assert_eq!(status_of([("otel.status_code", json!("error"))], None), failed(""));
        let described = [("otel.status_code", json!("error")), ("otel.status_description", json!("why"))];
        assert_eq!(status_of(described, Some("boom")), failed("why"));
        let http = |status: u16| [("http.response.status_code", json!(status))];
        assert_eq!(status_of(http(503), None), failed(""));
        assert_eq!(status_of(http(500), Some("boom")), failed("boom"));
        assert_eq!(status_of(http(499), Some("boom")), Status::Unset);
    }

    #[test]
    fn numbers_keep_their_value() {
        let value = |json: Json| attribute(("n", json)).unwrap().value;
        assert_eq!(value(json!(-3)), Value::I64(-3));
        assert_eq!(value(json!(0.5)), Value::F64(0.5));
        assert_eq!(value(json!(u64::MAX)), Value::String(u64::MAX.to_string().into()));
    }
}
