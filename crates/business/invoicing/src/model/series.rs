//! How documents are numbered.

use athyper_kernel_types::{SeriesError, SeriesPattern};
use chrono::{Datelike as _, Months, NaiveDate};

/// The series of a kind of documents in a legal entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    /// How numbers are written.
    pub(crate) pattern: SeriesPattern,
    /// The first month of the year that they count in, 1 to 12.
    pub(crate) first_month: u32,
}

/// The pattern of a kind for which the tenant keeps none.
pub(crate) fn default_pattern(kind: &str) -> &'static str {
    match kind {
        "sale" => "INV-{YYYY}-{SEQ:6}",
        "purchase" => "BILL-{YYYY}-{SEQ:6}",
        "credit_note" => "CN-{YYYY}-{SEQ:6}",
        "debit_note" => "DN-{YYYY}-{SEQ:6}",
        "payment_in" => "RCPT-{YYYY}-{SEQ:6}",
        _ => "PAY-{YYYY}-{SEQ:6}",
    }
}

impl Series {
    /// A series of this pattern.
    ///
    /// # Errors
    /// When the pattern is none.
    pub(crate) fn new(pattern: &str, first_month: u32) -> Result<Self, SeriesError> {
        // What names months begins anew with each, and its years are those of the calendar.
        let first_month = if pattern.contains("{MM}") { 1 } else { first_month.clamp(1, 12) };
        Ok(Self { pattern: SeriesPattern::parse(pattern)?, first_month })
    }

    /// The day that stands for a date in the pattern: the year that begins in the first month bears the number of the calendar
    /// year in which it begins.
    pub(crate) fn day(&self, date: NaiveDate) -> NaiveDate {
        if self.first_month == 1 {
            return date;
        }
        let before = Months::new(self.first_month - 1);
        let month = date.with_day(1).unwrap_or(date);
        month.checked_sub_months(before).unwrap_or(date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_may_begin_in_any_month() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let april = Series::new("X-{YYYY}-{SEQ}", 4).unwrap();
        for (date, year) in [("2025-03-31", "2024"), ("2025-04-01", "2025"), ("2026-03-31", "2025")] {
            assert_eq!(april.pattern.reset_key(april.day(day(date))), year, "{date}");
        }
        let calendar = Series::new("X-{YYYY}-{SEQ}", 1).unwrap();
        assert_eq!(calendar.pattern.reset_key(calendar.day(day("2025-12-31"))), "2025");
    }
}
