//! The columns of a statement: the days that are asked for, and those that they are compared with.

use chrono::{Datelike as _, Days, Months, NaiveDate};

/// Most columns of a statement.
pub(crate) const MOST_COLUMNS: usize = 12;

/// The days of a column. A column of balances has no first day: all that was posted up to its day counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// First day.
    pub(crate) from: Option<NaiveDate>,
    /// Last day.
    pub(crate) to: NaiveDate,
}

/// Why columns cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ColumnError {
    /// A word that means nothing.
    #[error(
        "{word:?}: write previousPeriod, previousYear, previousPeriod:3 for three of them, or days such as {example}"
    )]
    Unknown {
        /// The word.
        word: String,
        /// Days as they are written for this statement.
        example: &'static str,
    },
    /// Too many of them.
    #[error("a statement has at most {MOST_COLUMNS} columns, the one asked for included")]
    TooMany,
    /// Days before the calendar of the books.
    #[error("a column would begin before 1900 or end before it begins")]
    Days,
}

impl Column {
    /// Balances at the end of a day.
    pub(crate) fn as_of(day: NaiveDate) -> Self {
        Self { from: None, to: day }
    }

    /// What is posted from one day to another.
    pub(crate) fn between(from: NaiveDate, to: NaiveDate) -> Self {
        Self { from: Some(from), to }
    }

    /// How people read it.
    pub(crate) fn label(self) -> String {
        match self.from {
            None => self.to.to_string(),
            Some(from) => format!("{from} to {}", self.to),
        }
    }

    /// The column of the period before: of balances the last day of the month before; of whole months as many months before; else
    /// as many days before.
    fn previous_period(self) -> Option<Self> {
        let Some(from) = self.from else {
            return Some(Self::as_of(first_of_month(self.to)?.pred_opt()?));
        };
        let to = from.pred_opt()?;
        if from.day() == 1 && is_last_of_month(self.to) {
            let months = (self.to.year() - from.year()) * 12 + self.to.month().cast_signed()
                - from.month().cast_signed()
                + 1;
            return Some(Self::between(
                from.checked_sub_months(Months::new(u32::try_from(months).ok()?))?,
                to,
            ));
        }
        let days = u64::try_from((self.to - from).num_days()).ok()?;
        Some(Self::between(to.checked_sub_days(Days::new(days))?, to))
    }

    /// The same days of the year before; the last day of a month stays the last.
    fn previous_year(self) -> Option<Self> {
        let back = |day: NaiveDate| {
            let earlier = day.checked_sub_months(Months::new(12))?;
            if is_last_of_month(day) { last_of_month(earlier) } else { Some(earlier) }
        };
        // A first day that is the last of its month is still meant as that day.
        let from = match self.from {
            None => None,
            Some(from) => Some(from.checked_sub_months(Months::new(12))?),
        };
        Some(Self { from, to: back(self.to)? })
    }

    fn is_sound(self) -> bool {
        self.from.unwrap_or(self.to) <= self.to && self.from.unwrap_or(self.to).year() >= 1900
    }
}

/// The columns that are asked for: the first one, and those of `compare`, words apart by commas.
///
/// # Errors
/// When a word means nothing, there are too many columns, or a column leaves the calendar.
pub(crate) fn columns(first: Column, compare: Option<&str>) -> Result<Vec<Column>, ColumnError> {
    let mut columns = vec![first];
    for word in compare.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let (name, count) = word.split_once(':').unwrap_or((word, "1"));
        let step: Option<fn(Column) -> Option<Column>> = match name {
            "previousPeriod" => Some(Column::previous_period),
            "previousYear" => Some(Column::previous_year),
            _ => None,
        };
        let unknown = || ColumnError::Unknown {
            word: word.to_owned(),
            example: if first.from.is_none() { "2024-12-31" } else { "2024-01-01..2024-12-31" },
        };
        if let Some(step) = step {
            let count: usize = count.parse().ok().filter(|count| *count > 0).ok_or_else(unknown)?;
            let mut column = first;
            for _ in 0..count.min(MOST_COLUMNS) {
                column = step(column).ok_or(ColumnError::Days)?;
                columns.push(column);
            }
        } else {
            columns.push(stated(first, word).ok_or_else(unknown)?);
        }
        if columns.len() > MOST_COLUMNS {
            return Err(ColumnError::TooMany);
        }
    }
    if columns.iter().all(|column| column.is_sound()) { Ok(columns) } else { Err(ColumnError::Days) }
}

/// Days as they are written.
fn stated(first: Column, word: &str) -> Option<Column> {
    let day =
        |text: &str| text.parse::<athyper_kernel_ledger::Day>().ok().map(athyper_kernel_ledger::Day::date);
    if first.from.is_none() {
        return day(word).map(Column::as_of);
    }
    let (from, to) = word.split_once("..")?;
    Some(Column::between(day(from)?, day(to)?))
}

fn first_of_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)
}

fn last_of_month(day: NaiveDate) -> Option<NaiveDate> {
    first_of_month(day)?.checked_add_months(Months::new(1))?.pred_opt()
}

fn is_last_of_month(day: NaiveDate) -> bool {
    last_of_month(day) == Some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn labels(first: Column, compare: &str) -> Vec<String> {
        columns(first, Some(compare)).unwrap().into_iter().skip(1).map(Column::label).collect()
    }

    #[test]
    fn balances_are_compared_with_those_of_earlier_days() {
        let march = Column::as_of(day("2024-03-31"));
        assert_eq!(
            labels(march, "previousPeriod:2, previousYear"),
            ["2024-02-29", "2024-01-31", "2023-03-31"]
        );
        assert_eq!(labels(Column::as_of(day("2024-02-29")), "previousYear"), ["2023-02-28"]);
        assert_eq!(labels(Column::as_of(day("2025-02-28")), "previousYear"), ["2024-02-29"]);
        assert_eq!(
            labels(Column::as_of(day("2024-03-15")), "previousPeriod,previousYear"),
            ["2024-02-29", "2023-03-15"]
        );
        assert_eq!(labels(march, "2020-01-01"), ["2020-01-01"]);
    }

    #[test]
    fn movements_are_compared_with_those_of_as_much_time() {
        let quarter = Column::between(day("2024-01-01"), day("2024-03-31"));
        assert_eq!(
            labels(quarter, "previousPeriod,previousYear"),
            ["2023-10-01 to 2023-12-31", "2023-01-01 to 2023-03-31"]
        );
        let february = Column::between(day("2023-02-01"), day("2023-02-28"));
        assert_eq!(labels(february, "previousPeriod"), ["2023-01-01 to 2023-01-31"]);
        let days = Column::between(day("2024-03-05"), day("2024-03-10"));
        assert_eq!(labels(days, "previousPeriod"), ["2024-02-28 to 2024-03-04"]);
        assert_eq!(labels(days, "2024-01-01..2024-01-31"), ["2024-01-01 to 2024-01-31"]);
    }

    #[test]
    fn columns_have_bounds() {
        let march = Column::as_of(day("2024-03-31"));
        assert_eq!(columns(march, None).unwrap(), [march]);
        assert_eq!(columns(march, Some("previousPeriod:11")).unwrap().len(), 12);
        for (compare, expected) in [
            ("previousPeriod:12", ColumnError::TooMany),
            ("previousPeriod:99999999999", ColumnError::TooMany),
            ("previousPeriod:11,2020-01-01", ColumnError::TooMany),
        ] {
            assert_eq!(columns(march, Some(compare)), Err(expected), "{compare}");
        }
        for word in ["lastYear", "previousPeriod:0", "previousYear:x", "2024-1-1", "2024-01-01..2024-01-31"] {
            assert!(matches!(columns(march, Some(word)), Err(ColumnError::Unknown { .. })), "{word}");
        }
        let span = Column::between(day("2024-03-05"), day("2024-03-10"));
        assert_eq!(columns(span, Some("2024-02-01..2024-01-01")), Err(ColumnError::Days));
        assert_eq!(columns(Column::as_of(day("1900-01-15")), Some("previousPeriod")), Err(ColumnError::Days));
    }
}
