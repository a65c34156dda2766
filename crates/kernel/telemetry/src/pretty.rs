//! Renders a line for a developer's terminal.

use std::fmt::Write;

use serde_json::Value;

use crate::{level::LogLevel, line::Line};

const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

/// Time of day (UTC), level, message, fields, target and context, without a line end. Escape codes are
/// written only with `colour`; control characters of the values never reach the terminal.
pub(crate) fn render(line: &Line<'_>, colour: bool) -> String {
    let paint = |code: &'static str| if colour { code } else { "" };
    let mut text = format!(
        "{dim}{time}{reset} {level_code}{level:<5}{reset} ",
        dim = paint(DIM),
        time = line.time.format("%H:%M:%S%.3f"),
        level_code = paint(level_colour(line.level)),
        level = line.level.as_str().to_uppercase(),
        reset = paint(RESET),
    );
    for character in line.message.chars() {
        push_escaped(&mut text, character);
    }
    for (name, value) in &line.fields {
        push_pair(&mut text, name, value);
    }
    text.push_str(paint(DIM));
    text.push(' ');
    text.push_str(line.target);
    for (name, value) in &line.context {
        push_pair(&mut text, name, value);
    }
    text.push_str(paint(RESET));
    text
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
fn push_pair(text: &mut String, name: &str, value: &Value) {
    // Writing to a String cannot fail.
    let _ = match value {
        Value::String(word) if is_word(word) => write!(text, " {name}={word}"),
        Value::String(quoted) => write!(text, " {name}={quoted:?}"),
        other => write!(text, " {name}={other}"),
    };
}

fn is_word(text: &str) -> bool {
    let breaks = |c: char| c.is_control() || c.is_whitespace() || c == '"';
    !text.is_empty() && !text.contains(breaks)
}

/// Control characters and the two Unicode line separators would break the line or steer the terminal.
fn push_escaped(text: &mut String, character: char) {
    if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
        text.extend(character.escape_default());
    } else {
        text.push(character);
    }
}
