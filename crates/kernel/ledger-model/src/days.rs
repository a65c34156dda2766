//! Days of a report, as whole months, whose sums are kept, and the days that these are too many or too few.

use chrono::{Months, NaiveDate};

use crate::period::month_of;

/// Days from one to another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    /// First day; the first of all where there is none.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: NaiveDate,
    /// The first of the months that are counted as a whole; the first of all where there is none.
    pub first_month: Option<NaiveDate>,
    /// The month behind the last that is counted as a whole.
    pub end_month: NaiveDate,
    /// What is to be counted beside those months, or taken off them: at most half a month at each end.
    pub parts: Vec<Part>,
}

/// Days that no whole month stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// First day.
    pub first: NaiveDate,
    /// Last day.
    pub last: NaiveDate,
    /// One where they are counted, minus one where they are taken off.
    pub sign: i16,
}

impl Part {
    fn length(&self) -> i64 {
        (self.last - self.first).num_days() + 1
    }
}

impl Days {
    /// These days. Of a month that they are only a part of, whichever is less is read: the part, or what it lacks.
    #[must_use]
    pub fn new(from: Option<NaiveDate>, to: NaiveDate) -> Self {
        let (end_month, tail) = months_until(to);
        // What lies before the first day is taken off what lies before the end.
        let (first_month, head) = match from.and_then(|from| from.pred_opt()).map(months_until) {
            Some((month, before)) => (Some(month), before.map(|part| Part { sign: -part.sign, ..part })),
            None => (None, None),
        };
        let parts: Vec<Part> = head.into_iter().chain(tail).collect();
        if let Some(from) = from {
            let all = Part { first: from, last: to, sign: 1 };
            if all.length() <= parts.iter().map(Part::length).sum() {
                return Self {
                    from: Some(from),
                    to,
                    first_month: Some(end_month),
                    end_month,
                    parts: vec![all],
                };
            }
        }
        Self { from, to, first_month, end_month, parts }
    }

    /// All days up to this one.
    #[must_use]
    pub fn until(to: NaiveDate) -> Self {
        Self::new(None, to)
    }
}

/// All days up to this one: the month before which all are counted as a whole, and what is wrong with that.
fn months_until(day: NaiveDate) -> (NaiveDate, Option<Part>) {
    let month = month_of(day);
    let next = month.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
    let counted = Part { first: month, last: day, sign: 1 };
    match day.succ_opt().zip(next.pred_opt()) {
        Some((first, last)) if first > last => (next, None),
        Some((first, last)) => {
            let lacking = Part { first, last, sign: -1 };
            if counted.length() <= lacking.length() { (month, Some(counted)) } else { (next, Some(lacking)) }
        }
        None => (month, Some(counted)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn parts(days: &Days) -> Vec<(String, String, i16)> {
        days.parts.iter().map(|part| (part.first.to_string(), part.last.to_string(), part.sign)).collect()
    }

    #[test]
    fn whole_months_are_told_from_what_is_left() {
        let part = |first: &str, last: &str, sign: i16| (first.to_owned(), last.to_owned(), sign);
        let year = Days::new(Some(day("2025-01-01")), day("2025-12-31"));
        assert_eq!((year.first_month, year.end_month), (Some(day("2025-01-01")), day("2026-01-01")));
        assert_eq!(parts(&year), []);
        let bent = Days::new(Some(day("2025-01-02")), day("2025-03-30"));
        assert_eq!((bent.first_month, bent.end_month), (Some(day("2025-01-01")), day("2025-04-01")));
        assert_eq!(
            parts(&bent),
            [part("2025-01-01", "2025-01-01", -1), part("2025-03-31", "2025-03-31", -1)]
        );
        let short = Days::new(Some(day("2025-01-25")), day("2025-02-03"));
        assert_eq!(parts(&short), [part("2025-01-25", "2025-02-03", 1)]);
        assert!(short.first_month >= Some(short.end_month), "no month as a whole");
        let early = Days::until(day("2025-02-10"));
        assert_eq!((early.first_month, early.end_month), (None, day("2025-02-01")));
        assert_eq!(parts(&early), [part("2025-02-01", "2025-02-10", 1)]);
        let late = Days::until(day("2025-02-20"));
        assert_eq!((late.first_month, late.end_month), (None, day("2025-03-01")));
        assert_eq!(parts(&late), [part("2025-02-21", "2025-02-28", -1)]);
        assert_eq!(parts(&Days::until(day("2025-02-28"))), []);
    }

    proptest! {
        /// Each day is counted once, by its month or by a part, and few days are read.
        #[test]
        fn every_day_is_in_it_once(start in 0_u64..800, length in 0_u64..200, has_start: bool) {
            let first = day("2024-01-01") + chrono::Days::new(start);
            let to = first + chrono::Days::new(length);
            let days = Days::new(has_start.then_some(first), to);
            for offset in 0..1_100 {
                let each = day("2023-12-01") + chrono::Days::new(offset);
                let by_month = days.first_month.is_none_or(|month| month_of(each) >= month) && month_of(each) < days.end_month;
                let of_parts = days.parts.iter().filter(|part| (part.first..=part.last).contains(&each));
                let is_in = (!has_start || each >= first) && each <= to;
                prop_assert_eq!(i16::from(by_month) + of_parts.map(|part| part.sign).sum::<i16>(), i16::from(is_in), "{}", each);
            }
            let read: i64 = days.parts.iter().map(Part::length).sum();
            prop_assert!(read <= if has_start { 30 } else { 15 }, "{read} days are read");
        }
    }
}
