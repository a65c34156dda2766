//! Collects the fields of spans and events as JSON values, with secrets removed and sizes bounded.

use std::{
    borrow::Cow,
    error::Error,
    fmt::{self, Write},
};

use serde_json::Value;
use tracing::field::{Field, Visit};

use crate::{
    redact::{REDACTED, is_secret_name, redact_text},
    values::Values,
};

/// Fields that an event inherits from the spans around it, the innermost span winning, in the order of the
/// line.
pub const CONTEXT_FIELDS: [&str; 9] =
    ["request_id", "trace_id", "span_id", "realm", "tenant", "org", "actor", "job_id", "operation"];

/// Longest text of one value in bytes; what is cut off is marked by `…`.
const MAX_TEXT_BYTES: usize = 8 * 1024;

/// Room for what a usual value prints as, in bytes.
const USUAL_TEXT_BYTES: usize = 40;

/// Takes the fields of one event or span as they may leave the process: without secrets, and bounded.
#[derive(Debug, Default)]
pub struct Fields {
    /// The event's message.
    pub message: String,
    /// Whether the event has the field `fatal = true`.
    pub is_fatal: bool,
    /// All other fields by name; the last of the same name counts.
    pub values: Values,
}

impl Fields {
    fn put(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        let mut name = field.name();
        while let Some(plain) = name.strip_prefix("r#") {
            name = plain;
        }
        let value = if is_secret_name(name) { Value::from(REDACTED) } else { value() };
        self.values.insert(name, value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = printed(value);
        } else {
            self.put(field, || printed(value).into());
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
        self.put(field, || bounded_string(chain(value)).into());
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

/// Takes of a span what its events inherit: the values of [`CONTEXT_FIELDS`], in their order. They are texts and numbers.
#[derive(Debug, Default)]
pub(crate) struct ContextFields([Option<Value>; CONTEXT_FIELDS.len()]);

impl ContextFields {
    /// The values with their names, in the order of the line.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&Value>)> {
        CONTEXT_FIELDS.into_iter().zip(self.0.iter().map(Option::as_ref))
    }

    /// The text of this name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.iter().find(|(own, _)| *own == name)?.1?.as_str()
    }

    fn put(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        let slots = CONTEXT_FIELDS.iter().zip(&mut self.0);
        if let Some((_, slot)) = slots.into_iter().find(|(name, _)| **name == field.name()) {
            *slot = Some(value());
        }
    }
}

impl Visit for ContextFields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, || printed(value).into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, || bounded(value).into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, || value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, || value.into());
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

/// What `{:?}` prints, bounded.
fn printed(value: &dyn fmt::Debug) -> String {
    let mut text = String::with_capacity(USUAL_TEXT_BYTES);
    // Writing to a String fails only where the value says that it cannot be printed: what it has printed stands.
    let _ = write!(text, "{value:?}");
    bounded_string(text)
}

/// Like [`bounded`], for a text that is given away.
fn bounded_string(text: String) -> String {
    match redact_text(&text) {
        Cow::Borrowed(_) => cut(text),
        Cow::Owned(clean) => cut(clean),
    }
}

/// Redacts first and cuts then: half a secret no longer looks like one.
fn bounded(text: &str) -> String {
    cut(redact_text(text).into_owned())
}

fn cut(mut text: String) -> String {
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

    /// What a span hands on is not looked at by its name.
    #[test]
    fn no_context_field_is_secret_by_its_name() {
        assert!(!CONTEXT_FIELDS.iter().any(|name| is_secret_name(name)));
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
