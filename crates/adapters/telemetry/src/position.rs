//! Decides where a span stands: its trace, its own id, its parent, and whether it is exported.

use std::fmt;

use athyper_kernel_telemetry::TraceContext;
use opentelemetry::trace::{SpanKind, TraceId};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, ShouldSample as _};
use tracing::field::{Field, Visit};

/// Fields that say where a span stands. They are no attributes: what they say goes to fields of OTLP that are made for
/// it.
pub(crate) const POSITION_FIELDS: [&str; 4] = ["trace_id", "span_id", "traceparent", "tracestate"];

/// What the fields of a span say of its position.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The span's trace, when its maker has chosen it.
    trace_id: Option<String>,
    /// The span's own id, when its maker has chosen it.
    span_id: Option<String>,
    /// The caller in another process, as W3C Trace Context writes it.
    traceparent: Option<String>,
    tracestate: Option<String>,
}

/// Where a span stands.
#[derive(Debug)]
pub(crate) struct Position {
    /// The span itself; it is exported when it is sampled.
    pub(crate) trace: TraceContext,
    pub(crate) parent: Option<Parent>,
}

/// What a span was called by.
#[derive(Clone, Debug)]
pub(crate) struct Parent {
    pub(crate) trace: TraceContext,
    /// Whether it is in another process.
    pub(crate) is_remote: bool,
}

/// Chooses among the traces that begin here, by their ids: every process with the same ratio chooses the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Ratio(Sampler);

impl Ratio {
    /// `share` of the traces, from 0 to 1.
    pub(crate) fn new(share: f64) -> Self {
        Self(Sampler::TraceIdRatioBased(share))
    }

    fn takes(&self, trace: &TraceContext) -> bool {
        let Ok(id) = TraceId::from_hex(&trace.trace_id()) else { return false };
        let sampled = self.0.should_sample(None, id, "", &SpanKind::Internal, &[], &[]);
        sampled.decision == SamplingDecision::RecordAndSample
    }
}

impl Given {
    /// The position of a span with these fields inside the span `around`, if any. The caller in another process goes
    /// before the span around; ids that are not valid are as if they were not given.
    pub(crate) fn position(self, around: Option<TraceContext>, ratio: &Ratio) -> Position {
        let remote = self.traceparent.as_deref();
        let remote = remote.and_then(|parent| TraceContext::from_headers(parent, self.tracestate.as_deref()));
        let is_remote = remote.is_some();
        let parent = remote.or(around).map(|trace| Parent { trace, is_remote });

        let next = parent.as_ref().map_or_else(TraceContext::random, |parent| parent.trace.child());
        let trace_id = self.trace_id.unwrap_or_else(|| next.trace_id());
        let span_id = self.span_id.unwrap_or_else(|| next.span_id());
        let own = with_ids(&trace_id, &span_id, true, next.tracestate()).unwrap_or(next);
        // A parent in another trace is no parent to OTLP: this span is the first of its own trace here.
        let parent = parent.filter(|parent| parent.trace.trace_id() == own.trace_id());
        let is_sampled = match &parent {
            Some(parent) => parent.trace.is_sampled(),
            None => ratio.takes(&own),
        };
        let state = parent.as_ref().and_then(|parent| parent.trace.tracestate());
        let trace = with_ids(&own.trace_id(), &own.span_id(), is_sampled, state).unwrap_or(own);
        Position { trace, parent }
    }

    fn put(&mut self, name: &str, value: impl FnOnce() -> String) {
        let slot = match name {
            "trace_id" => &mut self.trace_id,
            "span_id" => &mut self.span_id,
            "traceparent" => &mut self.traceparent,
            "tracestate" => &mut self.tracestate,
            _ => return,
        };
        *slot = Some(value());
    }
}

fn with_ids(trace_id: &str, span_id: &str, is_sampled: bool, state: Option<&str>) -> Option<TraceContext> {
    let flags = u8::from(is_sampled);
    TraceContext::from_headers(&format!("00-{trace_id}-{span_id}-{flags:02x}"), state)
}

impl Visit for Given {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), || format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), || value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn given(fields: &[(&str, &str)]) -> Given {
        let mut given = Given::default();
        for (name, value) in fields {
            given.put(name, || (*value).to_owned());
        }
        given
    }

    fn parent_id(position: &Position) -> Option<String> {
        position.parent.as_ref().map(|parent| parent.trace.span_id())
    }

    #[test]
    fn given_ids_are_kept_and_the_caller_is_the_parent() {
        let fields = [
            ("trace_id", TRACE),
            ("span_id", "00f067aa0ba902b7"),
            ("traceparent", CALLER),
            ("tracestate", "a=b"),
        ];
        let position = given(&fields).position(None, &Ratio::new(0.0));
        assert_eq!(position.trace.traceparent(), format!("00-{TRACE}-00f067aa0ba902b7-01"));
        assert_eq!(position.trace.tracestate(), Some("a=b"));
        assert_eq!(parent_id(&position).as_deref(), Some("b7ad6b7169203331"));
        assert!(position.parent.unwrap().is_remote);
    }

    #[test]
    fn a_caller_who_does_not_sample_is_followed() {
        let caller = CALLER.replace("-01", "-00");
        let position = given(&[("traceparent", &caller)]).position(None, &Ratio::new(1.0));
        assert!(!position.trace.is_sampled());
        assert_eq!(position.trace.trace_id(), TRACE);
        assert_ne!(position.trace.span_id(), "b7ad6b7169203331");
    }

    #[test]
    fn an_inner_span_continues_the_one_around_it() {
        let around = TraceContext::from_headers(CALLER, Some("a=b")).unwrap();
        let position = Given::default().position(Some(around), &Ratio::new(0.0));
        assert_eq!((position.trace.trace_id().as_str(), position.trace.is_sampled()), (TRACE, true));
        assert_eq!(parent_id(&position).as_deref(), Some("b7ad6b7169203331"));
        assert_eq!(position.trace.tracestate(), Some("a=b"));
        assert!(!position.parent.unwrap().is_remote);
    }

    #[test]
    fn the_caller_in_another_process_goes_before_the_span_around() {
        let around = TraceContext::random();
        let position = given(&[("traceparent", CALLER)]).position(Some(around), &Ratio::new(0.0));
        assert_eq!(position.trace.trace_id(), TRACE);
        assert_eq!(parent_id(&position).as_deref(), Some("b7ad6b7169203331"));
    }

    #[test]
    fn a_span_with_another_trace_than_the_one_around_begins_anew() {
        let around = TraceContext::random();
        let position = given(&[("trace_id", TRACE)]).position(Some(around), &Ratio::new(1.0));
        assert_eq!(position.trace.trace_id(), TRACE);
        assert!(position.parent.is_none());
    }

    #[test]
    fn ids_that_are_not_valid_are_replaced() {
        for fields in [[("trace_id", "x")], [("span_id", "x")], [("traceparent", "x")]] {
            let position = given(&fields).position(None, &Ratio::new(1.0));
            let parent = TraceContext::from_headers(&position.trace.traceparent(), None);
            assert_eq!(parent, Some(position.trace));
        }
    }

    #[test]
    fn the_ratio_decides_by_the_trace_alone() {
        let ratio = Ratio::new(0.25);
        let mut taken = 0;
        for _ in 0..4_000 {
            let trace = TraceContext::random().trace_id();
            let first = given(&[("trace_id", &trace)]).position(None, &ratio).trace.is_sampled();
            let second = given(&[("trace_id", &trace)]).position(None, &ratio).trace.is_sampled();
            assert_eq!(first, second);
            taken += i32::from(first);
        }
        assert!((850..1_150).contains(&taken), "{taken}");
    }
}
