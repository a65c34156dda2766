//! At which instants a schedule fires: its rhythm on the clock of its zone, between start and end, without excluded days.

use std::collections::BTreeSet;
use std::iter;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::{GapInfo, Tz};

use crate::CronSchedule;
use crate::cron::LAST_YEAR;

/// How far back the latest time is looked for, in hours, nearest first: a schedule that stood still for years is not
/// walked through time by time.
const LOOK_BACK_HOURS: [i64; 4] = [1, 24, 24 * 32, 24 * 400];

/// What brings the times about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// Times of the wall clock.
    Cron(CronSchedule),
    /// Instants a fixed length apart, whatever clocks do: the anchor, and every multiple of the length before and after
    /// it.
    Every {
        /// The length; at least a microsecond.
        every: TimeDelta,
        /// One of the instants (UTC).
        anchor: DateTime<Utc>,
    },
}

impl Rhythm {
    /// The first instant strictly after `after`; `None` when nothing is left up to the year 2100.
    pub fn next_after(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        match self {
            Self::Cron(cron) => cron.next_after(after, zone),
            Self::Every { every, anchor } => {
                let (every, anchor) =
                    (i128::from(every.num_microseconds()?.max(1)), anchor.timestamp_micros());
                let passed = i128::from(after.timestamp_micros()) - i128::from(anchor);
                let next = i128::from(anchor) + (passed.div_euclid(every) + 1) * every;
                let next = DateTime::from_timestamp_micros(i64::try_from(next).ok()?)?;
                (next.year() <= LAST_YEAR).then_some(next)
            }
        }
    }
}

/// When a schedule fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// What brings the times about.
    pub rhythm: Rhythm,
    /// On whose clock cron expressions and excluded days are read.
    pub zone: Tz,
    /// No time before this instant (UTC).
    pub starts_at: Option<DateTime<Utc>>,
    /// No time after this instant (UTC).
    pub ends_at: Option<DateTime<Utc>>,
    /// Days of the zone on which nothing fires. A time belongs to the day that the zone's clock shows at it.
    pub excluded: BTreeSet<NaiveDate>,
}

impl Calendar {
    /// The first time strictly after `after`.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let tick = TimeDelta::microseconds(1);
        let mut after = self.starts_at.map_or(after, |start| after.max(start - tick));
        loop {
            let time = self.rhythm.next_after(after, self.zone)?;
            if self.ends_at.is_some_and(|end| time > end) {
                return None;
            }
            let day = time.with_timezone(&self.zone).date_naive();
            if !self.excluded.contains(&day) {
                return Some(time);
            }
            // On to the next day at once, but never back: a day may come twice around a clock change at midnight.
            after = self.start_of_day_after(day).map_or(time, |midnight| time.max(midnight - tick));
        }
    }

    /// The first time at or after `from`.
    pub fn next_from(&self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Instants are whole microseconds, as the database has them.
        self.next_after(from - TimeDelta::microseconds(1))
    }

    /// All times strictly after `after`, in order.
    pub fn upcoming(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        iter::successors(self.next_after(after), |last| self.next_after(*last))
    }

    /// The latest time from `from` to `through`, both included.
    pub fn latest(&self, from: DateTime<Utc>, through: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let near = LOOK_BACK_HOURS.iter().map(|hours| through - TimeDelta::hours(*hours));
        let starts = near.take_while(|start| *start > from).chain([from]);
        let mut found = starts.filter_map(|start| self.next_from(start)).find(|time| *time <= through)?;
        while let Some(time) = self.next_after(found).filter(|time| *time <= through) {
            found = time;
        }
        Some(found)
    }

    /// The first instant of the day after `day` on the zone's clock.
    fn start_of_day_after(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let midnight = day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
        match self.zone.from_local_datetime(&midnight).earliest() {
            Some(instant) => Some(instant.to_utc()),
            None => GapInfo::new(&midnight, &self.zone)?.end.map(|instant| instant.to_utc()),
        }
    }
}

#[cfg(test)]
mod tests;
