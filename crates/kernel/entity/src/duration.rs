//! Lengths of time as ISO 8601 writes them, in days of 24 hours and smaller parts.

use std::fmt;
use std::str::FromStr;

/// A length of time in whole seconds. Years and months have no fixed length, so they are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IsoDuration(i64);

/// Why a text is no length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IsoDurationError {
    /// Not the form.
    #[error(
        "write a length of time as ISO 8601 does, with weeks, days, hours, minutes and seconds: P1DT12H, PT90M"
    )]
    Form,
    /// Years or months.
    #[error("years and months have no fixed length, write days")]
    NoFixedLength,
    /// Longer than ten thousand years.
    #[error("this is longer than 3,652,425 days")]
    TooLong,
}

const DAY: i64 = 86_400;
/// Ten thousand years of the Gregorian calendar.
const LONGEST: i64 = 3_652_425 * DAY;

impl IsoDuration {
    /// Its length in seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl FromStr for IsoDuration {
    type Err = IsoDurationError;

    fn from_str(text: &str) -> Result<Self, IsoDurationError> {
        let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let rest = text.strip_prefix('P').ok_or(IsoDurationError::Form)?;
        let (days, times) = match rest.split_once('T') {
            Some((days, times)) if !times.is_empty() => (days, times),
            Some(_) => return Err(IsoDurationError::Form),
            None => (rest, ""),
        };
        if days.is_empty() && times.is_empty() {
            return Err(IsoDurationError::Form);
        }
        if days.contains(['Y', 'M']) {
            return Err(IsoDurationError::NoFixedLength);
        }
        let days = sum(days, &[('W', 7 * DAY), ('D', DAY)])?;
        let times = sum(times, &[('H', 3_600), ('M', 60), ('S', 1)])?;
        let length =
            days.checked_add(times).filter(|sum| *sum <= LONGEST).ok_or(IsoDurationError::TooLong)?;
        Ok(Self(if is_negative { -length } else { length }))
    }
}

/// Adds numbers with their units, which come in this order and each at most once.
fn sum(text: &str, units: &[(char, i64)]) -> Result<i64, IsoDurationError> {
    let (mut rest, mut total) = (text, 0_i64);
    for (unit, seconds) in units {
        let Some((number, after)) = rest.split_once(*unit) else { continue };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(IsoDurationError::Form);
        }
        let number: i64 = number.parse().map_err(|_| IsoDurationError::TooLong)?;
        total = number
            .checked_mul(*seconds)
            .and_then(|part| total.checked_add(part))
            .ok_or(IsoDurationError::TooLong)?;
        rest = after;
    }
    if rest.is_empty() { Ok(total) } else { Err(IsoDurationError::Form) }
}

impl fmt::Display for IsoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("PT0S");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let length = self.0.unsigned_abs();
        let (days, hours, minutes, seconds) =
            (length / 86_400, length / 3_600 % 24, length / 60 % 60, length % 60);
        f.write_str("P")?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if hours + minutes + seconds > 0 {
            f.write_str("T")?;
        }
        for (number, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
            if number > 0 {
                write!(f, "{number}{unit}")?;
            }
        }
        Ok(())
    }
}
