//! Tests of calendars: the phase of intervals, bounds and excluded days, and the latest time of a span.

use super::*;
use proptest::prelude::*;

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn cron(expression: &str, zone: Tz) -> Calendar {
    Calendar {
        rhythm: Rhythm::Cron(CronSchedule::parse(expression).unwrap()),
        zone,
        starts_at: None,
        ends_at: None,
        excluded: BTreeSet::new(),
    }
}

fn every(seconds: i64, anchor: &str) -> Calendar {
    let rhythm = Rhythm::Every { every: TimeDelta::seconds(seconds), anchor: instant(anchor) };
    Calendar { rhythm, ..cron("* * * * *", Tz::UTC) }
}

fn times(calendar: &Calendar, after: &str, count: usize) -> Vec<String> {
    let times = calendar.upcoming(instant(after)).take(count);
    times.map(|time| time.format("%m-%d %H:%M:%S").to_string()).collect()
}

#[test]
fn an_interval_keeps_its_phase_before_and_after_its_anchor() {
    let seven = every(420, "2026-06-15T08:03:30Z");
    assert_eq!(times(&seven, "2026-06-15T08:03:30Z", 2), ["06-15 08:10:30", "06-15 08:17:30"]);
    assert_eq!(times(&seven, "2026-06-15T08:03:29.999999Z", 1), ["06-15 08:03:30"]);
    assert_eq!(times(&seven, "2026-06-15T07:50:00Z", 2), ["06-15 07:56:30", "06-15 08:03:30"]);
    // 420 s do not divide a day: the phase goes on, whatever the date.
    assert_eq!(times(&seven, "2026-06-16T00:00:00Z", 1), ["06-16 00:02:30"]);
    assert_eq!(every(420, "2026-06-15T08:03:30Z").next_after(instant("2100-12-31T23:59:59Z")), None);
}

#[test]
fn a_clock_change_does_not_move_an_interval() {
    let hours = Calendar { zone: chrono_tz::America::New_York, ..every(6 * 3_600, "2025-03-09T00:00:00Z") };
    assert_eq!(
        times(&hours, "2025-03-09T00:00:00Z", 3),
        ["03-09 06:00:00", "03-09 12:00:00", "03-09 18:00:00"]
    );
}

#[test]
fn start_and_end_belong_to_the_calendar() {
    let bounded = Calendar {
        starts_at: Some(instant("2026-06-15T06:00:00Z")),
        ends_at: Some(instant("2026-06-17T06:00:00Z")),
        ..cron("0 6 * * *", Tz::UTC)
    };
    assert_eq!(
        times(&bounded, "2020-01-01T00:00:00Z", 9),
        ["06-15 06:00:00", "06-16 06:00:00", "06-17 06:00:00"]
    );
    assert_eq!(bounded.next_after(instant("2026-06-17T06:00:00Z")), None);
}

#[test]
fn an_excluded_day_is_that_of_the_zone() {
    let excluded = BTreeSet::from([NaiveDate::from_ymd_opt(2026, 12, 25).unwrap()]);
    let tokyo = Calendar { excluded: excluded.clone(), ..cron("0 */6 * * *", chrono_tz::Asia::Tokyo) };
    // Christmas in Tokyo is from 15:00Z on the 24th to 15:00Z on the 25th.
    assert_eq!(
        times(&tokyo, "2026-12-24T08:00:00Z", 3),
        ["12-24 09:00:00", "12-25 15:00:00", "12-25 21:00:00"]
    );
    let yearly = Calendar { excluded, ..cron("0 0 25 12 *", Tz::UTC) };
    assert_eq!(yearly.next_after(instant("2026-01-01T00:00:00Z")), Some(instant("2027-12-25T00:00:00Z")));
}

#[test]
fn a_skipped_time_belongs_to_the_day_on_which_it_is_made_up_for() {
    // Apia has no 30 December 2011; its times are fired at the beginning of the 31st.
    let day = |day| BTreeSet::from([NaiveDate::from_ymd_opt(2011, 12, day).unwrap()]);
    let noon = cron("0 12 30 12 *", chrono_tz::Pacific::Apia);
    let after = instant("2011-12-01T00:00:00Z");
    assert_eq!(
        Calendar { excluded: day(30), ..noon.clone() }.next_after(after),
        Some(instant("2011-12-30T10:00:00Z"))
    );
    assert_ne!(
        Calendar { excluded: day(31), ..noon }.next_after(after),
        Some(instant("2011-12-30T10:00:00Z"))
    );
}

const ZONES: [Tz; 6] = [
    Tz::UTC,
    chrono_tz::America::New_York,
    chrono_tz::America::Sao_Paulo,
    chrono_tz::Australia::Lord_Howe,
    chrono_tz::Pacific::Apia,
    chrono_tz::Asia::Kathmandu,
];

/// Around clock changes of the zones above, one of them at midnight and one that is a whole day.
const STARTS: [&str; 6] = [
    "2025-03-09T06:59:59Z",
    "2018-02-18T01:30:00Z",
    "2018-11-04T02:30:00Z",
    "2025-04-05T14:45:00Z",
    "2011-12-30T09:00:00Z",
    "2026-12-31T22:00:00Z",
];

fn any_cron() -> impl Strategy<Value = Calendar> {
    const EXPRESSIONS: [&str; 6] =
        ["*/17 * * * *", "*/30 * * * *", "30 0 * * *", "0 */5 * * *", "15 2 * * 1-5", "0 12 1 * *"];
    (prop::sample::select(&EXPRESSIONS[..]), prop::sample::select(&ZONES[..]))
        .prop_map(|(expression, zone)| cron(expression, zone))
}

fn any_calendar() -> impl Strategy<Value = Calendar> {
    let any_every = (1_i64..200_000, -100_000_i64..100_000).prop_map(|(seconds, shift)| {
        let mut calendar = every(seconds, "2026-01-01T00:00:00Z");
        if let Rhythm::Every { anchor, .. } = &mut calendar.rhythm {
            *anchor += TimeDelta::milliseconds(shift * 7);
        }
        calendar
    });
    prop_oneof![any_cron(), any_every]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_interval_is_the_anchor_and_whole_multiples(
        seconds in 1_i64..1_000_000,
        anchor_ms in -4_000_000_000_000_i64..4_000_000_000_000,
        after_us in -4_000_000_000_000_000_i64..4_000_000_000_000_000,
    ) {
        let anchor = DateTime::from_timestamp_millis(anchor_ms).unwrap();
        let after = DateTime::from_timestamp_micros(after_us).unwrap();
        let rhythm = Rhythm::Every { every: TimeDelta::seconds(seconds), anchor };
        let next = rhythm.next_after(after, Tz::UTC).unwrap();
        prop_assert!(next > after && next - after <= TimeDelta::seconds(seconds));
        prop_assert_eq!((next - anchor).num_microseconds().unwrap() % (seconds * 1_000_000), 0);
    }

    /// The excluded days take out their times and no others, as a filter over all times would.
    #[test]
    fn excluded_days_are_as_if_filtered_out(
        calendar in any_cron(),
        start in prop::sample::select(&STARTS[..]),
        days in prop::collection::btree_set(-2_i64..6, 0..6),
    ) {
        let after = instant(start);
        let today = after.with_timezone(&calendar.zone).date_naive();
        let excluded: BTreeSet<_> = days.iter().map(|days| today + TimeDelta::days(*days)).collect();
        let horizon = after + TimeDelta::days(9);
        let is_open = |time: &DateTime<Utc>| !excluded.contains(&time.with_timezone(&calendar.zone).date_naive());
        let expected: Vec<_> =
            calendar.upcoming(after).take_while(|time| *time < horizon).filter(is_open).collect();
        let filtered = Calendar { excluded: excluded.clone(), ..calendar.clone() };
        let found: Vec<_> = filtered.upcoming(after).take_while(|time| *time < horizon).collect();
        prop_assert_eq!(found, expected);
    }

    /// The latest time of a span is the last of all its times, found without a walk over them.
    #[test]
    fn the_latest_time_is_the_last_of_all(
        calendar in any_calendar(),
        start in prop::sample::select(&STARTS[..]),
        minutes in 0_i64..6_000,
    ) {
        let (from, through) = (instant(start), instant(start) + TimeDelta::minutes(minutes));
        let walked = iter::successors(calendar.next_from(from), |last| calendar.next_after(*last))
            .take_while(|time| *time <= through)
            .last();
        prop_assert_eq!(calendar.latest(from, through), walked);
    }
}
