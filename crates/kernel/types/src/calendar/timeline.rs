//! Turns the local hours of a calendar into spans of real time.

use std::ops::RangeInclusive;

use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
    offset::LocalResult,
};
use chrono_tz::{GapInfo, Tz};

use super::{BusinessCalendar, SEARCH_DAYS, WorkingHours};

/// The years that have working time: within them no date or time can leave what chrono represents.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// A stretch of working time; it includes its start and excludes its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
}

/// The working spans of a date, in order, none empty and none overlapping. Spans of different dates never
/// overlap either: each date owns the real time from its first instant to the first instant of the next.
pub(super) fn spans_of(calendar: &BusinessCalendar, date: NaiveDate) -> Vec<Span> {
    let hours = calendar.hours_of(date);
    let Some(next_date) = date.succ_opt() else {
        return Vec::new();
    };
    if hours.is_empty() || !YEARS.contains(&date.year()) {
        return Vec::new();
    }
    let zone = calendar.zone;
    let day_end = first_instant(zone, next_date);
    let mut spans: Vec<Span> = hours
        .iter()
        .map(|hours| to_span(zone, date, *hours))
        // Only the end can leave the date: moved forward by a clock change over midnight.
        .map(|span| Span { end: span.end.min(day_end), ..span })
        .filter(|span| span.start < span.end)
        .collect();

    // Hours that a clock change moves forward may have run into the hours after them.
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// The spans of the local date of `instant` and of its neighbours.
pub(super) fn spans_around(
    calendar: &BusinessCalendar,
    instant: DateTime<Utc>,
) -> impl Iterator<Item = Span> {
    // Where the clocks go back over midnight, an instant may lie in the hours of a neighbour of its local date.
    dates_from(day_before(calendar, instant)).take(3).flat_map(|date| spans_of(calendar, date))
}

/// The spans of working time at or after `instant`, in order, the first cut to start at `instant`; within the
/// search limit.
pub(super) fn spans_from(calendar: &BusinessCalendar, instant: DateTime<Utc>) -> impl Iterator<Item = Span> {
    dates_from(day_before(calendar, instant))
        .take_while(within_search(calendar, instant))
        .flat_map(|date| spans_of(calendar, date))
        .filter(move |span| span.end > instant)
        .map(move |span| Span { start: span.start.max(instant), ..span })
}

/// The spans of working time before `instant`, the latest first, that one cut to end at `instant`; within the
/// search limit.
pub(super) fn spans_until(calendar: &BusinessCalendar, instant: DateTime<Utc>) -> impl Iterator<Item = Span> {
    let date = calendar.local_date(instant);
    std::iter::successors(Some(date.succ_opt().unwrap_or(date)), NaiveDate::pred_opt)
        .take_while(within_search(calendar, instant))
        .flat_map(|date| spans_of(calendar, date).into_iter().rev())
        .filter(move |span| span.start < instant)
        .map(move |span| Span { end: span.end.min(instant), ..span })
}

/// The date before the local date of `instant`.
pub(super) fn day_before(calendar: &BusinessCalendar, instant: DateTime<Utc>) -> NaiveDate {
    let date = calendar.local_date(instant);
    date.pred_opt().unwrap_or(date)
}

/// All dates from `date` on.
pub(super) fn dates_from(date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    std::iter::successors(Some(date), NaiveDate::succ_opt)
}

fn within_search(calendar: &BusinessCalendar, instant: DateTime<Utc>) -> impl Fn(&NaiveDate) -> bool + use<> {
    let middle = calendar.local_date(instant);
    move |date| (*date - middle).num_days().abs() <= SEARCH_DAYS
}

fn to_span(zone: Tz, date: NaiveDate, hours: WorkingHours) -> Span {
    let at =
        |minutes: u16| to_instant(zone, date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes.into()));
    Span { start: at(hours.from.minutes()), end: at(hours.to.minutes()) }
}

/// The instant of a local time: the first one if the time happens twice; moved forward by the gap if it never
/// happens.
fn to_instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant.to_utc(),
        LocalResult::None => {
            // Reading the time with the offset from before the gap moves it forward by exactly the gap.
            let before = GapInfo::new(&local, &zone).and_then(|gap| gap.begin);
            let offset = before.map_or(TimeDelta::zero(), |(_, offset)| {
                TimeDelta::seconds(offset.fix().local_minus_utc().into())
            });
            (local - offset).and_utc()
        }
    }
}

/// The first instant of a date; of a date that was skipped, the first instant after the skipped time.
fn first_instant(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    match GapInfo::new(&midnight, &zone).and_then(|gap| gap.end) {
        Some(after_gap) => after_gap.to_utc(),
        None => to_instant(zone, midnight),
    }
}
