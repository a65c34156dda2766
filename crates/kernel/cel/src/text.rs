//! Reading values from their text form: the same rules for literals, conversions and JSON.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::number::Number;

/// The years that instants and days may have (Protobuf `Timestamp`, which the CEL specification follows).
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

/// Longest duration that can be written, in hours: about 4,000 years.
const MAX_DURATION_HOURS: i64 = 35_000_000;

/// Whether this instant is one the language knows.
pub(crate) fn known_instant(at: &DateTime<Utc>) -> bool {
    YEARS.contains(&at.year())
}

/// Whether this instant is one in the local time of every zone: neither of the first nor of the last day.
pub(crate) fn zoned_instant(at: &DateTime<Utc>) -> bool {
    let day = at.date_naive();
    known_instant(at) && day.pred_opt().is_some_and(known_day) && day.succ_opt().is_some_and(known_day)
}

/// Whether this day is one the language knows.
pub(crate) fn known_day(day: NaiveDate) -> bool {
    YEARS.contains(&day.year())
}

/// An instant in the form of RFC 3339.
pub(crate) fn timestamp(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    known_instant(&at).then_some(at)
}

/// A day as `2025-01-31`.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    let shape = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = if shape { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()? } else { return None };
    known_day(day).then_some(day)
}

/// A UUID with hyphens.
pub(crate) fn uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// A time zone by its IANA name.
pub(crate) fn zone(text: &str) -> Option<Tz> {
    text.parse().ok()
}

/// A duration as `1h30m`, `-1.5s`, `250ms`, `10us`; finer than a microsecond is cut.
pub(crate) fn duration(text: &str) -> Option<TimeDelta> {
    if text.len() > 60 || !text.is_ascii() {
        return None;
    }
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut micros = Number::from_int(0);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let split = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(split);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let factor = match unit {
            "h" => "3600000000",
            "m" => "60000000",
            "s" => "1000000",
            "ms" => "1000",
            "us" => "1",
            "ns" => "0.001",
            _ => return None,
        };
        micros = micros.add(&Number::parse(number)?.multiply(&Number::parse(factor)?));
        rest = tail;
    }
    let micros = micros.truncate().to_int()?;
    let micros = if negative { -micros } else { micros };
    let duration = TimeDelta::microseconds(micros);
    (duration.num_hours().abs() <= MAX_DURATION_HOURS).then_some(duration)
}

/// A number in plain digits, at most 28 before and 28 after the point; the same that the SQL of a conversion accepts.
pub(crate) fn plain_number(text: &str, whole: bool) -> Option<Number> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (before, after) = match unsigned.split_once('.') {
        Some((before, after)) if !whole => (before, Some(after)),
        Some(_) => return None,
        None => (unsigned, None),
    };
    let fine = |digits: &str| (1..=28).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if fine(before) && after.is_none_or(fine) { Number::parse(text) } else { None }
}
