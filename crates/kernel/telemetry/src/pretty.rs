//! Renders a line for a developer's terminal.

use std::io::Write;
use std::ops::Range;

use chrono::SecondsFormat;
use serde_json::Value;

use crate::{level::LogLevel, line::Line};

const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

/// Where the time of day stands in `2026-03-01T10:20:30.123Z`.
const TIME_OF_DAY: Range<usize> = 11..23;

/// Room for a usual line, in bytes.
const USUAL: usize = 640;

/// Time of day (UTC), level, message, fields, target and context, without a line end. Escape codes are
/// written only with `colour`; control characters of the values never reach the terminal.
pub(crate) fn render(line: &Line<'_>, colour: bool) -> Vec<u8> {
    let paint = |code: &'static str| if colour { code } else { "" };
    let time = line.time.to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut text = Vec::with_capacity(USUAL);
    push(&mut text, paint(DIM));
    push(&mut text, time.get(TIME_OF_DAY).unwrap_or(&time));
    push(&mut text, paint(RESET));
    text.push(b' ');
    push(&mut text, paint(level_colour(line.level)));
    push(&mut text, level_name(line.level));
    push(&mut text, paint(RESET));
    text.push(b' ');
    push_message(&mut text, line.message);
    for (name, value) in line.fields.iter() {
        push_pair(&mut text, name, value);
    }
    push(&mut text, paint(DIM));
    text.push(b' ');
    push(&mut text, line.target);
    for (name, value) in &line.context {
        push_pair(&mut text, name, value);
    }
    push(&mut text, paint(RESET));
    text
}

fn push(text: &mut Vec<u8>, part: &str) {
    text.extend_from_slice(part.as_bytes());
}

/// The name in capitals, as wide as the widest.
fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Fatal => "FATAL",
        LogLevel::Error => "ERROR",
        LogLevel::Warn => "WARN ",
        LogLevel::Info => "INFO ",
        LogLevel::Debug => "DEBUG",
        LogLevel::Trace => "TRACE",
    }
}

fn level_colour(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Fatal => "\x1b[97;41m",
        LogLevel::Error => "\x1b[31m",
        LogLevel::Warn => "\x1b[33m",
        LogLevel::Info => "\x1b[32m",
        LogLevel::Debug => "\x1b[34m",
        LogLevel::Trace => "\x1b[35m",
    }
}

/// Appends ` name=value`; text that is empty or would not read as one word is quoted.
fn push_pair(text: &mut Vec<u8>, name: &str, value: &Value) {
    text.push(b' ');
    push(text, name);
    text.push(b'=');
    // Writing to memory cannot fail.
    let _ = match value {
        Value::String(word) if is_word(word) => {
            push(text, word);
            Ok(())
        }
        Value::String(quoted) => write!(text, "{quoted:?}"),
        other => serde_json::to_writer(text, other).map_err(Into::into),
    };
}

fn is_word(text: &str) -> bool {
    let breaks = |c: char| c.is_control() || c.is_whitespace() || c == '"';
    // Most texts are of ASCII's visible characters. Bytes are looked at many at a time where all are.
    let is_odd = |byte: u8| !byte.is_ascii_graphic() || byte == b'"';
    let has_odd = text.bytes().fold(0, |odd, byte| odd | u8::from(is_odd(byte))) != 0;
    !text.is_empty() && (!has_odd || !text.contains(breaks))
}

/// Appends the message. Control characters and the two Unicode line separators are escaped: they would break the
/// line or steer the terminal.
fn push_message(text: &mut Vec<u8>, message: &str) {
    let is_escaped = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if message.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        push(text, message);
        return;
    }
    for character in message.chars() {
        // Writing to memory cannot fail.
        let _ = if is_escaped(character) {
            write!(text, "{}", character.escape_default())
        } else {
            write!(text, "{character}")
        };
    }
}

#[cfg(test)]
mod tests;
