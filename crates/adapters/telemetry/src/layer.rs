//! The `tracing` layer: gives each span its position in a trace, and queues closed spans and events.

use std::cell::Cell;

use athyper_kernel_telemetry::{Fields, TraceContext, context_values};
use athyper_kernel_types::Clock;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::logs::SdkLogger;
use opentelemetry_sdk::trace::SpanData;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::intake::Intake;
use crate::position::{Given, Ratio};
use crate::record;
use crate::span::OpenSpan;

thread_local! {
    static IS_EXPORTER: Cell<bool> = const { Cell::new(false) };
}

/// Says that this thread exports: its own spans and events are not exported, which would never end.
pub(crate) fn mark_exporter_thread() {
    IS_EXPORTER.set(true);
}

/// Queues what happens for export. It never waits.
#[derive(Clone)]
pub(crate) struct OtlpLayer {
    pub(crate) clock: Clock,
    pub(crate) ratio: Ratio,
    pub(crate) scope: InstrumentationScope,
    pub(crate) spans: Intake<SpanData>,
    pub(crate) logger: SdkLogger,
}

impl<S> Layer<S> for OtlpLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(|_| !IS_EXPORTER.get()) else { return };
        let mut given = Given::default();
        attributes.record(&mut given);
        let around = span.parent().and_then(|parent| parent.extensions().get::<TraceContext>().cloned());
        let position = given.position(around, &self.ratio);
        let mut extensions = span.extensions_mut();
        if position.trace.is_sampled() {
            let mut open = OpenSpan::new(attributes.metadata().name(), position.parent, &self.clock);
            attributes.record(&mut open.fields);
            extensions.insert(open);
        }
        extensions.insert(position.trace);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<OpenSpan>()
        {
            record.record(&mut open.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if IS_EXPORTER.get() {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        if *event.metadata().level() == Level::ERROR
            && let Some(span) = context.event_span(event)
            && let Some(open) = span.extensions_mut().get_mut::<OpenSpan>()
        {
            open.error = Some(fields.message.clone());
        }
        let around = context.event_scope(event).into_iter().flatten();
        let inherited = context_values(&mut fields.values, around);
        record::emit(&self.logger, event.metadata(), self.clock.now().into(), inherited, fields);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let mut extensions = span.extensions_mut();
        let Some(open) = extensions.remove::<OpenSpan>() else { return };
        if let Some(data) =
            extensions.get_mut::<TraceContext>().and_then(|trace| open.close(trace, &self.scope))
        {
            self.spans.offer(data);
        }
    }
}
