//! Tests of the business calendar: hours, holidays, clock changes, limits and the laws of counting.

use proptest::prelude::*;

use super::*;

fn calendar(json: serde_json::Value) -> BusinessCalendar {
    serde_json::from_value(json).unwrap()
}

/// Monday to Friday 09:00 to 12:00 and 13:00 to 17:00: seven hours a day.
fn office(zone: &str) -> BusinessCalendar {
    let hours = serde_json::json!([{ "from": "09:00", "to": "12:00" }, { "from": "13:00", "to": "17:00" }]);
    calendar(serde_json::json!({
        "zone": zone,
        "week": { "monday": hours, "tuesday": hours, "wednesday": hours, "thursday": hours, "friday": hours },
        "holidays": ["2026-04-03"],
        "yearlyHolidays": ["12-25", "02-29"],
        "extraWorkingDays": [
            { "date": "2026-12-25", "hours": [{ "from": "10:00", "to": "11:00" }] },
            { "date": "2026-03-14", "hours": [{ "from": "09:00", "to": "10:00" }] }
        ]
    }))
}

/// Every day has these hours only.
fn daily(zone: &str, hours: &[(&str, &str)]) -> BusinessCalendar {
    let hours: Vec<_> =
        hours.iter().map(|(from, to)| serde_json::json!({ "from": from, "to": to })).collect();
    calendar(serde_json::json!({ "zone": zone, "week": {
        "monday": hours, "tuesday": hours, "wednesday": hours, "thursday": hours, "friday": hours,
        "saturday": hours, "sunday": hours
    } }))
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn holidays_are_dates_and_days_of_the_year_but_not_extra_working_days() {
    let office = office("Europe/Berlin");
    assert!(office.is_holiday(date("2026-04-03")));
    assert!(!office.is_holiday(date("2027-04-03")));
    assert!(office.is_holiday(date("2025-12-25")));
    assert!(office.is_holiday(date("2028-02-29")));
    assert!(!office.is_holiday(date("2026-12-25")), "worked out of turn");
    assert!(office.is_working_day(date("2026-12-25")));
    assert!(office.is_working_day(date("2026-03-14")), "a Saturday worked out of turn");
    assert!(!office.is_working_day(date("2026-03-15")));
    assert!(!office.is_working_day(date("2026-04-03")));
}

#[test]
fn working_hours_are_local_and_exclude_their_end() {
    let office = office("Europe/Berlin");
    // 2026-03-02 is a Monday; Berlin is at +01:00.
    for (instant, working) in [
        ("2026-03-02T07:59:59Z", false),
        ("2026-03-02T08:00:00Z", true),
        ("2026-03-02T10:59:59Z", true),
        ("2026-03-02T11:00:00Z", false),
        ("2026-03-02T12:00:00Z", true),
        ("2026-03-02T16:00:00Z", false),
        ("2026-03-01T09:00:00Z", false),
        ("2026-07-06T07:00:00Z", true), // summer time, +02:00
    ] {
        assert_eq!(office.is_working(at(instant)), working, "{instant}");
    }
}

#[test]
fn the_next_working_instant_skips_nights_and_weekends() {
    let office = office("Europe/Berlin");
    for (from, next) in [
        ("2026-03-02T09:30:00Z", "2026-03-02T09:30:00Z"),
        ("2026-03-02T11:00:00Z", "2026-03-02T12:00:00Z"),
        ("2026-03-06T16:00:00Z", "2026-03-09T08:00:00Z"),
        ("2026-04-02T15:00:00Z", "2026-04-06T07:00:00Z"),
    ] {
        assert_eq!(office.next_working_instant(at(from)), Ok(at(next)), "{from}");
    }
}

#[test]
fn working_time_is_added_and_taken_away() {
    let office = office("Europe/Berlin");
    let hours = TimeDelta::hours;
    for (from, time, to) in [
        ("2026-03-02T08:00:00Z", hours(7), "2026-03-02T16:00:00Z"),
        ("2026-03-02T08:00:00Z", hours(8), "2026-03-03T09:00:00Z"),
        ("2026-03-06T15:00:00Z", hours(2), "2026-03-09T09:00:00Z"),
        ("2026-03-07T15:00:00Z", hours(0), "2026-03-07T15:00:00Z"),
        ("2026-03-09T09:00:00Z", hours(-2), "2026-03-06T15:00:00Z"),
        ("2026-03-03T08:00:00Z", hours(-7), "2026-03-02T08:00:00Z"),
        ("2026-03-03T02:00:00Z", hours(-1), "2026-03-02T15:00:00Z"),
    ] {
        assert_eq!(office.add_working_time(at(from), time), Ok(at(to)), "{from} {time}");
    }
}

#[test]
fn seconds_between_are_signed_and_cut() {
    let office = office("Europe/Berlin");
    let (monday, friday) = (at("2026-03-02T00:00:00Z"), at("2026-03-06T23:00:00Z"));
    assert_eq!(office.working_seconds_between(monday, friday), Ok(5 * 7 * 3600));
    assert_eq!(office.working_seconds_between(friday, monday), Ok(-5 * 7 * 3600));
    let (a, b) = (at("2026-03-02T08:00:00.4Z"), at("2026-03-02T08:00:02Z"));
    assert_eq!(office.working_seconds_between(a, b), Ok(1));
    assert_eq!(office.working_time_between(a, b), Ok(TimeDelta::milliseconds(1600)));
}

#[test]
fn working_days_are_counted_both_ways() {
    let office = office("Europe/Berlin");
    for (from, n, to) in [
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-07", 1, "2026-03-09"),
        ("2026-03-07", -1, "2026-03-06"),
        ("2026-03-13", 1, "2026-03-14"),
        ("2026-04-02", 1, "2026-04-06"),
        ("2026-03-09", -5, "2026-03-02"),
        ("2026-03-08", 0, "2026-03-08"),
    ] {
        assert_eq!(office.add_working_days(date(from), n), Ok(date(to)), "{from} {n}");
    }
}

fn seconds_in_berlin(hours: &[(&str, &str)], from: &str, to: &str) -> i64 {
    daily("Europe/Berlin", hours).working_seconds_between(at(from), at(to)).unwrap()
}

#[test]
fn clocks_going_forward_shorten_a_shift() {
    // Berlin, 2026-03-29: 02:00 becomes 03:00.
    let seconds = |hours| seconds_in_berlin(hours, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
    assert_eq!(seconds(&[("01:00", "04:00")]), 2 * 3600);
    assert_eq!(seconds(&[("00:00", "24:00")]), 23 * 3600);
    // 02:30 does not exist and becomes 03:30.
    assert_eq!(seconds(&[("02:30", "05:00")]), 5400);
    assert!(daily("Europe/Berlin", &[("02:30", "05:00")]).is_working(at("2026-03-29T01:30:00Z")));
    assert!(!daily("Europe/Berlin", &[("02:30", "05:00")]).is_working(at("2026-03-29T01:29:59Z")));
    // Hours moved forward run into the next ones; the shared quarter of an hour counts once.
    assert_eq!(seconds(&[("02:30", "02:45"), ("03:00", "04:00")]), 3600);
}

#[test]
fn clocks_going_back_lengthen_a_shift_from_the_first_occurrence() {
    // Berlin, 2026-10-25: 03:00 becomes 02:00, so 02:00 to 03:00 happens twice.
    let seconds = |hours| seconds_in_berlin(hours, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
    assert_eq!(seconds(&[("00:00", "24:00")]), 25 * 3600);
    assert_eq!(seconds(&[("02:30", "03:00")]), 5400);
    assert_eq!(seconds(&[("02:00", "02:30")]), 1800);
    assert!(daily("Europe/Berlin", &[("02:00", "02:30")]).is_working(at("2026-10-25T00:15:00Z")));
    assert!(!daily("Europe/Berlin", &[("02:00", "02:30")]).is_working(at("2026-10-25T01:15:00Z")));
}

#[test]
fn a_skipped_midnight_and_a_skipped_day_are_handled() {
    // São Paulo, 2018-11-04: 00:00 becomes 01:00.
    let shift = daily("America/Sao_Paulo", &[("00:00", "02:00")]);
    let (from, to) = (at("2018-11-04T00:00:00Z"), at("2018-11-05T00:00:00Z"));
    assert_eq!(shift.working_seconds_between(from, to), Ok(3600));
    // Apia skipped 2011-12-30 when it crossed the date line.
    let apia = daily("Pacific/Apia", &[("09:00", "17:00")]);
    assert!(!apia.is_working_day(date("2011-12-30")));
    assert_eq!(apia.add_working_days(date("2011-12-29"), 1), Ok(date("2011-12-31")));
    let (from, to) = (at("2011-12-29T10:00:00Z"), at("2012-01-01T10:00:00Z"));
    assert_eq!(apia.working_seconds_between(from, to), Ok(3 * 8 * 3600));
}

#[test]
fn clocks_going_forward_over_midnight_count_no_time_twice() {
    // Toronto, 1919-03-30: 23:30 becomes 00:30 of the next day, at 04:30 UTC.
    let shift = daily("America/Toronto", &[("00:30", "24:00")]);
    let (sunday, tuesday) = (at("1919-03-30T05:00:00Z"), at("1919-04-01T04:00:00Z"));
    assert_eq!(shift.working_seconds_between(sunday, tuesday), Ok((23 + 23) * 3600 + 1800));
    assert!(shift.is_working(at("1919-03-31T04:30:00Z")));
}

#[test]
fn clocks_going_back_over_midnight_keep_the_night_whole() {
    // St. John's, 2010-11-07: 00:01 becomes 23:01 of the day before; the local date goes back with it.
    let night = daily("America/St_Johns", &[("00:00", "08:00")]);
    let (before, after) = (at("2010-11-07T00:00:00Z"), at("2010-11-08T00:00:00Z"));
    assert_eq!(night.working_seconds_between(before, after), Ok(9 * 3600));
    // 23:30 for the second time: after the first midnight, so the shift has begun.
    assert!(night.is_working(at("2010-11-07T03:00:00Z")));
    assert_eq!(night.add_working_time(after, TimeDelta::hours(-9)), Ok(at("2010-11-07T02:30:00Z")));
}

#[test]
fn a_calendar_without_work_fails_instead_of_searching_forever() {
    let idle = calendar(serde_json::json!({ "zone": "UTC" }));
    let start = at("2026-03-02T08:00:00Z");
    let error = CalendarError::NoWorkingTime { from: date("2026-03-02") };
    assert_eq!(idle.next_working_instant(start), Err(error.clone()));
    assert_eq!(idle.add_working_time(start, TimeDelta::seconds(1)), Err(error.clone()));
    assert_eq!(idle.add_working_time(start, TimeDelta::seconds(-1)), Err(error.clone()));
    assert_eq!(idle.add_working_days(date("2026-03-02"), 1), Err(error));
    assert_eq!(idle.add_working_time(start, TimeDelta::zero()), Ok(start));
    assert_eq!(idle.working_seconds_between(start, at("2036-03-02T08:00:00Z")), Ok(0));
}

#[test]
fn more_than_a_hundred_years_are_refused() {
    let office = office("UTC");
    let (start, far) = (at("2026-03-02T08:00:00Z"), at("2126-04-02T08:00:00Z"));
    assert_eq!(office.working_seconds_between(start, far), Err(CalendarError::RangeTooLong));
    for time in [TimeDelta::MIN, TimeDelta::MAX] {
        assert_eq!(office.add_working_time(start, time), Err(CalendarError::RangeTooLong));
    }
    for n in [i32::MIN, i32::MAX] {
        assert_eq!(office.add_working_days(date("2026-03-02"), n), Err(CalendarError::RangeTooLong));
    }
}

#[test]
fn the_ends_of_time_are_answered_without_a_panic() {
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        let always = daily(zone, &[("00:00", "24:00")]);
        for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!(!always.is_working(end));
            assert!(always.next_working_instant(end).is_err());
            assert!(always.add_working_time(end, TimeDelta::hours(1)).is_err());
            assert!(always.add_working_time(end, TimeDelta::hours(-1)).is_err());
            assert_eq!(always.working_seconds_between(end, end), Ok(0));
            assert!(always.add_working_days(always.local_date(end), 1).is_err());
        }
        assert!(always.is_working(at("9999-12-31T09:00:00Z")));
        assert!(always.is_working(at("0001-01-02T12:00:00Z")));
    }
}

#[test]
fn configuration_mistakes_are_named() {
    let message = |json: &str| serde_json::from_str::<BusinessCalendar>(json).unwrap_err().to_string();
    for (json, expected) in [
        (r#"{ "zone": "Berlin" }"#, "\"Berlin\" is not an IANA time zone, use a name such as Europe/Berlin"),
        (
            r#"{ "zone": "UTC", "week": { "monday": [{ "from": "22:00", "to": "06:00" }] } }"#,
            "working hours from 22:00 to 06:00 are empty, split a night shift at 24:00",
        ),
        (
            r#"{ "zone": "UTC", "week": { "monday": [{ "from": "12:00", "to": "14:00" }, { "from": "09:00", "to": "12:30" }] } }"#,
            "working hours that start at 12:00 overlap those before them, separate or merge them",
        ),
        (
            r#"{ "zone": "UTC", "extraWorkingDays": [{ "date": "2026-01-03", "hours": [] }] }"#,
            "the extra working day 2026-01-03 needs hours and one entry only",
        ),
        (r#"{ "zone": "UTC", "yearlyHolidays": ["02-30"] }"#, "\"02-30\" is not a day of the year"),
        (
            r#"{ "zone": "UTC", "week": { "monday": [{ "from": "9:00", "to": "14:00" }] } }"#,
            "\"9:00\" is not a time of day, write HH:MM from 00:00 to 24:00",
        ),
        (r#"{ "zone": "UTC", "wek": {} }"#, "unknown field `wek`"),
    ] {
        assert!(message(json).contains(expected), "{}", message(json));
    }
    for text in ["24:01", "12:60", "-1:00", "1200", "+1:00", ""] {
        assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
    }
    assert_eq!("24:00".parse::<TimeOfDay>().unwrap().minutes(), 1440);
}

#[test]
fn json_round_trips() {
    let office = office("Asia/Kolkata");
    let json = serde_json::to_value(&office).unwrap();
    assert_eq!(json["week"]["monday"][1], serde_json::json!({ "from": "13:00", "to": "17:00" }));
    assert_eq!(json["yearlyHolidays"], serde_json::json!(["02-29", "12-25"]));
    assert_eq!(calendar(json), office);
}

fn any_calendar() -> impl Strategy<Value = BusinessCalendar> {
    let zones = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",
        "Australia/Lord_Howe",
        "Pacific/Apia",
    ];
    let hours: [&[(&str, &str)]; 4] = [
        &[("00:00", "24:00")],
        &[("01:30", "02:15"), ("02:30", "06:00")],
        &[("00:00", "00:30"), ("22:00", "24:00")],
        &[("09:00", "12:00"), ("13:00", "17:00")],
    ];
    (0..zones.len(), 0..hours.len(), any::<bool>()).prop_map(move |(zone, index, office_days)| {
        if office_days { office(zones[zone]) } else { daily(zones[zone], hours[index]) }
    })
}

/// Instants from 2009 to 2027, in microseconds; clock changes and Apia's skipped day are among them.
fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    (1_230_768_000_000_000_i64..1_800_000_000_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

/// Up to about a month either way, in microseconds.
fn any_time() -> impl Strategy<Value = TimeDelta> {
    (-2_600_000_000_000_i64..2_600_000_000_000).prop_map(TimeDelta::microseconds)
}

proptest! {
    #[test]
    fn adding_then_measuring_gives_back(calendar in any_calendar(), start in any_instant(), time in any_time()) {
        let end = calendar.add_working_time(start, time / 4).unwrap();
        prop_assert_eq!(calendar.working_time_between(start, end), Ok(time / 4));
    }

    #[test]
    fn measuring_is_additive(calendar in any_calendar(), a in any_instant(), first in any_time(), second in any_time()) {
        let (b, c) = (a + first, a + first + second);
        let between = |from, to| calendar.working_time_between(from, to).unwrap();
        prop_assert_eq!(between(a, b) + between(b, c), between(a, c));
    }

    #[test]
    fn the_next_working_instant_works_and_nothing_before_it_does(calendar in any_calendar(), start in any_instant()) {
        let next = calendar.next_working_instant(start).unwrap();
        prop_assert!(calendar.is_working(next));
        prop_assert_eq!(calendar.working_time_between(start, next), Ok(TimeDelta::zero()));
    }

    #[test]
    fn working_days_there_and_back(calendar in any_calendar(), start in any_instant(), n in 1_i32..40) {
        let from = calendar.add_working_days(calendar.local_date(start), 1).unwrap();
        let there = calendar.add_working_days(from, n).unwrap();
        prop_assert!(calendar.is_working_day(there));
        prop_assert_eq!(calendar.add_working_days(there, -n), Ok(from));
    }
}
