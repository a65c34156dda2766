//! One log line before it is rendered.

use athyper_kernel_types::Clock;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{level::LogLevel, values::Values};

/// The parts of a line that differ from event to event.
pub(crate) struct Line<'a> {
    pub(crate) time: DateTime<Utc>,
    pub(crate) level: LogLevel,
    pub(crate) message: &'a str,
    /// Module path of the event, or what its author set.
    pub(crate) target: &'a str,
    /// Fields of the enclosing spans, in the order of [`crate::CONTEXT_FIELDS`].
    pub(crate) context: Vec<(&'static str, Value)>,
    /// The event's own fields.
    pub(crate) fields: Values,
}

/// The parts of a line that are the same in the whole process, and its clock.
pub(crate) struct Process {
    pub(crate) service: String,
    pub(crate) mode: String,
    pub(crate) env: String,
    pub(crate) service_version: String,
    pub(crate) clock: Clock,
}
