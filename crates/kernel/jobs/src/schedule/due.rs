//! Which times of a due schedule are fired, which are missed, and which comes next.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Calendar, Misfire, SchedulePolicy};

/// A time that is past by no more than this is on time, however long it took to look.
const ON_TIME: TimeDelta = TimeDelta::minutes(1);
/// Times that are fired in one turn at most; the rest follows in the next.
const MOST_FIRED: usize = 100;
/// Missed times that are recorded one by one; those after them share one row.
const MOST_MISSED: usize = 100;

/// What becomes of one time, or of several that were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is fired.
    Fire(DateTime<Utc>),
    /// It is missed for good.
    Missed(DateTime<Utc>),
    /// All times from the one to the other are.
    MissedThrough(DateTime<Utc>, DateTime<Utc>),
}

/// What to do with a due schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The times that are dealt with, in order.
    pub taken: Vec<Taken>,
    /// The first time that is not; still past when there are more than one turn takes. `None` at the calendar's end.
    pub next_at: Option<DateTime<Utc>>,
}

/// Deals with the times of the calendar from `next_at` to `now`, both included.
pub fn due(calendar: &Calendar, policy: &SchedulePolicy, next_at: DateTime<Utc>, now: DateTime<Utc>) -> Due {
    let oldest = now - policy.catch_up.max(ON_TIME);
    let mut taken = Vec::new();
    let next_at = match policy.misfire {
        Misfire::Once => {
            let Some(latest) = calendar.latest(next_at, now) else {
                return Due { taken, next_at: calendar.next_after(now.max(next_at)) };
            };
            missed_before(calendar, next_at, latest, &mut taken);
            taken.push(if latest < oldest { Taken::Missed(latest) } else { Taken::Fire(latest) });
            calendar.next_after(latest)
        }
        Misfire::None => each_from(calendar, next_at, now - ON_TIME, now, &mut taken),
        Misfire::All => each_from(calendar, next_at, oldest, now, &mut taken),
    };
    Due { taken, next_at }
}

/// Fires each time from `oldest` to `now`, as many as a turn takes; those from `next_at` to `oldest` are missed.
fn each_from(
    calendar: &Calendar,
    next_at: DateTime<Utc>,
    oldest: DateTime<Utc>,
    now: DateTime<Utc>,
    taken: &mut Vec<Taken>,
) -> Option<DateTime<Utc>> {
    missed_before(calendar, next_at, oldest, taken);
    let mut next = calendar.next_from(oldest.max(next_at));
    for _ in 0..MOST_FIRED {
        let Some(time) = next.filter(|time| *time <= now) else { break };
        taken.push(Taken::Fire(time));
        next = calendar.next_after(time);
    }
    next
}

/// Records the times from `from` up to, and without, `end` as missed.
fn missed_before(calendar: &Calendar, from: DateTime<Utc>, end: DateTime<Utc>, taken: &mut Vec<Taken>) {
    let mut next = calendar.next_from(from);
    for _ in 0..MOST_MISSED {
        let Some(time) = next.filter(|time| *time < end) else { return };
        taken.push(Taken::Missed(time));
        next = calendar.next_after(time);
    }
    let Some(first) = next.filter(|time| *time < end) else { return };
    let last = calendar.latest(first, end - TimeDelta::microseconds(1)).unwrap_or(first);
    taken.push(if first == last { Taken::Missed(first) } else { Taken::MissedThrough(first, last) });
}

#[cfg(test)]
mod tests;
