//! Fiscal periods: which one a date falls into, and whether it takes postings.
//!
//! The fiscal calendar is calendar months unless periods are declared. A date that no period covers gets its month when
//! it is first needed; where declared periods cover a part of that month, it gets the part around the date that is left.

use std::collections::BTreeSet;

use athyper_kernel_ledger::Book;
use athyper_kernel_types::Id;
use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::legal_entity::EntityId;

/// Id of a period.
pub type PeriodId = Id<Period>;

/// A fiscal period: a span of days that is closed as one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::Period)]
pub struct Period {
    /// Id.
    pub id: PeriodId,
    /// Id of the legal entity whose books it is of.
    #[serde(skip)]
    pub entity: EntityId,
    /// Code of that legal entity.
    #[serde(rename = "entity")]
    #[schema(example = "main")]
    pub entity_code: String,
    /// Name for people.
    #[schema(example = "2024-01")]
    pub name: String,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// Whether it takes postings.
    pub state: PeriodState,
    /// The areas that take none though it is open.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub locked: BTreeSet<Area>,
    /// Whether a signed-off close has closed it, and alone opens it again.
    #[serde(rename = "isSignedOff", skip_serializing_if = "std::ops::Not::not")]
    pub signed_off: bool,
    /// Version: what `If-Match` names.
    pub version: i64,
}

/// A part of the books that is closed before the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = finance::PeriodArea)]
pub enum Area {
    /// The sales book.
    Sales,
    /// The purchase book.
    Purchase,
    /// Lines that count for the tax report, in whatever book.
    Tax,
}

impl Area {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Purchase => "purchase",
            Self::Tax => "tax",
        }
    }

    /// The areas that a journal of this book is in.
    pub fn of(book: Book, has_tax: bool) -> impl Iterator<Item = Self> {
        let of_book = match book {
            Book::Sales => Some(Self::Sales),
            Book::Purchase => Some(Self::Purchase),
            Book::General | Book::Bank | Book::Opening | Book::Exchange | Book::Closing => None,
        };
        of_book.into_iter().chain(has_tax.then_some(Self::Tax))
    }
}

/// Whether a period takes postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = finance::PeriodState)]
pub enum PeriodState {
    /// It does.
    Open,
    /// Only from those who may post to soft-closed periods.
    SoftClosed,
    /// It does not.
    Closed,
}

impl PeriodState {
    /// The word stored for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::SoftClosed => "soft_closed",
            Self::Closed => "closed",
        }
    }

    /// The state with this stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::SoftClosed, Self::Closed].into_iter().find(|state| state.as_str() == word)
    }

    /// Whether a period may go from this state to that one: forward by closing, back to open by reopening.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Open, Self::SoftClosed | Self::Closed)
                | (Self::SoftClosed, Self::Closed | Self::Open)
                | (Self::Closed, Self::Open)
        )
    }
}

impl std::fmt::Display for PeriodState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::SoftClosed => "soft-closed",
            Self::Closed => "closed",
        })
    }
}

impl Period {
    /// Whether the date falls into it.
    pub fn covers(&self, date: NaiveDate) -> bool {
        (self.starts_on..=self.ends_on).contains(&date)
    }
}

/// First and last day of the period that an uncovered date gets: its calendar month, cut to the gap between the last
/// period that ends before the date and the first that starts after it.
pub fn uncovered_month(
    date: NaiveDate,
    previous_end: Option<NaiveDate>,
    next_start: Option<NaiveDate>,
) -> (NaiveDate, NaiveDate) {
    let month_start = month_of(date);
    let month_end = month_start + Months::new(1) - Days::new(1);
    let starts_on = previous_end.map_or(month_start, |end| month_start.max(end + Days::new(1)));
    let ends_on = next_start.map_or(month_end, |start| month_end.min(start - Days::new(1)));
    (starts_on, ends_on)
}

/// The first day from `date` on that takes postings: in an open period, or in none, whose month is then made open. Before the end of
/// what is signed off there is none. `calendar` is sorted by its days. `None` when the calendar is closed to the end of time.
pub fn first_open_day(calendar: &[Period], date: NaiveDate) -> Option<NaiveDate> {
    let signed_off = calendar.iter().filter(|period| period.signed_off).map(|period| period.ends_on).max();
    let mut day = match signed_off {
        Some(end) if end >= date => end.succ_opt()?,
        _ => date,
    };
    for period in calendar.iter().filter(|period| period.ends_on >= date) {
        if !period.covers(day) || period.state == PeriodState::Open {
            break;
        }
        day = period.ends_on.succ_opt()?;
    }
    Some(day)
}

/// Name of such a period: `2024-01`, or both days where it is less than the month.
pub fn month_name(starts_on: NaiveDate, ends_on: NaiveDate) -> String {
    if uncovered_month(starts_on, None, None) == (starts_on, ends_on) {
        starts_on.format("%Y-%m").to_string()
    } else {
        format!("{starts_on} to {ends_on}")
    }
}

/// First day of the month that the date falls into.
pub fn month_of(date: NaiveDate) -> NaiveDate {
    date - Days::new(u64::from(date.day0()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_uncovered_date_gets_its_month() {
        let span = uncovered_month(day("2024-02-10"), None, None);
        assert_eq!(span, (day("2024-02-01"), day("2024-02-29")));
        assert_eq!(month_name(span.0, span.1), "2024-02");
        let far = uncovered_month(day("2024-02-10"), Some(day("2023-12-31")), Some(day("2024-04-01")));
        assert_eq!(far, span);
    }

    #[test]
    fn declared_periods_cut_the_month_to_the_gap() {
        let span = uncovered_month(day("2024-02-10"), Some(day("2024-02-04")), Some(day("2024-02-26")));
        assert_eq!(span, (day("2024-02-05"), day("2024-02-25")));
        assert_eq!(month_name(span.0, span.1), "2024-02-05 to 2024-02-25");
    }

    #[test]
    fn the_first_open_day_lies_in_an_open_period_or_in_none() {
        let period = |from: &str, to: &str, state| Period {
            id: Id::nil(),
            entity: Id::nil(),
            entity_code: String::new(),
            locked: BTreeSet::new(),
            signed_off: false,
            name: String::new(),
            starts_on: day(from),
            ends_on: day(to),
            state,
            version: 1,
        };
        let calendar = [
            period("2024-01-01", "2024-01-31", PeriodState::Closed),
            period("2024-02-01", "2024-02-29", PeriodState::SoftClosed),
            period("2024-03-01", "2024-03-31", PeriodState::Open),
            period("2024-05-01", "2024-05-31", PeriodState::Closed),
        ];
        for (date, expected) in [
            ("2023-12-15", "2023-12-15"),
            ("2024-01-15", "2024-03-01"),
            ("2024-03-15", "2024-03-15"),
            ("2024-04-10", "2024-04-10"),
            ("2024-05-10", "2024-06-01"),
        ] {
            assert_eq!(first_open_day(&calendar, day(date)), Some(day(expected)), "{date}");
        }
        let mut signed_off = calendar.to_vec();
        if let Some(last) = signed_off.last_mut() {
            last.signed_off = true;
        }
        for (date, expected) in [("2024-04-10", "2024-06-01"), ("2024-07-10", "2024-07-10")] {
            assert_eq!(first_open_day(&signed_off, day(date)), Some(day(expected)), "{date}");
        }
    }

    #[test]
    fn closing_goes_forward_and_reopening_back_to_open() {
        use PeriodState::{Closed, Open, SoftClosed};
        for (from, to, is_allowed) in [
            (Open, SoftClosed, true),
            (Open, Closed, true),
            (SoftClosed, Closed, true),
            (SoftClosed, Open, true),
            (Closed, Open, true),
            (Closed, SoftClosed, false),
            (Open, Open, false),
            (Closed, Closed, false),
        ] {
            assert_eq!(from.may_become(to), is_allowed, "{from} to {to}");
        }
    }

    proptest! {
        #[test]
        fn the_gap_covers_the_date_and_touches_no_neighbour(offset in 0_u64..100_000, before in 1_u64..60, after in 1_u64..60) {
            let date = day("1900-01-01") + Days::new(offset);
            let (previous_end, next_start) = (date - Days::new(before), date + Days::new(after));
            let (starts_on, ends_on) = uncovered_month(date, Some(previous_end), Some(next_start));
            prop_assert!(starts_on <= date && date <= ends_on);
            prop_assert!(previous_end < starts_on && ends_on < next_start);
            prop_assert_eq!((month_of(starts_on), month_of(ends_on)), (month_of(date), month_of(date)));
        }
    }
}
