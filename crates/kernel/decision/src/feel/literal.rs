//! Literals of FEEL.

use chrono::{DateTime, Datelike as _, NaiveDate, SubsecRound as _, TimeDelta, Timelike as _, Utc};
use rust_decimal::Decimal;

use super::cursor::{Cursor, Fault};
use crate::scalar::{Scalar, ScalarType, is_known_year};

/// Longest span, in hours: that of expressions.
const MAX_DURATION_HOURS: i64 = 35_000_000;

/// A literal of this type at the cursor; none for `null`.
///
/// # Errors
/// When there is none.
pub(crate) fn literal(cursor: &mut Cursor<'_>, kind: ScalarType) -> Result<Option<Scalar>, Fault> {
    if cursor.word("null") {
        return Ok(None);
    }
    cursor.space();
    let found = match kind {
        ScalarType::Number => number(cursor)?.map(Scalar::Number),
        ScalarType::String => {
            if cursor.peek() == Some('"') {
                Some(Scalar::String(string(cursor)?.into()))
            } else {
                None
            }
        }
        ScalarType::Boolean => {
            if cursor.word("true") {
                Some(Scalar::Boolean(true))
            } else {
                cursor.word("false").then_some(Scalar::Boolean(false))
            }
        }
        ScalarType::Date => in_call(cursor, &["date"], date)?.map(Scalar::Date),
        ScalarType::DateTime => in_call(cursor, &["date", "and", "time"], date_time)?.map(Scalar::DateTime),
        ScalarType::Duration => in_call(cursor, &["duration"], duration)?.map(Scalar::Duration),
    };
    found.map(Some).ok_or_else(|| {
        let form = match kind {
            ScalarType::Number => "a number such as 12.50",
            ScalarType::String => "a text in double quotes",
            ScalarType::Boolean => "true or false",
            ScalarType::Date => "a day such as date(\"2025-01-31\")",
            ScalarType::DateTime => "a time such as date and time(\"2025-01-31T12:00:00Z\")",
            ScalarType::Duration => "a duration such as duration(\"P1DT2H\")",
        };
        let shown = cursor.shown();
        let there = if shown.is_empty() { "nothing".to_owned() } else { format!("{shown:?}") };
        cursor.fault(format!("{form} is expected, and {there} is there"))
    })
}

/// The literal that a text is.
///
/// # Errors
/// When it is none.
pub(crate) fn literal_alone(text: &str, kind: ScalarType) -> Result<Option<Scalar>, Fault> {
    let mut cursor = Cursor::new(text)?;
    let found = literal(&mut cursor, kind)?;
    if cursor.is_at_end() { Ok(found) } else { Err(behind(&cursor, "a single value")) }
}

/// The literals that a text lists, separated by commas.
///
/// # Errors
/// When one is none.
pub(crate) fn literals_alone(text: &str, kind: ScalarType) -> Result<Vec<Scalar>, Fault> {
    let mut cursor = Cursor::new(text)?;
    let mut found = Vec::new();
    loop {
        let value = literal(&mut cursor, kind)?;
        found.push(value.ok_or_else(|| cursor.fault("null is not one of the values of an output"))?);
        if !cursor.take(",") {
            break;
        }
    }
    if cursor.is_at_end() { Ok(found) } else { Err(behind(&cursor, "values separated by commas")) }
}

/// What is wrong when a text goes on.
pub(super) fn behind(cursor: &Cursor<'_>, wanted: &str) -> Fault {
    cursor.fault(format!("{wanted} is expected, and behind it comes {:?}", cursor.shown()))
}

fn number(cursor: &mut Cursor<'_>) -> Result<Option<Decimal>, Fault> {
    let rest = cursor.rest();
    let unsigned = rest.strip_prefix('-').map_or(rest, str::trim_start);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(unsigned);
    let fraction = unsigned.get(whole..).and_then(|rest| rest.strip_prefix('.')).map_or(0, digits);
    if whole == 0 && fraction == 0 {
        return Ok(None);
    }
    let length = if fraction > 0 { whole + 1 + fraction } else { whole };
    let text = unsigned.get(..length).unwrap_or_default();
    let sign = if rest.starts_with('-') { "-" } else { "" };
    let value = Decimal::from_str_exact(&format!("{sign}{}{text}", if whole == 0 { "0" } else { "" }));
    let value = value.map_err(|_| cursor.fault("a number has at most 28 digits"))?;
    cursor.skip(rest.len() - unsigned.len() + length);
    if cursor.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return Err(cursor.fault("write numbers in plain digits, without exponent or unit"));
    }
    Ok(Some(value.normalize()))
}

/// A text in double quotes; the cursor is before the first of them.
fn string(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    cursor.bump();
    let mut text = String::new();
    loop {
        let at =
            cursor.fault("no character has this escape: \\\" \\\\ \\n \\r \\t \\uXXXX \\UXXXXXX are known");
        match cursor.bump() {
            None => return Err(cursor.fault("the text has no end: close it with a double quote")),
            Some('"') => return Ok(text),
            Some('\\') => match cursor.bump() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(c @ ('"' | '\\' | '\'' | '/')) => text.push(c),
                Some(c @ ('u' | 'U')) => {
                    let length = if c == 'u' { 4 } else { 6 };
                    let digits =
                        cursor.rest().get(..length).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
                    let code = digits.and_then(|hex| u32::from_str_radix(hex, 16).ok());
                    let c = code.and_then(char::from_u32).filter(|c| *c != '\0').ok_or(at)?;
                    text.push(c);
                    cursor.skip(length);
                }
                _ => return Err(at),
            },
            Some(c) => text.push(c),
        }
    }
}

/// What stands in `@"…"`, or in a call of these words with one text.
fn in_call<T>(
    cursor: &mut Cursor<'_>,
    words: &[&str],
    read: fn(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, Fault> {
    let is_at = cursor.take("@");
    if !is_at {
        for (index, word) in words.iter().enumerate() {
            if !cursor.word(word) {
                if index == 0 {
                    return Ok(None);
                }
                return Err(cursor.fault(format!("{}(\"…\") is expected here", words.join(" "))));
            }
        }
        if !cursor.take("(") {
            return Err(cursor.fault(format!("{}(\"…\") is expected here", words.join(" "))));
        }
    }
    cursor.space();
    let at = cursor.fault("");
    if cursor.peek() != Some('"') {
        return Err(
            cursor.fault("a text in double quotes is expected here: parts and variables are not taken")
        );
    }
    let text = string(cursor)?;
    let value = read(&text).map_err(|message| Fault { message: message.to_owned(), ..at })?;
    if !is_at && !cursor.take(")") {
        return Err(cursor.fault("a closing bracket is expected here"));
    }
    Ok(Some(value))
}

fn date(text: &str) -> Result<NaiveDate, &'static str> {
    let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = if is_plain { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None };
    day.filter(|day| is_known_year(day.year())).ok_or("write a day as 2025-01-31, of the years 1 to 9999")
}

fn date_time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    const FORM: &str = "write a time as 2025-01-31T12:00:00Z or with its offset, such as +01:00: a time without an \
                        offset, or with the name of a zone, is not taken, because it is another instant elsewhere";
    if text.contains('@') || !text.contains('T') {
        return Err(FORM);
    }
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| FORM)?.with_timezone(&Utc);
    if at.trunc_subsecs(6).nanosecond() != at.nanosecond() || at.nanosecond() >= 1_000_000_000 {
        return Err("times are kept to the microsecond: write at most six places of a second");
    }
    if is_known_year(at.year()) { Ok(at) } else { Err("times are of the years 1 to 9999") }
}

/// Days and time as ISO 8601 has them.
fn duration(text: &str) -> Result<TimeDelta, &'static str> {
    const FORM: &str = "write a duration as P1DT2H30M or PT1.5S; years and months are not taken, because they have no \
                        fixed length";
    const LONG: &str = "a duration has at most 35,000,000 hours, and six places of a second";
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let rest = rest.strip_prefix('P').ok_or(FORM)?;
    let (days, time) = rest.split_once('T').map_or((rest, None), |(days, time)| (days, Some(time)));
    let mut micros: i128 = 0;
    if !days.is_empty() {
        micros += whole(days.strip_suffix('D').ok_or(FORM)?).ok_or(FORM)? * 86_400_000_000;
    }
    let mut left = time.unwrap_or_default();
    if time.is_some_and(str::is_empty) || (days.is_empty() && time.is_none()) {
        return Err(FORM);
    }
    for (unit, factor) in [('H', 3_600_000_000_i128), ('M', 60_000_000)] {
        if let Some((number, rest)) = left.split_once(unit) {
            micros += whole(number).ok_or(FORM)? * factor;
            left = rest;
        }
    }
    if !left.is_empty() {
        let seconds = left.strip_suffix('S').ok_or(FORM)?;
        let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        if fraction.is_empty() {
            return Err(FORM);
        }
        if fraction.len() > 6 {
            return Err(LONG);
        }
        let parts = whole(&format!("{fraction:0<6}")).ok_or(FORM)?;
        micros += whole(seconds).ok_or(FORM)? * 1_000_000 + parts;
    }
    let micros = i64::try_from(if negative { -micros } else { micros }).map_err(|_| LONG)?;
    let span = TimeDelta::microseconds(micros);
    if span.num_hours().abs() <= MAX_DURATION_HOURS { Ok(span) } else { Err(LONG) }
}

fn whole(digits: &str) -> Option<i128> {
    let is_plain = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { digits.parse().ok() } else { None }
}
