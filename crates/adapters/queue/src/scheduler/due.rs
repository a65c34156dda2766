//! Which time of a due schedule is fired, and which comes next.

use athyper_kernel_jobs::CronSchedule;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// How far back the latest missed time is looked for, in hours, nearest first: a schedule that was missed for years is
/// not walked through time by time.
const LOOK_BACK_HOURS: [i64; 4] = [1, 24, 24 * 32, 24 * 400];

/// What to do with a due schedule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// The time that is fired: the latest that is past.
    pub(super) nominal: DateTime<Utc>,
    /// The first time to come, if any is left.
    pub(super) next_at: Option<DateTime<Utc>>,
}

/// Makes up for all times from `next_at` to `now` by firing the latest of them once.
pub(super) fn due(cron: &CronSchedule, zone: Tz, next_at: DateTime<Utc>, now: DateTime<Utc>) -> Due {
    let mut nominal = latest_start(cron, zone, next_at, now);
    let mut following = cron.next_after(nominal, zone);
    while let Some(time) = following.filter(|time| *time <= now) {
        nominal = time;
        following = cron.next_after(time, zone);
    }
    Due { nominal, next_at: following }
}

/// A missed time from which the latest one is not far.
fn latest_start(cron: &CronSchedule, zone: Tz, next_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    for hours in LOOK_BACK_HOURS {
        let from = now - TimeDelta::hours(hours);
        if from <= next_at {
            break;
        }
        if let Some(time) = cron.next_after(from, zone).filter(|time| *time <= now) {
            return time;
        }
    }
    next_at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn fire(cron: &str, next_at: &str, now: &str) -> Due {
        due(&CronSchedule::parse(cron).unwrap(), Tz::Europe__Berlin, at(next_at), at(now))
    }

    #[test]
    fn a_time_that_has_just_come_is_fired_and_the_following_stored() {
        let due = fire("0 6 * * *", "2026-07-01T04:00:00Z", "2026-07-01T04:00:00.3Z");
        assert_eq!(due.nominal, at("2026-07-01T04:00:00Z"));
        assert_eq!(due.next_at, Some(at("2026-07-02T04:00:00Z")));
    }

    #[test]
    fn of_missed_times_the_latest_is_fired_however_long_the_pause() {
        for paused_since in ["2026-07-01T04:00:00Z", "2026-05-01T04:00:00Z", "2016-07-01T04:00:00Z"] {
            let due = fire("0 6 * * *", paused_since, "2026-07-03T20:00:00Z");
            assert_eq!(due.nominal, at("2026-07-03T04:00:00Z"), "{paused_since}");
            assert_eq!(due.next_at, Some(at("2026-07-04T04:00:00Z")));
        }
        let every_minute = fire("* * * * *", "2016-07-01T04:00:00Z", "2026-07-03T20:00:30Z");
        assert_eq!(every_minute.nominal, at("2026-07-03T20:00:00Z"));
    }

    #[test]
    fn a_rare_time_is_found_beyond_every_look_back() {
        let due = fire("0 0 29 2 *", "2024-02-28T23:00:00Z", "2026-07-01T00:00:00Z");
        assert_eq!(due.nominal, at("2024-02-28T23:00:00Z"));
        assert_eq!(due.next_at, Some(at("2028-02-28T23:00:00Z")));
    }
}
