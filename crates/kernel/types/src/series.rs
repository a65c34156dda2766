//! Patterns of number series: how a document number such as `JE-2026-00042` is written.

use std::{fmt, fmt::Write as _, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, Type},
    },
};

/// Longest pattern, in characters.
const MAX_PATTERN_LEN: usize = 64;
/// Widest padding of the running number; a `u64` has at most 20 digits.
const MAX_WIDTH: usize = 20;

/// How the numbers of a series are written: literal text and tokens in braces.
///
/// | token | stands for |
/// |---|---|
/// | `{YYYY}`, `{YY}` | year of the document's date, four or two digits |
/// | `{MM}`, `{DD}` | month and day, two digits |
/// | `{SEQ}` | running number without padding |
/// | `{SEQ:n}` | running number padded with zeros to `n` digits; longer numbers are written in full |
///
/// The running number appears exactly once. It starts again whenever the finest date token changes, so a month
/// needs a year beside it and a day needs a month: otherwise two periods would give out the same numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SeriesPattern {
    text: String,
    parts: Vec<Part>,
    period: Period,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Literal(String),
    Year,
    ShortYear,
    Month,
    Day,
    Sequence { width: usize },
}

/// What the running number counts within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Period {
    Forever,
    Year,
    Month,
    Day,
}

/// Why a text is not a [`SeriesPattern`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// Empty or longer than the limit.
    #[error("a series pattern has 1 to {MAX_PATTERN_LEN} characters, this one has {length}")]
    Length {
        /// Length of the pattern in characters.
        length: usize,
    },
    /// A brace without its partner.
    #[error("a series pattern uses braces only around tokens, such as {{SEQ:5}}")]
    Brace,
    /// A control character, which no document can print.
    #[error("a series pattern has no control characters, remove them")]
    Control,
    /// A token that does not exist.
    #[error("{{{token}}} is not a token, use {{YYYY}}, {{YY}}, {{MM}}, {{DD}}, {{SEQ}} or {{SEQ:n}}")]
    UnknownToken {
        /// The token without its braces.
        token: String,
    },
    /// The padding is no number, zero or too wide.
    #[error("the width in {{SEQ:{width}}} is a number from 1 to {MAX_WIDTH}")]
    Width {
        /// The width as given.
        width: String,
    },
    /// The running number is missing or repeated.
    #[error("a series pattern has exactly one {{SEQ}} or {{SEQ:n}}, this one has {count}")]
    SequenceCount {
        /// How often the running number appears.
        count: usize,
    },
    /// A month without a year.
    #[error("{{MM}} needs {{YYYY}} or {{YY}} beside it, or each year gives out the same numbers")]
    MonthWithoutYear,
    /// A day without a month.
    #[error("{{DD}} needs {{MM}} beside it, or each month gives out the same numbers")]
    DayWithoutMonth,
}

impl SeriesPattern {
    /// Reads a pattern such as `JE-{YYYY}-{SEQ:5}`.
    pub fn parse(text: &str) -> Result<Self, SeriesError> {
        let length = text.chars().count();
        if length == 0 || length > MAX_PATTERN_LEN {
            return Err(SeriesError::Length { length });
        }
        if text.chars().any(char::is_control) {
            return Err(SeriesError::Control);
        }
        let parts = parse_parts(text)?;
        let count = parts.iter().filter(|part| matches!(part, Part::Sequence { .. })).count();
        if count != 1 {
            return Err(SeriesError::SequenceCount { count });
        }
        let period = period(&parts)?;
        Ok(Self { text: text.to_owned(), parts, period })
    }

    /// Names the period of `date` in which the running number counts: `2026`, `2026-03`, `2026-03-31`, or empty
    /// for a series that never starts again. A counter is kept per key.
    #[must_use]
    pub fn reset_key(&self, date: NaiveDate) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        match self.period {
            Period::Forever => String::new(),
            Period::Year => format!("{year:04}"),
            Period::Month => format!("{year:04}-{month:02}"),
            Period::Day => format!("{year:04}-{month:02}-{day:02}"),
        }
    }

    /// Writes the number of a document of `date` (in the zone of whoever numbers it) with running number `seq`.
    #[must_use]
    pub fn format(&self, date: NaiveDate, seq: u64) -> String {
        let mut number = String::new();
        for part in &self.parts {
            // Writing to a String cannot fail.
            let _ = match part {
                Part::Literal(text) => number.write_str(text),
                Part::Year => write!(number, "{:04}", date.year()),
                Part::ShortYear => write!(number, "{:02}", date.year().rem_euclid(100)),
                Part::Month => write!(number, "{:02}", date.month()),
                Part::Day => write!(number, "{:02}", date.day()),
                Part::Sequence { width } => write!(number, "{seq:0width$}"),
            };
        }
        number
    }
}

fn parse_parts(text: &str) -> Result<Vec<Part>, SeriesError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (literal, from_brace) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
        if literal.contains('}') {
            return Err(SeriesError::Brace);
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        let Some(inside) = from_brace.strip_prefix('{') else {
            break;
        };
        let (token, after) = inside.split_once('}').ok_or(SeriesError::Brace)?;
        if token.contains('{') {
            return Err(SeriesError::Brace);
        }
        parts.push(parse_token(token)?);
        rest = after;
    }
    Ok(parts)
}

fn parse_token(token: &str) -> Result<Part, SeriesError> {
    match token {
        "YYYY" => Ok(Part::Year),
        "YY" => Ok(Part::ShortYear),
        "MM" => Ok(Part::Month),
        "DD" => Ok(Part::Day),
        "SEQ" => Ok(Part::Sequence { width: 1 }),
        _ => {
            let width = token
                .strip_prefix("SEQ:")
                .ok_or_else(|| SeriesError::UnknownToken { token: token.to_owned() })?;
            let digits_only = width.bytes().all(|byte| byte.is_ascii_digit());
            width
                .parse()
                .ok()
                .filter(|width| digits_only && (1..=MAX_WIDTH).contains(width))
                .map(|width| Part::Sequence { width })
                .ok_or_else(|| SeriesError::Width { width: width.to_owned() })
        }
    }
}

fn period(parts: &[Part]) -> Result<Period, SeriesError> {
    let year = parts.contains(&Part::Year) || parts.contains(&Part::ShortYear);
    let month = parts.contains(&Part::Month);
    let day = parts.contains(&Part::Day);
    match (year, month, day) {
        (_, false, true) => Err(SeriesError::DayWithoutMonth),
        (false, true, _) => Err(SeriesError::MonthWithoutYear),
        (true, true, true) => Ok(Period::Day),
        (true, true, false) => Ok(Period::Month),
        (true, false, false) => Ok(Period::Year),
        (false, false, false) => Ok(Period::Forever),
    }
}

impl fmt::Display for SeriesPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for SeriesPattern {
    type Err = SeriesError;

    fn from_str(text: &str) -> Result<Self, SeriesError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for SeriesPattern {
    type Error = SeriesError;

    fn try_from(text: String) -> Result<Self, SeriesError> {
        Self::parse(&text)
    }
}

impl From<SeriesPattern> for String {
    fn from(pattern: SeriesPattern) -> Self {
        pattern.text
    }
}

impl PartialSchema for SeriesPattern {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "Literal text and the tokens {YYYY}, {YY}, {MM}, {DD} and, exactly once, {SEQ} or {SEQ:n}.",
            ))
            .min_length(Some(1))
            .max_length(Some(MAX_PATTERN_LEN))
            .examples(["JE-{YYYY}-{SEQ:5}"])
            .into()
    }
}

impl ToSchema for SeriesPattern {}

#[cfg(test)]
mod tests {
    use super::*;

    fn date() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 7).unwrap()
    }

    fn pattern(text: &str) -> SeriesPattern {
        SeriesPattern::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_written_as_the_pattern_says() {
        for (text, seq, number) in [
            ("JE-{YYYY}-{SEQ:5}", 42, "JE-2026-00042"),
            ("{YY}{MM}{DD}/{SEQ}", 7, "260307/7"),
            ("{SEQ:3}", 1234, "1234"),
            ("Größe {SEQ}!", 1, "Größe 1!"),
            ("{SEQ:20}", u64::MAX, "18446744073709551615"),
        ] {
            assert_eq!(pattern(text).format(date(), seq), number);
        }
    }

    #[test]
    fn the_counter_restarts_with_the_finest_date_token() {
        for (text, key) in [
            ("A{SEQ}", ""),
            ("{YY}-{SEQ}", "2026"),
            ("{SEQ}/{YYYY}", "2026"),
            ("{MM}.{YY}-{SEQ}", "2026-03"),
            ("{DD}{MM}{YYYY}{SEQ}", "2026-03-07"),
        ] {
            assert_eq!(pattern(text).reset_key(date()), key, "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, message) in [
            ("", "a series pattern has 1 to 64 characters, this one has 0"),
            ("JE-{YYYY}", "a series pattern has exactly one {SEQ} or {SEQ:n}, this one has 0"),
            ("{SEQ}{SEQ:2}", "a series pattern has exactly one {SEQ} or {SEQ:n}, this one has 2"),
            ("{seq}", "{seq} is not a token, use {YYYY}, {YY}, {MM}, {DD}, {SEQ} or {SEQ:n}"),
            ("{SEQ:0}", "the width in {SEQ:0} is a number from 1 to 20"),
            ("{SEQ:+5}", "the width in {SEQ:+5} is a number from 1 to 20"),
            ("{SEQ:}", "the width in {SEQ:} is a number from 1 to 20"),
            ("{SEQ:21}", "the width in {SEQ:21} is a number from 1 to 20"),
            ("{MM}-{SEQ}", "{MM} needs {YYYY} or {YY} beside it, or each year gives out the same numbers"),
            ("{YYYY}-{DD}-{SEQ}", "{DD} needs {MM} beside it, or each month gives out the same numbers"),
            ("A\n{SEQ}", "a series pattern has no control characters, remove them"),
        ] {
            assert_eq!(SeriesPattern::parse(text).unwrap_err().to_string(), message);
        }
        for text in ["{SEQ", "SEQ}", "{SEQ}}", "{{SEQ}"] {
            assert_eq!(SeriesPattern::parse(text), Err(SeriesError::Brace), "{text}");
        }
        let long = format!("{}{{SEQ}}", "A".repeat(60));
        assert_eq!(SeriesPattern::parse(&long), Err(SeriesError::Length { length: 65 }));
    }

    #[test]
    fn json_is_the_pattern_text() {
        let json = "\"JE-{YYYY}-{SEQ:5}\"";
        let read: SeriesPattern = serde_json::from_str(json).unwrap();
        assert_eq!(read, pattern("JE-{YYYY}-{SEQ:5}"));
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
        assert!(serde_json::from_str::<SeriesPattern>("\"{X}\"").is_err());
    }
}
