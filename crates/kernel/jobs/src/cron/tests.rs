//! Tests of cron schedules: fixed answers for each rule; [`oracle`] compares with another implementation.

use super::*;
use chrono_tz::{America, Australia, Europe};

mod oracle;

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn firings(expression: &str, after: &str, zone: Tz, count: usize) -> Vec<String> {
    let schedule = CronSchedule::parse(expression).unwrap();
    schedule
        .upcoming(instant(after), zone)
        .take(count)
        .map(|time| time.format("%d %H:%M").to_string())
        .collect()
}

#[test]
fn a_skipped_time_fires_once_at_the_first_instant_after_the_gap() {
    // New York, 9 March 2025: 02:00 to 03:00 EST does not exist, 03:00 EDT is 07:00Z.
    assert_eq!(firings("30 2 * * *", "2025-03-08T12:00:00Z", America::New_York, 2), ["09 07:00", "10 06:30"]);
    assert_eq!(
        firings("0,15,30 2 * * *", "2025-03-08T12:00:00Z", America::New_York, 2),
        ["09 07:00", "10 06:00"]
    );
    // A time right after the gap and one inside it meet in a single firing.
    assert_eq!(
        firings("0 2,3 * * *", "2025-03-08T12:00:00Z", America::New_York, 2),
        ["09 07:00", "10 06:00"]
    );
    // Interval jobs have nothing to make up for.
    assert_eq!(
        firings("*/30 2 * * *", "2025-03-08T12:00:00Z", America::New_York, 2),
        ["10 06:00", "10 06:30"]
    );
    assert_eq!(
        firings("0 * * * *", "2025-03-09T05:30:00Z", America::New_York, 3),
        ["09 06:00", "09 07:00", "09 08:00"]
    );
}

#[test]
fn a_repeated_time_fires_once_for_fixed_jobs_and_twice_for_interval_jobs() {
    // New York, 2 November 2025: 01:00 to 02:00 comes at 05:00Z and again at 06:00Z.
    assert_eq!(firings("30 1 * * *", "2025-11-02T00:00:00Z", America::New_York, 2), ["02 05:30", "03 06:30"]);
    assert_eq!(firings("30 1 * * *", "2025-11-02T05:30:00Z", America::New_York, 1), ["03 06:30"]);
    assert_eq!(
        firings("*/30 * * * *", "2025-11-02T04:45:00Z", America::New_York, 5),
        ["02 05:00", "02 05:30", "02 06:00", "02 06:30", "02 07:00"]
    );
    assert_eq!(
        firings("*/30 1 * * *", "2025-11-02T05:40:00Z", America::New_York, 3),
        ["02 06:00", "02 06:30", "03 06:00"]
    );
    // Lord Howe repeats half an hour only, 15:00Z to 15:30Z on 5 April 2025.
    assert_eq!(
        firings("*/15 * * * *", "2025-04-05T14:30:00Z", Australia::Lord_Howe, 4),
        ["05 14:45", "05 15:00", "05 15:15", "05 15:30"]
    );
}

#[test]
fn a_whole_skipped_day_fires_at_its_end() {
    // Apia crossed the date line: 30 December 2011 does not exist, the 31st begins at 10:00Z on the 30th.
    let zone = chrono_tz::Pacific::Apia;
    assert_eq!(firings("0 12 30 12 *", "2011-12-01T00:00:00Z", zone, 1), ["30 10:00"]);
}

#[test]
fn weekdays_are_counted_from_sunday_as_zero_and_as_seven() {
    // 15 June 2026 is a Monday.
    assert_eq!(firings("0 0 * * 1", "2026-06-14T12:00:00Z", Tz::UTC, 2), ["15 00:00", "22 00:00"]);
    for sunday in ["0", "7", "SUN", "sun", "7-7", "SUN-SUN"] {
        assert_eq!(
            firings(&format!("0 0 * * {sunday}"), "2026-06-14T12:00:00Z", Tz::UTC, 1),
            ["21 00:00"],
            "{sunday}"
        );
    }
    assert_eq!(
        firings("0 0 * * SAT-SUN", "2026-06-14T12:00:00Z", Tz::UTC, 3),
        ["20 00:00", "21 00:00", "27 00:00"]
    );
}

#[test]
fn the_two_day_fields_are_alternatives_when_both_are_restricted() {
    assert_eq!(
        firings("0 0 13 * FRI", "2026-06-01T12:00:00Z", Tz::UTC, 3),
        ["05 00:00", "12 00:00", "13 00:00"]
    );
    // A day that both fields name fires once: 13 November 2026 is a Friday.
    assert_eq!(firings("0 0 13 11 5", "2026-11-07T00:00:00Z", Tz::UTC, 2), ["13 00:00", "20 00:00"]);
}

#[test]
fn the_search_is_strictly_after_and_ends_with_the_year_2100() {
    let daily = CronSchedule::parse("0 0 * * *").unwrap();
    let midnight = instant("2026-06-15T00:00:00Z");
    assert_eq!(daily.next_after(midnight, Tz::UTC), Some(instant("2026-06-16T00:00:00Z")));
    assert_eq!(daily.next_after(midnight - chrono::TimeDelta::nanoseconds(1), Tz::UTC), Some(midnight));
    assert_eq!(daily.next_after(DateTime::<Utc>::MIN_UTC, Tz::UTC), Some(instant("1970-01-02T00:00:00Z")));
    assert_eq!(daily.next_after(DateTime::<Utc>::MAX_UTC, Tz::UTC), None);
    assert_eq!(daily.upcoming(instant("2100-12-30T12:00:00Z"), Tz::UTC).count(), 1);
    for zone in [America::New_York, Australia::Lord_Howe, Europe::Berlin] {
        assert_eq!(daily.next_after(instant("2100-12-31T23:59:59Z"), zone), None, "{zone}");
    }
}

#[test]
fn names_stand_for_their_fields() {
    let after = "2026-06-15T08:30:00Z";
    for (name, fields) in [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@Weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
    ] {
        assert_eq!(
            firings(name, after, Europe::Berlin, 4),
            firings(fields, after, Europe::Berlin, 4),
            "{name}"
        );
    }
    assert_eq!(CronSchedule::parse("@Weekly").unwrap().to_string(), "@Weekly");
    assert_eq!(CronSchedule::parse("*/5  1 * * MON").unwrap().to_string(), "*/5  1 * * MON");
}

#[test]
fn wrong_expressions_are_refused_with_the_reason() {
    for (expression, reason) in [
        ("", "not 0"),
        ("* * * *", "not 4"),
        ("0 0 0 * * *", "not 6"),
        ("@reboot", "unknown schedule name `@reboot`"),
        ("60 * * * *", "the minute field `60` is wrong: use 0 to 59"),
        ("0 24 * * *", "the hour field `24` is wrong: use 0 to 23"),
        ("0 0 0 * *", "the day of month field `0` is wrong: use 1 to 31"),
        ("0 0 * 13 *", "the month field `13` is wrong: use 1 to 12 or JAN to DEC"),
        ("0 0 * * 8", "the day of week field `8` is wrong: use 0 to 7 or SUN to SAT"),
        ("0 0 * * MOON", "use 0 to 7 or SUN to SAT"),
        ("0 0 * JANUARY *", "use 1 to 12 or JAN to DEC"),
        ("30-10 * * * *", "from the smaller value"),
        ("0 0 * * FRI-MON", "from the smaller value"),
        ("5/10 * * * *", "a step follows"),
        ("*/0 * * * *", "a step is a number from 1 to 59"),
        ("*/90 * * * *", "a step is a number from 1 to 59"),
        ("*/x * * * *", "a step is a number"),
        ("*/ * * * *", "a step is a number"),
        ("*,5 * * * *", "use 0 to 59"),
        ("1,,2 * * * *", "use 0 to 59"),
        ("-1 * * * *", "use 0 to 59"),
        ("+1 * * * *", "use 0 to 59"),
        ("1-2-3 * * * *", "use 0 to 59"),
        ("0 0 ? * *", "use 1 to 31"),
        ("0 0 L * *", "use 1 to 31"),
        ("0 0 31 2 *", "never fires"),
        ("0 0 30,31 FEB *", "never fires"),
        ("0 0 31 4,6,9,11 *", "never fires"),
    ] {
        let error = CronSchedule::parse(expression).unwrap_err().to_string();
        assert!(error.contains(reason), "{expression}: {error}");
    }
}
