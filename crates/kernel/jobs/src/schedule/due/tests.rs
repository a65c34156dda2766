//! Tests of due times: each policy by example, and for all of them that no time is lost or taken twice.

use std::collections::BTreeSet;

use super::*;
use crate::CronSchedule;
use crate::schedule::{Overlap, Rhythm};
use chrono_tz::Tz;
use proptest::prelude::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn calendar(cron: &str, zone: Tz) -> Calendar {
    Calendar {
        rhythm: Rhythm::Cron(CronSchedule::parse(cron).unwrap()),
        zone,
        starts_at: None,
        ends_at: None,
        excluded: BTreeSet::new(),
    }
}

fn policy(misfire: Misfire, catch_up: TimeDelta) -> SchedulePolicy {
    SchedulePolicy { misfire, catch_up, overlap: Overlap::AllowAll, jitter: TimeDelta::zero() }
}

fn hourly(misfire: Misfire, catch_up_hours: i64, now: &str) -> Due {
    let policy = policy(misfire, TimeDelta::hours(catch_up_hours));
    due(&calendar("0 * * * *", Tz::UTC), &policy, at("2026-07-01T04:00:00Z"), at(now))
}

fn hour(hour: u32) -> DateTime<Utc> {
    at(&format!("2026-07-01T{hour:02}:00:00Z"))
}

#[test]
fn a_time_that_has_just_come_is_fired_under_every_policy() {
    for misfire in [Misfire::Once, Misfire::None, Misfire::All] {
        let due = hourly(misfire, 0, "2026-07-01T04:00:59Z");
        assert_eq!(due, Due { taken: vec![Taken::Fire(hour(4))], next_at: Some(hour(5)) }, "{misfire:?}");
    }
}

#[test]
fn once_makes_up_for_all_by_the_latest() {
    let due = hourly(Misfire::Once, 1, "2026-07-01T06:30:00Z");
    assert_eq!(due.taken, [Taken::Missed(hour(4)), Taken::Missed(hour(5)), Taken::Fire(hour(6))]);
    assert_eq!(due.next_at, Some(hour(7)));
}

#[test]
fn none_makes_up_for_nothing() {
    let due = hourly(Misfire::None, 24, "2026-07-01T06:00:30Z");
    assert_eq!(due.taken, [Taken::Missed(hour(4)), Taken::Missed(hour(5)), Taken::Fire(hour(6))]);
    let due = hourly(Misfire::None, 24, "2026-07-01T06:02:00Z");
    assert_eq!(due.taken, [Taken::Missed(hour(4)), Taken::Missed(hour(5)), Taken::Missed(hour(6))]);
    assert_eq!(due.next_at, Some(hour(7)));
}

#[test]
fn all_makes_up_for_each_within_the_window() {
    let due = hourly(Misfire::All, 1, "2026-07-01T06:00:00Z");
    assert_eq!(due.taken, [Taken::Missed(hour(4)), Taken::Fire(hour(5)), Taken::Fire(hour(6))]);
    let due = hourly(Misfire::All, 2, "2026-07-01T06:00:00Z");
    assert_eq!(due.taken, [Taken::Fire(hour(4)), Taken::Fire(hour(5)), Taken::Fire(hour(6))]);
}

#[test]
fn what_is_older_than_the_window_is_missed_under_every_policy() {
    for misfire in [Misfire::Once, Misfire::None, Misfire::All] {
        let daily = calendar("0 6 * * *", Tz::Europe__Berlin);
        let due = due(
            &daily,
            &policy(misfire, TimeDelta::hours(1)),
            at("2026-07-01T04:00:00Z"),
            at("2026-07-01T05:00:01Z"),
        );
        assert_eq!(due.taken, [Taken::Missed(at("2026-07-01T04:00:00Z"))], "{misfire:?}");
        assert_eq!(due.next_at, Some(at("2026-07-02T04:00:00Z")));
    }
}

#[test]
fn a_pause_of_years_is_not_walked_through() {
    let minutes = calendar("* * * * *", Tz::Europe__Berlin);
    let now = at("2026-07-03T20:00:30Z");
    let once = due(&minutes, &policy(Misfire::Once, TimeDelta::hours(1)), at("2016-07-01T04:00:00Z"), now);
    assert_eq!(once.taken.len(), MOST_MISSED + 2);
    assert_eq!(
        once.taken[MOST_MISSED..],
        [
            Taken::MissedThrough(at("2016-07-01T05:40:00Z"), at("2026-07-03T19:59:00Z")),
            Taken::Fire(at("2026-07-03T20:00:00Z"))
        ]
    );
    let all = due(&minutes, &policy(Misfire::All, TimeDelta::hours(3)), at("2016-07-01T04:00:00Z"), now);
    assert_eq!(all.taken.len(), MOST_MISSED + 1 + MOST_FIRED);
    // The rest of the window is still due, and comes in the next turn.
    let rest = due(&minutes, &policy(Misfire::All, TimeDelta::hours(3)), all.next_at.unwrap(), now);
    assert_eq!(rest.taken.last(), Some(&Taken::Fire(at("2026-07-03T20:00:00Z"))));
    assert_eq!(all.taken.len() + rest.taken.len(), MOST_MISSED + 1 + 180);
}

#[test]
fn a_rare_time_is_found_beyond_every_look_back() {
    let leap = calendar("0 0 29 2 *", Tz::Europe__Berlin);
    let generous = policy(Misfire::Once, TimeDelta::days(3_000));
    let due = due(&leap, &generous, at("2024-02-28T23:00:00Z"), at("2026-07-01T00:00:00Z"));
    assert_eq!(due.taken, [Taken::Fire(at("2024-02-28T23:00:00Z"))]);
    assert_eq!(due.next_at, Some(at("2028-02-28T23:00:00Z")));
}

#[test]
fn a_next_time_that_the_calendar_does_not_have_is_put_right() {
    let due = due(
        &calendar("0 6 * * *", Tz::UTC),
        &SchedulePolicy::DEFAULT,
        at("2026-07-01T03:33:00Z"),
        at("2026-07-01T04:00:00Z"),
    );
    assert_eq!(due, Due { taken: vec![], next_at: Some(at("2026-07-01T06:00:00Z")) });
}

#[test]
fn after_the_end_nothing_is_left() {
    let ending = Calendar { ends_at: Some(at("2026-07-01T05:30:00Z")), ..calendar("0 * * * *", Tz::UTC) };
    for misfire in [Misfire::Once, Misfire::None, Misfire::All] {
        let due = due(&ending, &policy(misfire, TimeDelta::days(1)), hour(4), at("2026-07-02T00:00:00Z"));
        assert_eq!((due.taken.len(), due.next_at), (2, None), "{misfire:?}: {due:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the policy and however irregular the looks, every time of the calendar is dealt with once and in order,
    /// and its fate is the one that its age and the policy give it.
    #[test]
    fn every_time_has_one_fate(
        expression in prop::sample::select(&["* * * * *", "*/7 * * * *", "0 * * * *", "30 1 * * *"][..]),
        zone in prop::sample::select(&[Tz::UTC, Tz::America__New_York, Tz::Australia__Lord_Howe][..]),
        misfire in prop::sample::select(&[Misfire::Once, Misfire::None, Misfire::All][..]),
        catch_up_min in 0_i64..90,
        looks in prop::collection::vec(1_i64..6_000, 1..12),
    ) {
        let calendar = calendar(expression, zone);
        let policy = policy(misfire, TimeDelta::minutes(catch_up_min));
        let start = at("2025-11-01T22:00:00Z");
        let (mut now, mut next_at) = (start, calendar.next_after(start));
        let mut seen = Vec::new();
        for seconds in looks {
            now += TimeDelta::seconds(seconds);
            while let Some(next) = next_at.filter(|next| *next <= now) {
                let found = due(&calendar, &policy, next, now);
                prop_assert!(found.next_at > Some(next));
                for taken in &found.taken {
                    match *taken {
                        Taken::Fire(time) => {
                            let window = if misfire == Misfire::None { TimeDelta::zero() } else { policy.catch_up };
                            prop_assert!(now - time <= window.max(ON_TIME), "{} at {}", time, now);
                            seen.push(time);
                        }
                        Taken::Missed(time) => {
                            prop_assert!(misfire != Misfire::All || now - time > policy.catch_up.max(ON_TIME));
                            prop_assert!(misfire != Misfire::None || now - time > ON_TIME);
                            seen.push(time);
                        }
                        Taken::MissedThrough(first, last) => {
                            seen.push(first);
                            seen.extend(calendar.upcoming(first).take_while(|time| *time <= last));
                        }
                    }
                }
                if misfire == Misfire::Once {
                    let fired = found.taken.iter().filter(|taken| matches!(taken, Taken::Fire(_))).count();
                    prop_assert!(fired <= 1);
                }
                next_at = found.next_at;
            }
        }
        let all: Vec<_> = calendar.upcoming(start).take_while(|time| *time <= now).collect();
        prop_assert_eq!(seen, all);
    }
}
