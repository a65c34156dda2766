//! Tests that the short ways of writing a line write what the long ones do.

use std::fmt::Write as _;

use athyper_kernel_types::Clock;
use proptest::prelude::*;

use super::*;
use crate::values::Values;

/// A line by formatting alone.
fn formatted(line: &Line<'_>, colour: bool) -> String {
    let paint = |code: &'static str| if colour { code } else { "" };
    let pair = |text: &mut String, name: &str, value: &Value| match value {
        Value::String(word)
            if !word.is_empty()
                && !word.contains(|c: char| c.is_control() || c.is_whitespace() || c == '"') =>
        {
            write!(text, " {name}={word}").unwrap();
        }
        Value::String(quoted) => write!(text, " {name}={quoted:?}").unwrap(),
        other => write!(text, " {name}={other}").unwrap(),
    };
    let mut text = format!(
        "{dim}{time}{reset} {level_code}{level:<5}{reset} ",
        dim = paint(DIM),
        time = line.time.format("%H:%M:%S%.3f"),
        level_code = paint(level_colour(line.level)),
        level = line.level.as_str().to_uppercase(),
        reset = paint(RESET),
    );
    for character in line.message.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    for (name, value) in line.fields.iter() {
        pair(&mut text, name, value);
    }
    write!(text, "{} {}", paint(DIM), line.target).unwrap();
    for (name, value) in &line.context {
        pair(&mut text, name, value);
    }
    text.push_str(paint(RESET));
    text
}

/// Words, words to be quoted, and all that has to be escaped.
const TEXT: &str = "([a-z0-9/{}-]|[ -~]|[\\x00-\\x1f\\x7f-\\xa0]|[\u{2028}\u{2029}\u{3000}\u{301}äß€]){0,8}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line_is_as_formatting_has_it(
        level in prop::sample::select(
            &[LogLevel::Fatal, LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace][..],
        ),
        (message, text, other_text) in (TEXT, TEXT, TEXT),
        (count, small, real, truth) in (any::<u64>(), any::<i64>(), any::<f64>(), any::<bool>()),
        colour in any::<bool>(),
    ) {
        let mut fields = Values::default();
        for (name, value) in [
            ("text", Value::from(text)), ("count", count.into()), ("small", small.into()),
            ("real", real.into()), ("truth", truth.into()), ("null", Value::Null),
        ] {
            fields.insert(name, value);
        }
        let (clock, _) = Clock::manual("2026-03-01T10:20:30.123456Z".parse().unwrap());
        let line = Line {
            time: clock.now(),
            level,
            message: &message,
            target: "here",
            context: vec![("actor", other_text.into())],
            fields,
        };
        prop_assert_eq!(String::from_utf8(render(&line, colour)).unwrap(), formatted(&line, colour));
    }
}
