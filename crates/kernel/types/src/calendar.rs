//! The business calendar: when people work, in their own zone, and time counted in working time.

mod config;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use self::config::{CalendarConfig, ExtraWorkingDay, MonthDay, TimeOfDay, WeekHours, WorkingHours};

/// How far the calendar looks for working time before it gives up: ten years in days.
const SEARCH_DAYS: i64 = 3653;
/// Longest stretch of time counted in one call: a hundred years in days.
const RANGE_DAYS: i64 = 36_525;

/// Working hours per weekday, holidays and extra working days in one IANA zone.
///
/// A date's hours are, in this order: those of an extra working day; none on a holiday; those of its weekday.
/// Working time is elapsed real time: a shift from 01:00 to 04:00 has two hours in the night the clocks go
/// forward at 02:00. A local time that such a change skips moves forward by the skipped span; one that happens
/// twice is its first occurrence. A date the zone skipped as a whole has no working time, and neither has a date
/// outside the years 1 to 9999. The zone data knows clock changes up to the year 2099; later dates keep the
/// offset in force at its end.
///
/// It is read from and written as a [`CalendarConfig`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CalendarConfig", into = "CalendarConfig")]
pub struct BusinessCalendar {
    zone: Tz,
    week: WeekHours,
    holidays: BTreeSet<NaiveDate>,
    yearly_holidays: BTreeSet<MonthDay>,
    extra_working_days: BTreeMap<NaiveDate, Vec<WorkingHours>>,
}

/// Why a calendar could not be made or a question to it has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The zone is not in the IANA time zone database.
    #[error("{zone:?} is not an IANA time zone, use a name such as Europe/Berlin")]
    UnknownZone {
        /// The zone as given.
        zone: String,
    },
    /// A time of day is malformed.
    #[error("{text:?} is not a time of day, write HH:MM from 00:00 to 24:00")]
    TimeOfDay {
        /// The text as given.
        text: String,
    },
    /// A yearly date is malformed or exists in no year.
    #[error("{text:?} is not a day of the year, write MM-DD such as 12-25")]
    MonthDay {
        /// The text as given.
        text: String,
    },
    /// Working hours end before or when they start.
    #[error("working hours from {from} to {to} are empty, split a night shift at 24:00")]
    EmptyHours {
        /// Start of the hours.
        from: TimeOfDay,
        /// End of the hours.
        to: TimeOfDay,
    },
    /// Two working hours of one day overlap.
    #[error("working hours that start at {from} overlap those before them, separate or merge them")]
    OverlappingHours {
        /// Start of the later hours.
        from: TimeOfDay,
    },
    /// An extra working day without hours or listed twice.
    #[error("the extra working day {date} needs hours and one entry only")]
    ExtraWorkingDay {
        /// The date.
        date: NaiveDate,
    },
    /// Nobody works for ten years.
    #[error("the calendar has no working time within ten years of {from}, give it working hours")]
    NoWorkingTime {
        /// The date the search started at.
        from: NaiveDate,
    },
    /// The question spans more than a hundred years or leaves the calendar.
    #[error("the working time asked for spans more than a hundred years, ask for less")]
    RangeTooLong,
}

impl BusinessCalendar {
    /// The zone whose local times and dates the calendar speaks of.
    #[must_use]
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// The local date of an instant in the calendar's zone.
    #[must_use]
    pub fn local_date(&self, instant: DateTime<Utc>) -> NaiveDate {
        let utc = instant.naive_utc();
        let offset = self.zone.offset_from_utc_datetime(&utc).fix();
        // Only the very ends of the representable time have no local time; their UTC date stands in.
        utc.checked_add_offset(offset).unwrap_or(utc).date()
    }

    /// Whether `date` is a holiday. An extra working day is none, whatever the lists of holidays say.
    /// A yearly holiday on 29 February exists in leap years only.
    #[must_use]
    pub fn is_holiday(&self, date: NaiveDate) -> bool {
        !self.extra_working_days.contains_key(&date)
            && (self.holidays.contains(&date) || self.yearly_holidays.contains(&MonthDay::of(date)))
    }

    /// Whether anybody works at some time of `date`.
    #[must_use]
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        !timeline::spans_of(self, date).is_empty()
    }

    /// Whether `instant` lies in working time. Hours include their start and exclude their end.
    #[must_use]
    pub fn is_working(&self, instant: DateTime<Utc>) -> bool {
        timeline::spans_around(self, instant).any(|span| span.start <= instant && instant < span.end)
    }

    /// The first instant at or after `instant` that lies in working time.
    pub fn next_working_instant(&self, instant: DateTime<Utc>) -> Result<DateTime<Utc>, CalendarError> {
        timeline::spans_from(self, instant)
            .next()
            .map(|span| span.start)
            .ok_or_else(|| self.no_working_time(instant))
    }

    /// The working time from `a` to `b`, exact to the instants' resolution; negative when `b` is before `a`.
    ///
    /// # Errors
    /// [`CalendarError::RangeTooLong`] when they are more than a hundred years apart.
    pub fn working_time_between(
        &self,
        a: DateTime<Utc>,
        b: DateTime<Utc>,
    ) -> Result<TimeDelta, CalendarError> {
        if b < a {
            return Ok(-self.working_time_between(b, a)?);
        }
        if b - a > TimeDelta::days(RANGE_DAYS) {
            return Err(CalendarError::RangeTooLong);
        }
        let last_date = self.local_date(b);
        let last = last_date.succ_opt().unwrap_or(last_date);
        let mut total = TimeDelta::zero();
        for date in timeline::dates_from(timeline::day_before(self, a)).take_while(|date| *date <= last) {
            for span in timeline::spans_of(self, date) {
                total += (span.end.min(b) - span.start.max(a)).max(TimeDelta::zero());
            }
        }
        Ok(total)
    }

    /// The working seconds from `a` to `b`, negative when `b` is before `a`; a fraction of a second is cut off.
    ///
    /// # Errors
    /// [`CalendarError::RangeTooLong`] when they are more than a hundred years apart.
    pub fn working_seconds_between(&self, a: DateTime<Utc>, b: DateTime<Utc>) -> Result<i64, CalendarError> {
        self.working_time_between(a, b).map(|time| time.num_seconds())
    }

    /// The instant nearest to `instant` that has `time` of working time between them: later for a positive
    /// `time`, earlier for a negative one, `instant` itself for zero.
    ///
    /// Eight hours from 09:00 of a day worked until 17:00 is 17:00 of that day, not the next morning.
    ///
    /// # Errors
    /// [`CalendarError::NoWorkingTime`] when ten years pass without any, [`CalendarError::RangeTooLong`] when
    /// the result is more than a hundred years away.
    pub fn add_working_time(
        &self,
        instant: DateTime<Utc>,
        time: TimeDelta,
    ) -> Result<DateTime<Utc>, CalendarError> {
        let mut left = time;
        let mut reached = instant;
        while left != TimeDelta::zero() {
            if (reached - instant).abs() > TimeDelta::days(RANGE_DAYS) {
                return Err(CalendarError::RangeTooLong);
            }
            // The search starts anew from each span's far end, so each finds work within ten years or fails.
            let forward = left > TimeDelta::zero();
            let span = if forward {
                timeline::spans_from(self, reached).next()
            } else {
                timeline::spans_until(self, reached).next()
            };
            let span = span.ok_or_else(|| self.no_working_time(reached))?;
            let length = span.end - span.start;
            if forward {
                let used = length.min(left);
                left -= used;
                reached = span.start + used;
            } else {
                let used = length.min(-left);
                left += used;
                reached = span.end - used;
            }
        }
        Ok(reached)
    }

    /// The `n`-th working day after `date`, or before it for a negative `n`; `date` itself for zero, even when
    /// nobody works on it.
    ///
    /// # Errors
    /// [`CalendarError::NoWorkingTime`] when ten years pass without a working day,
    /// [`CalendarError::RangeTooLong`] when the result is more than a hundred years away.
    pub fn add_working_days(&self, date: NaiveDate, n: i32) -> Result<NaiveDate, CalendarError> {
        let step = TimeDelta::days(i64::from(n.signum()));
        let mut left = n.unsigned_abs();
        let mut reached = date;
        let mut idle_days = 0;
        while left > 0 {
            reached = reached.checked_add_signed(step).ok_or(CalendarError::RangeTooLong)?;
            if (reached - date).num_days().abs() > RANGE_DAYS {
                return Err(CalendarError::RangeTooLong);
            }
            if self.is_working_day(reached) {
                left -= 1;
                idle_days = 0;
            } else {
                idle_days += 1;
                if idle_days > SEARCH_DAYS {
                    return Err(CalendarError::NoWorkingTime { from: date });
                }
            }
        }
        Ok(reached)
    }

    /// The hours worked on `date`, in local time.
    fn hours_of(&self, date: NaiveDate) -> &[WorkingHours] {
        if let Some(hours) = self.extra_working_days.get(&date) {
            hours
        } else if self.is_holiday(date) {
            &[]
        } else {
            self.week.of(date.weekday())
        }
    }

    fn no_working_time(&self, from: DateTime<Utc>) -> CalendarError {
        CalendarError::NoWorkingTime { from: self.local_date(from) }
    }
}

#[cfg(test)]
mod tests;
