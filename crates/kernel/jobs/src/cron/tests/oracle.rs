//! Compares schedules with the `croner` crate, an independent implementation.
//!
//! Where this file departs from `croner`, and which rule is right:
//! - A job with a list or range of times but no leading `*` (`0,30 1-3 * * *`) is a fixed-time job by Vixie
//!   cron's rule, on which operators rely: each of its times fires once a day whatever the clock does.
//!   `croner` treats it as an interval job. The oracle is therefore asked about each of its times alone, and
//!   the answers are joined.
//! - `croner` gives up where a fixed-time job meets a gap of a whole day, which one zone has had: Apia has no 30 December
//!   2011. It is asked about the times up to the gap and about those behind it, and whether the job has a time in the day
//!   that is not there; by the rule that it follows for shorter gaps, that one fires at the gap's end.
//! - `croner` reads on to the year 5000, the `cron` crate ends with 2100: later answers are left out.

use super::*;
use chrono_tz::{Africa, America, Asia, Atlantic, Australia, Europe, Pacific};
use croner::Cron;
use proptest::prelude::*;

const ZONES: [Tz; 14] = [
    Tz::UTC,
    Europe::Dublin,    // its winter is the time that is off
    Africa::Cairo,     // goes forward at midnight of a Friday
    Asia::Kathmandu,   // a quarter of an hour off
    Pacific::Apia,     // skipped a day in 2011
    Pacific::Chatham,  // three quarters of an hour off, and changes
    America::St_Johns, // changed one minute past midnight until 2011
    Atlantic::Azores,  // goes back from one o'clock to midnight
    America::New_York,
    Europe::Berlin,
    Australia::Lord_Howe,
    America::Sao_Paulo,
    Asia::Kolkata,
    Africa::Casablanca,
];

/// Starts on, just before and around clock changes of the zones above, and a few plain days.
const STARTS: [&str; 38] = [
    "2011-12-28T23:30:00Z", // Apia skips the 30th, from 10:00Z on
    "2011-12-30T09:59:59Z",
    "2011-12-30T10:00:00Z",
    "2010-09-25T10:00:00Z", // Apia goes forward at local midnight of the 26th
    "2011-03-13T02:00:00Z", // St John's goes forward at 00:01 local time
    "2010-11-07T01:30:00Z", // St John's goes back at 00:01 local time, to the day before
    "2010-11-07T02:31:30Z",
    "2024-04-25T21:59:00Z", // Cairo goes forward at local midnight
    "2024-10-31T20:30:00Z", // Cairo goes back at local midnight
    "2025-09-27T13:50:00Z", // Chatham goes forward at 14:00Z
    "2025-04-05T13:20:00Z", // Chatham goes back at 14:00Z
    "2025-10-26T00:30:00Z", // Azores and Dublin: the repeated hours
    "2023-12-31T23:58:30Z", // into a leap year
    "2096-02-28T12:00:00Z", // a leap day
    "2099-12-31T23:00:00Z", // 2100 is no leap year
    "2100-02-28T12:00:00Z",
    "2016-10-14T12:00:00Z", // Sao Paulo goes forward at local midnight of the 16th
    "2018-02-17T23:30:00Z", // Sao Paulo goes back on the 18th at 02:00Z
    "2018-02-18T02:00:00Z",
    "2018-11-03T20:00:00Z", // Sao Paulo goes forward on the 4th
    "2024-02-28T23:59:59Z",
    "2025-02-22T12:00:00Z", // Casablanca goes back for Ramadan on the 23rd
    "2025-02-23T02:10:30Z",
    "2025-04-05T22:00:00Z", // Casablanca goes forward on the 6th; Lord Howe goes back on the 5th at 15:00Z
    "2025-04-05T14:45:00Z",
    "2025-04-05T15:05:00Z",
    "2025-10-04T13:00:00Z", // Lord Howe goes forward at 15:30Z
    "2025-10-04T15:30:00Z",
    "2025-03-09T06:59:59Z", // New York goes forward at 07:00Z
    "2025-03-09T07:00:00Z",
    "2025-11-02T05:15:00Z", // New York: first pass of the repeated hour
    "2025-11-02T05:59:59.5Z",
    "2025-11-02T06:15:00Z", // New York: second pass
    "2025-03-29T12:00:00Z", // Berlin goes forward on the 30th at 01:00Z
    "2025-10-26T00:20:00Z", // Berlin: first pass of the repeated hour
    "2025-10-26T01:00:00Z", // Berlin: second pass begins
    "2025-12-31T23:59:00Z",
    "2026-06-15T08:30:00Z",
];

/// Expressions of every kind, many of them at hours that clock changes touch.
const EXPRESSIONS: [&str; 92] = [
    "1 0 * * *",
    "*/1 0 * * 5",
    "0,1 0 * * *",
    "0 0 * * FRI",
    "15 0 30 12 *",
    "45 23 29,30,31 12 *",
    "*/15 * 30 DEC *",
    "0 0 1-7 * SUN",
    "0 0 28-31 2 *",
    "0 0 29 FEB SUN",
    "30 1,2,3 * * SAT,SUN",
    "29-31 1-2 * 3,10 *",
    "0-10/5,50-59/3 0-2 * * *",
    "59 23 31 12 *",
    "0 0 1 1 MON",
    "0 0 1 JAN-DEC/3 *",
    "0 4 * * 6-7",
    "0 4 * * 0,7",
    "*/45 */7 * * *",
    "7 */3 31 1-12/2 TUE-THU/2",
    "* * * * *",
    "*/5 * * * *",
    "*/30 * * * *",
    "*/7 * * * *",
    "0 * * * *",
    "30 * * * *",
    "15,45 * * * *",
    "1-5 * * * *",
    "10-50/20 * * * *",
    "0 */2 * * *",
    "0 */5 * * *",
    "45 */3 * * *",
    "*/20 0 * * *",
    "*/20 1 * * *",
    "*/20 2 * * *",
    "* 2 * * 0",
    "*/10 1-3 * * *",
    "*/59 23 * * *",
    "0 0 * * *",
    "30 0 * * *",
    "59 23 * * *",
    "0 1 * * *",
    "30 1 * * *",
    "45 1 * * *",
    "0 2 * * *",
    "15 2 * * *",
    "30 2 * * *",
    "59 2 * * *",
    "0 3 * * *",
    "30 3 * * *",
    "5-5 2-2 * * *",
    "0,30 1 * * *",
    "0,30 2 * * *",
    "0 1,2,3 * * *",
    "15 1-3 * * *",
    "0-59/15 2 * * *",
    "0 0-23/6 * * *",
    "30 1 * * 0",
    "30 2 * * SUN",
    "30 2 * * 7",
    "0 2 * 3 0",
    "0 1 * 11 sun",
    "0 9 * * MON-FRI",
    "0 9 * * 1-5",
    "0 9 * * FRI-SUN",
    "0 9 * * 5-7",
    "0 9 * * 0-3",
    "0 9 * * 1,3,5",
    "0 9 * * */2",
    "0 9 * * 1-7/2",
    "0 9 1 * *",
    "0 9 15 * 1",
    "0 9 1,15 * MON",
    "0 9 13 * FRI",
    "*/15 8-17 1-7 * MON",
    "0 12 */10 * *",
    "0 12 */2 * 3",
    "0 12 1-31 * 3",
    "0 12 * * 0-6",
    "0 0 31 * *",
    "0 0 29 2 *",
    "0 0 29 2 MON",
    "0 0 31 2 TUE",
    "0 0 30 JAN,APR,jul *",
    "0 0 1 1 *",
    "30 2 26 10 *",
    "* * 30 3 *",
    "05 04 03 02 *",
    "0 6 * JUN-AUG 1",
    "0 6 1 */3 *",
    "@daily",
    "@weekly",
];

fn croner_firings(expression: &str, after: DateTime<Utc>, zone: Tz, count: usize) -> Vec<DateTime<Utc>> {
    let cron: Cron = expression.parse().unwrap_or_else(|error| panic!("{expression}: {error}"));
    cron.iter_after(after.with_timezone(&zone))
        .map(|time| time.to_utc())
        .take_while(|time| time.with_timezone(&zone).year() <= LAST_YEAR)
        .take(count)
        .collect()
}

/// As [`croner_firings`] for a job of one time a day, also across the day that Apia does not have.
fn fixed_firings(expression: &str, after: DateTime<Utc>, zone: Tz, count: usize) -> Vec<DateTime<Utc>> {
    let gap_end = instant("2011-12-30T10:00:00Z");
    let mut firings = croner_firings(expression, after, zone, count);
    let gave_up = firings.len() < count && firings.last().is_none_or(|last| *last < gap_end);
    if zone != Pacific::Apia || !gave_up || after >= gap_end {
        return firings;
    }
    // On a clock without changes the day is there, and so is the midnight behind it.
    let (day, midnight) = (instant("2011-12-29T23:59:59Z"), instant("2011-12-31T00:00:00Z"));
    let in_the_gap = croner_firings(expression, day, Tz::UTC, 1);
    firings.extend(in_the_gap.first().filter(|time| **time <= midnight).map(|_| gap_end));
    let behind = croner_firings(expression, gap_end, zone, count - firings.len());
    firings.extend(behind);
    firings
}

/// What `croner` says, with the departures named at the head of this file.
fn oracle(expression: &str, after: DateTime<Utc>, zone: Tz, count: usize) -> Vec<DateTime<Utc>> {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [minute, hour, rest @ ..] = &fields[..] else {
        return fixed_firings(expression, after, zone, count); // one of the `@` names
    };
    if minute.starts_with('*') || hour.starts_with('*') {
        return croner_firings(expression, after, zone, count);
    }
    let pattern = expression.parse::<Cron>().unwrap().pattern;
    let mut all = BTreeSet::new();
    for minute in pattern.minutes.values() {
        for hour in pattern.hours.values() {
            let alone = format!("{minute} {hour} {}", rest.join(" "));
            all.extend(fixed_firings(&alone, after, zone, count));
        }
    }
    all.into_iter().take(count).collect()
}

#[test]
fn agrees_with_the_oracle_around_clock_changes() {
    let (mut rows, mut wrong) = (0, Vec::new());
    for expression in EXPRESSIONS {
        let schedule = CronSchedule::parse(expression).unwrap();
        for zone in ZONES {
            for start in STARTS {
                let after = instant(start);
                let found: Vec<_> = schedule.upcoming(after, zone).take(4).collect();
                let expected = oracle(expression, after, zone, 4);
                rows += 1;
                if found != expected {
                    let first = found.iter().zip(&expected).position(|(a, b)| a != b);
                    wrong.push(format!(
                        "{expression} in {zone} after {start}: at {first:?} {found:?}, not {expected:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {rows} rows differ: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
    assert_eq!(rows, EXPRESSIONS.len() * ZONES.len() * STARTS.len());
}

/// One element of a list: a number, a range, or a step.
fn element(min: u32, max: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        1 => (1..=max.min(20)).prop_map(|step| format!("*/{step}")),
        4 => (min..=max).prop_map(|value| value.to_string()),
        2 => (min..=max, min..=max).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (min..=max, min..=max, 1..=max.min(20))
            .prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b))),
    ]
}

fn field(min: u32, max: u32) -> impl Strategy<Value = String> {
    // At most two elements keep the number of single times, which the oracle takes one by one, small.
    prop_oneof![
        1 => Just("*".to_owned()),
        3 => prop::collection::vec(element(min, max), 1..=2).prop_map(|elements| elements.join(",")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let hour = prop_oneof![3 => element(0, 4), 1 => field(0, 23)];
    (field(0, 59), hour, field(1, 31), field(1, 12), field(0, 7))
        .prop_map(|(minute, hour, day, month, weekday)| format!("{minute} {hour} {day} {month} {weekday}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_oracle_on_random_expressions(
        expression in expression(),
        zone in prop::sample::select(&ZONES[..]),
        start in prop::sample::select(&STARTS[..]),
        offset_s in -90_000_i64..90_000,
    ) {
        let after = instant(start) + chrono::TimeDelta::seconds(offset_s);
        match CronSchedule::parse(&expression) {
            Ok(schedule) => {
                let found: Vec<_> = schedule.upcoming(after, zone).take(5).collect();
                let expected = oracle(&expression, after, zone, 5);
                prop_assert_eq!(found, expected, "{} in {} after {}", expression, zone, after);
            }
            Err(error) => {
                prop_assert!(matches!(error, CronError::NeverFires { .. }), "{}: {}", expression, error);
            }
        }
    }

    #[test]
    fn firings_are_strictly_increasing_from_any_instant(
        expression in expression(),
        zone in prop::sample::select(&ZONES[..]),
        start in prop::sample::select(&STARTS[..]),
        offset_ms in -9_000_000_i64..9_000_000,
    ) {
        let mut last = instant(start) + chrono::TimeDelta::milliseconds(offset_ms);
        if let Ok(schedule) = CronSchedule::parse(&expression) {
            for next in schedule.upcoming(last, zone).take(10) {
                prop_assert!(next > last);
                last = next;
            }
        }
    }
}
