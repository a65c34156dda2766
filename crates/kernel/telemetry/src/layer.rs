//! The `tracing` layer that turns events into lines.

use std::io::Write;

use serde_json::Value;
use tracing::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    fmt::MakeWriter,
    layer::Context,
    registry::{Extensions, LookupSpan, Registry, SpanRef},
};

use crate::{
    config::{LogFormat, TelemetryConfig},
    fields::{CONTEXT_FIELDS, ContextFields, Fields},
    json,
    level::LogLevel,
    line::{Line, Process},
    pretty,
    trace_context::TraceContext,
    values::Values,
};

/// Writes one line per event to `W`. It filters nothing but level fatal: put [`filter`](crate::filter) beside
/// it.
pub struct LogLayer<W> {
    format: LogFormat,
    level: LogLevel,
    colour: bool,
    process: Process,
    writer: W,
}

impl<W> LogLayer<W> {
    /// A layer without colour.
    #[must_use]
    pub fn new(config: &TelemetryConfig, writer: W) -> Self {
        Self {
            format: config.format,
            level: config.level,
            colour: false,
            process: Process {
                service: config.service.clone(),
                mode: config.mode.clone(),
                env: config.env.clone(),
                service_version: config.service_version.clone(),
                clock: config.clock.clone(),
            },
            writer,
        }
    }

    /// Whether pretty lines are coloured. Only a terminal understands that.
    #[must_use]
    pub fn with_colour(self, colour: bool) -> Self {
        Self { colour, ..self }
    }
}

impl TraceContext {
    /// The position of the work under way, to be passed on with what it calls: that of the innermost span that
    /// another layer has given one (as an extension), or whose fields `trace_id` and `span_id` a [`LogLayer`]
    /// has seen. `None` outside all such spans.
    #[must_use]
    pub fn current() -> Option<Self> {
        tracing::dispatcher::get_default(|dispatch| {
            let registry = dispatch.downcast_ref::<Registry>()?;
            let span = registry.span(dispatch.current_span().id()?)?;
            span.scope().find_map(|span| position(&span.extensions()))
        })
    }
}

fn position(extensions: &Extensions<'_>) -> Option<TraceContext> {
    if let Some(given) = extensions.get::<TraceContext>() {
        return Some(given.clone());
    }
    let values: &ContextFields = extensions.get()?;
    let parent = format!("00-{}-{}-01", values.text("trace_id")?, values.text("span_id")?);
    TraceContext::from_headers(&parent, None)
}

impl<S, W> Layer<S> for LogLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = ContextFields::default();
            attributes.record(&mut fields);
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<ContextFields>()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let level = LogLevel::of_event(*metadata.level(), fields.is_fatal);
        if self.level == LogLevel::Fatal && level != LogLevel::Fatal {
            return;
        }

        let inherited = context.event_scope(event).into_iter().flatten();
        let line = Line {
            time: self.process.clock.now(),
            level,
            message: &fields.message,
            target: metadata.target(),
            context: context_values(&mut fields.values, inherited),
            fields: fields.values,
        };
        let mut text = match self.format {
            LogFormat::Json => json::render(&self.process, &line),
            LogFormat::Pretty => pretty::render(&line, self.colour),
        };
        text.push(b'\n');
        // One write for the whole line keeps lines of several threads apart, and makes a line what a sink takes. A
        // log that cannot be written cannot be reported either, and must not stop the work.
        let _ = self.writer.make_writer_for(metadata).write_all(&text);
    }
}

/// The values of [`CONTEXT_FIELDS`] for one event, in their order, as a [`LogLayer`] in the same subscriber has
/// collected them: the event's own field, which is taken out of `own`, then span by span outwards.
///
/// A span that another layer has given a [`TraceContext`] (as an extension) is known by that one's ids.
pub fn context_values<'a, S>(
    own: &mut Values,
    inner_to_outer: impl Iterator<Item = SpanRef<'a, S>>,
) -> Vec<(&'static str, Value)>
where
    S: for<'s> LookupSpan<'s> + 'a,
{
    let has_own = own.iter().any(|(name, _)| CONTEXT_FIELDS.contains(&name));
    let mut found = CONTEXT_FIELDS.map(|name| (name, if has_own { own.remove(name) } else { None }));
    for span in inner_to_outer {
        let extensions = span.extensions();
        if let Some(trace) = extensions.get::<TraceContext>() {
            for (name, slot) in found.iter_mut().filter(|(_, slot)| slot.is_none()) {
                match *name {
                    "trace_id" => *slot = Some(trace.trace_id().into()),
                    "span_id" => *slot = Some(trace.span_id().into()),
                    _ => {}
                }
            }
        }
        if let Some(values) = extensions.get::<ContextFields>() {
            for ((_, slot), (_, value)) in found.iter_mut().zip(values.iter()) {
                if slot.is_none() {
                    *slot = value.cloned();
                }
            }
        }
    }
    found.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
mod tests;
