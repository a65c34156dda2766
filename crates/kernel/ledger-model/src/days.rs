//! Days of a report, as whole months, whose sums are kept, and what is left of months at both ends.

use chrono::{Months, NaiveDate};

use crate::period::month_of;

/// Days from one to another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    /// First day; the first of all where there is none.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: NaiveDate,
    /// The first month that is in it as a whole; the first of all where there is none.
    pub first_month: Option<NaiveDate>,
    /// The month behind the last that is in it as a whole.
    pub end_month: NaiveDate,
    /// First and last day of what is left beside those months.
    pub parts: Vec<(NaiveDate, NaiveDate)>,
}

impl Days {
    /// These days.
    pub fn new(from: Option<NaiveDate>, to: NaiveDate) -> Self {
        let next =
            |day: NaiveDate| month_of(day).checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
        let is_last_of_month = to.succ_opt().is_none_or(|day| day == next(to));
        let end_month = if is_last_of_month { next(to) } else { month_of(to) };
        let first_month = from.map(|from| if from == month_of(from) { from } else { next(from) });
        if let (Some(from), Some(first)) = (from, first_month)
            && first >= end_month
        {
            // Not one month is in it as a whole.
            return Self { from: Some(from), to, first_month, end_month: first, parts: vec![(from, to)] };
        }
        let head = from.zip(first_month).filter(|(from, first)| from < first);
        let head = head.and_then(|(from, first)| Some((from, first.pred_opt()?)));
        let tail = (!is_last_of_month).then_some((end_month, to));
        Self { from, to, first_month, end_month, parts: head.into_iter().chain(tail).collect() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn parts(days: &Days) -> Vec<(String, String)> {
        days.parts.iter().map(|(first, last)| (first.to_string(), last.to_string())).collect()
    }

    #[test]
    fn whole_months_are_told_from_what_is_left() {
        let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        let year = Days::new(Some(day("2025-01-01")), day("2025-12-31"));
        assert_eq!((year.first_month, year.end_month), (Some(day("2025-01-01")), day("2026-01-01")));
        assert_eq!(parts(&year), []);
        let bent = Days::new(Some(day("2025-01-02")), day("2025-03-30"));
        assert_eq!((bent.first_month, bent.end_month), (Some(day("2025-02-01")), day("2025-03-01")));
        assert_eq!(parts(&bent), [pair("2025-01-02", "2025-01-31"), pair("2025-03-01", "2025-03-30")]);
        let short = Days::new(Some(day("2025-01-20")), day("2025-02-10"));
        assert_eq!(parts(&short), [pair("2025-01-20", "2025-02-10")]);
        let all = Days::new(None, day("2025-02-10"));
        assert_eq!((all.first_month, all.end_month), (None, day("2025-02-01")));
        assert_eq!(parts(&all), [pair("2025-02-01", "2025-02-10")]);
    }

    proptest! {
        /// Each day is counted once: by its month, or by a part.
        #[test]
        fn every_day_is_in_it_once(start in 0_u64..800, length in 0_u64..200, has_start: bool) {
            let first = day("2024-01-01") + chrono::Days::new(start);
            let to = first + chrono::Days::new(length);
            let days = Days::new(has_start.then_some(first), to);
            for offset in 0..1_100 {
                let each = day("2023-12-01") + chrono::Days::new(offset);
                let by_month = days.first_month.is_none_or(|month| month_of(each) >= month) && month_of(each) < days.end_month;
                let by_parts = days.parts.iter().filter(|(first, last)| (*first..=*last).contains(&each)).count();
                let is_in = (!has_start || each >= first) && each <= to;
                prop_assert_eq!(usize::from(by_month) + by_parts, usize::from(is_in), "{}", each);
            }
        }
    }
}
