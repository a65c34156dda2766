//! Collects the fields of spans and events as JSON values, with secrets removed and sizes bounded.

use std::{error::Error, fmt};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};

use crate::redact::{REDACTED, is_secret_name, redact_text};

/// Fields that an event inherits from the spans around it, the innermost span winning, in the order of the
/// line.
pub const CONTEXT_FIELDS: [&str; 9] =
    ["request_id", "trace_id", "span_id", "realm", "tenant", "org", "actor", "job_id", "operation"];

/// Longest text of one value in bytes; what is cut off is marked by `…`.
const MAX_TEXT_BYTES: usize = 8 * 1024;

/// Takes the fields of one event or span as they may leave the process: without secrets, and bounded. Record
/// into the default value, which takes everything.
#[derive(Debug, Default)]
pub struct Fields {
    /// The event's message.
    pub message: String,
    /// Whether the event has the field `fatal = true`.
    pub is_fatal: bool,
    /// All other fields by name; the last of the same name counts.
    pub values: Map<String, Value>,
    context_only: bool,
}

impl Fields {
    /// Takes [`CONTEXT_FIELDS`] only.
    pub(crate) fn of_span() -> Self {
        Self { context_only: true, ..Self::default() }
    }

    fn put(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        let name = field.name().trim_start_matches("r#");
        if self.context_only && !CONTEXT_FIELDS.contains(&name) {
            return;
        }
        let value = if is_secret_name(name) { Value::from(REDACTED) } else { value() };
        self.values.insert(name.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = bounded(&format!("{value:?}"));
        } else {
            self.put(field, || bounded(&format!("{value:?}")).into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = bounded(value);
        } else {
            self.put(field, || bounded(value).into());
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field, || bounded(&chain(value)).into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "fatal" {
            self.is_fatal = value;
        } else {
            self.put(field, || value.into());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, || value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, || value.into());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(field, || i64::try_from(value).map_or_else(|_| value.to_string().into(), Value::from));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field, || u64::try_from(value).map_or_else(|_| value.to_string().into(), Value::from));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no NaN and no infinity: they become text.
        let number = serde_json::Number::from_f64(value);
        self.put(field, || number.map_or_else(|| value.to_string().into(), Value::Number));
    }
}

/// An error with its causes. A cause that the text before it already ends with is not repeated.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Redacts first and cuts then: half a secret no longer looks like one.
fn bounded(text: &str) -> String {
    let mut text = redact_text(text).into_owned();
    if text.len() > MAX_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters_and_marked() {
        assert_eq!(bounded(&"a".repeat(MAX_TEXT_BYTES)), "a".repeat(MAX_TEXT_BYTES));
        let cut = bounded(&"ä".repeat(MAX_TEXT_BYTES));
        assert_eq!(cut, format!("{}…", "ä".repeat(MAX_TEXT_BYTES / 2)));
        assert_eq!(bounded(&"€".repeat(MAX_TEXT_BYTES)).len(), 8190 + '…'.len_utf8());
    }

    #[test]
    fn a_secret_that_straddles_the_cut_is_gone() {
        let text = format!("{} Bearer {}", "a".repeat(MAX_TEXT_BYTES - 20), "s3cr3t".repeat(100));
        assert!(!bounded(&text).contains("s3cr3t"));
    }

    #[derive(Debug, thiserror::Error)]
    #[error("outer: {0}")]
    struct Telling(#[source] Plain);

    #[derive(Debug, thiserror::Error)]
    #[error("middle")]
    struct Plain(#[source] fmt::Error);

    #[test]
    fn an_error_brings_its_causes_once() {
        assert_eq!(chain(&Telling(Plain(fmt::Error))), format!("outer: middle: {}", fmt::Error));
    }
}
