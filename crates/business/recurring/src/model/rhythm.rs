//! On which days something comes back. A day is worked out from its number alone, never from the day before it, so days do not drift.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The last year that the ledger takes.
const LAST_YEAR: i32 = 2199;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = recurring::Every)]
pub(crate) enum Every {
    /// On its first day and never again.
    Once,
    /// Each week, on the weekday of its first day.
    Week,
    /// Each month.
    Month,
    /// Every three months.
    Quarter,
    /// Each year.
    Year,
}

impl Every {
    const ALL: [Self; 5] = [Self::Once, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The one with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|every| every.as_str() == word)
    }
}

/// When something comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Rhythm)]
pub(crate) struct Rhythm {
    /// How often.
    pub(crate) every: Every,
    /// Every how many weeks, months, quarters or years, from 1.
    #[schema(example = 1)]
    pub(crate) interval: u16,
    /// On which day of the month, 1 to 31. In a month that is shorter it is the month's last day, so 31 is always the last.
    #[schema(example = 31)]
    pub(crate) day_of_month: u8,
    /// Nothing is made before this day.
    pub(crate) first_day: NaiveDate,
    /// Nothing is made after this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_day: Option<NaiveDate>,
    /// How many are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) occurrences: Option<u32>,
}

impl Rhythm {
    /// The day of the occurrence with this number, counted from 1; `None` behind the last one.
    pub(crate) fn day(&self, number: u32) -> Option<NaiveDate> {
        let before = number.checked_sub(1)?;
        if self.occurrences.is_some_and(|count| number > count) {
            return None;
        }
        let steps = before.checked_mul(u32::from(self.interval))?;
        let day = match self.every {
            Every::Once => (before == 0).then_some(self.first_day),
            Every::Week => self.first_day.checked_add_days(Days::new(u64::from(steps) * 7)),
            Every::Month => self.in_month(steps),
            Every::Quarter => self.in_month(steps.checked_mul(3)?),
            Every::Year => self.in_month(steps.checked_mul(12)?),
        }?;
        let is_over = self.last_day.is_some_and(|last| day > last) || day.year() > LAST_YEAR;
        (!is_over).then_some(day)
    }

    /// The day so many months after the first one: that is the first with this day of the month from the first day on.
    fn in_month(&self, after: u32) -> Option<NaiveDate> {
        let first = day_in_month(self.first_day, self.day_of_month)?;
        let later = u32::from(first < self.first_day);
        let month =
            first_of_month(self.first_day)?.checked_add_months(Months::new(after.checked_add(later)?))?;
        day_in_month(month, self.day_of_month)
    }
}

/// The first day of a day's month.
pub(crate) fn first_of_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)
}

/// The last day of a day's month.
pub(crate) fn last_of_month(day: NaiveDate) -> Option<NaiveDate> {
    first_of_month(day)?.checked_add_months(Months::new(1))?.pred_opt()
}

/// This day of a day's month, or its last one where the month is shorter.
fn day_in_month(day: NaiveDate, of_month: u8) -> Option<NaiveDate> {
    let last = last_of_month(day)?;
    last.with_day(u32::from(of_month).min(last.day()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rhythm(every: Every, of_month: u8, first: &str) -> Rhythm {
        let first_day = day(first);
        Rhythm { every, interval: 1, day_of_month: of_month, first_day, last_day: None, occurrences: None }
    }

    fn days(rhythm: &Rhythm, count: u32) -> Vec<String> {
        (1..=count).map_while(|number| rhythm.day(number)).map(|day| day.to_string()).collect()
    }

    #[test]
    fn the_last_day_of_the_month_stays_the_last() {
        let monthly = rhythm(Every::Month, 31, "2024-01-31");
        assert_eq!(days(&monthly, 5), ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"]);
        let thirtieth = rhythm(Every::Month, 30, "2025-01-30");
        assert_eq!(days(&thirtieth, 3), ["2025-01-30", "2025-02-28", "2025-03-30"]);
        let yearly = rhythm(Every::Year, 29, "2024-02-29");
        assert_eq!(days(&yearly, 5), ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]);
        let quarterly = rhythm(Every::Quarter, 31, "2025-11-30");
        assert_eq!(days(&quarterly, 3), ["2025-11-30", "2026-02-28", "2026-05-31"]);
    }

    #[test]
    fn the_first_is_the_first_such_day_from_the_first_day_on() {
        assert_eq!(days(&rhythm(Every::Month, 15, "2025-01-20"), 2), ["2025-02-15", "2025-03-15"]);
        assert_eq!(days(&rhythm(Every::Month, 15, "2025-01-15"), 2), ["2025-01-15", "2025-02-15"]);
    }

    #[test]
    fn it_ends_by_day_and_by_number_and_with_the_calendar() {
        let weekly = Rhythm { interval: 2, ..rhythm(Every::Week, 1, "2025-01-06") };
        let until = Rhythm { last_day: Some(day("2025-02-03")), ..weekly };
        assert_eq!(days(&until, 9), ["2025-01-06", "2025-01-20", "2025-02-03"]);
        let counted = Rhythm { occurrences: Some(2), ..weekly };
        assert_eq!(days(&counted, 9), ["2025-01-06", "2025-01-20"]);
        assert_eq!(days(&rhythm(Every::Once, 1, "2025-01-06"), 9), ["2025-01-06"]);
        for every in Every::ALL {
            let fast = Rhythm { interval: u16::MAX, ..rhythm(every, 31, "2025-01-06") };
            assert_eq!((fast.day(u32::MAX), fast.day(0)), (None, None));
        }
    }

    proptest! {
        #[test]
        fn days_rise_and_keep_their_day_of_the_month(
            every in prop::sample::select(vec![Every::Month, Every::Quarter, Every::Year]),
            interval in 1_u16..5, of_month in 1_u8..=31, start in 0_u64..20_000,
        ) {
            let first_day = day("2000-01-01") + Days::new(start);
            let rhythm = Rhythm { interval, first_day, ..rhythm(every, of_month, "2000-01-01") };
            let found: Vec<NaiveDate> = (1..=40).map_while(|number| rhythm.day(number)).collect();
            prop_assert!(found.iter().all(|day| *day >= first_day));
            prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
            for day in found {
                let last = last_of_month(day).unwrap().day();
                prop_assert_eq!(day.day(), u32::from(of_month).min(last));
            }
        }
    }
}
