//! Cron schedules: POSIX five-field expressions, evaluated on the wall clock of a time zone.
//!
//! The `cron` crate does the searching. It is never given a zone or a Quartz weekday: it walks local time as
//! if that were UTC, and this file maps each local time to real instants.
//!
//! Rules, where crontab(5) implementations differ:
//! - Day of month and day of week are joined by OR when both are restricted, that is, neither is `*` (POSIX
//!   crontab). Either of them is joined with the month by AND.
//! - A job whose minute or hour field starts with `*` is an *interval* job: it fires whenever the wall clock
//!   shows a matching time. A local time that is skipped when clocks go forward does not fire; one that is
//!   repeated when they go back fires on both passes.
//! - Any other job is a *fixed-time* job (Vixie cron's rule): it fires once for each local time. A skipped
//!   local time fires at the first instant after the gap, a repeated one on its first pass. Times that meet
//!   in one instant fire once.

use chrono::{DateTime, Datelike, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};
use std::{collections::BTreeSet, fmt, iter, str::FromStr};

/// The last year the search covers, a bound of the `cron` crate.
pub(crate) const LAST_YEAR: i32 = 2100;

/// Why an expression is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// The expression does not have five fields.
    #[error(
        "a schedule has five fields (minute, hour, day of month, month, day of week), \
         not {found}: write for example `0 6 * * 1-5`"
    )]
    FieldCount {
        /// How many fields were found.
        found: usize,
    },
    /// The expression starts with `@` and is none of the known names.
    #[error("unknown schedule name `{name}`: use @hourly, @daily, @weekly, @monthly or @yearly")]
    UnknownName {
        /// The name as written.
        name: String,
    },
    /// One field cannot be read.
    #[error("the {field} field `{text}` is wrong: {problem}")]
    Field {
        /// Which field, in words.
        field: &'static str,
        /// The part of the field that is wrong, as written.
        text: String,
        /// What is wrong, and what is accepted.
        problem: String,
    },
    /// No month named by the expression has a day named by it, as in `0 0 31 2 *`.
    #[error("the schedule `{expression}` never fires: name a day that exists in one of its months")]
    NeverFires {
        /// The expression as written.
        expression: String,
    },
    /// The search engine refused field lists that passed the checks above.
    #[error("the schedule cannot be evaluated: {reason}")]
    Engine {
        /// The engine's own words.
        reason: String,
    },
}

/// A parsed schedule. Its [`Display`](fmt::Display) is the expression as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronSchedule {
    expression: String,
    /// The schedule fires when any of these does: two of them when both day fields are restricted.
    any_of: Vec<cron::Schedule>,
    /// Whether this is an interval job, see the head of this file.
    is_interval: bool,
}

impl CronSchedule {
    /// Reads five fields `minute hour day-of-month month day-of-week`, or one of `@hourly`, `@daily`,
    /// `@weekly`, `@monthly` and `@yearly`.
    ///
    /// A field is `*`, or a list joined by commas of numbers, ranges `a-b`, and steps `*/n` or `a-b/n`.
    /// Months may be `JAN` to `DEC`, weekdays `SUN` to `SAT`, in any case; Sunday is 0 or 7.
    ///
    /// # Errors
    ///
    /// [`CronError`] tells which part is wrong. An expression that can never fire is refused too.
    pub fn parse(expression: &str) -> Result<Self, CronError> {
        let written = expression.trim();
        let expanded = if written.starts_with('@') { expand_name(written)? } else { written };
        let fields: Vec<&str> = expanded.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(CronError::FieldCount { found: fields.len() });
        };

        let time = format!("0 {} {}", MINUTE.list(minute)?, HOUR.list(hour)?);
        let days = DAY.list(day)?;
        let months = MONTH.list(month)?;
        let weekdays = WEEKDAY.list(weekday)?;
        let any_of = if day != "*" && weekday != "*" {
            vec![
                engine(&format!("{time} {days} {months} *"))?,
                engine(&format!("{time} * {months} {weekdays}"))?,
            ]
        } else {
            vec![engine(&format!("{time} {days} {months} {weekdays}"))?]
        };

        let schedule = Self {
            expression: expression.to_owned(),
            any_of,
            is_interval: minute.starts_with('*') || hour.starts_with('*'),
        };
        if schedule.next_local(DateTime::UNIX_EPOCH.naive_utc()).is_none() {
            return Err(CronError::NeverFires { expression: written.to_owned() });
        }
        Ok(schedule)
    }

    /// The first instant strictly after `after` at which the schedule fires on the wall clock of `zone`.
    ///
    /// The search covers the years 1970 to 2100; `None` when nothing is left of them.
    pub fn next_after(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        if after.year() > LAST_YEAR {
            return None;
        }
        let after = after.max(DateTime::UNIX_EPOCH);
        let local = after.with_timezone(&zone).naive_local();
        if !self.is_interval {
            return self
                .local_times(local)
                .filter_map(|time| fixed_instant(time, zone))
                .find(|instant| *instant > after);
        }

        let ahead = self.first_instant(local, after, zone);
        match zone.from_local_datetime(&local) {
            // On the first pass of a repeated hour, its times that are already past come again: search from
            // before its beginning too. The passes lie exactly the length of the repeated hour apart.
            LocalResult::Ambiguous(first, second) if after == first => {
                let again = self.first_instant(local - (second - first), after, zone);
                ahead.into_iter().chain(again).min()
            }
            _ => ahead,
        }
    }

    /// All firings strictly after `after`, in time order; see [`CronSchedule::next_after`].
    pub fn upcoming(&self, after: DateTime<Utc>, zone: Tz) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        iter::successors(self.next_after(after, zone), move |last| self.next_after(*last, zone))
    }

    /// For an interval job: walks local times strictly after `from` to the first that stands for an instant
    /// after `after`.
    fn first_instant(&self, from: NaiveDateTime, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        self.local_times(from).find_map(|time| match zone.from_local_datetime(&time) {
            LocalResult::None => None,
            LocalResult::Single(only) => Some(only.to_utc()).filter(|instant| *instant > after),
            LocalResult::Ambiguous(first, second) => {
                [first, second].into_iter().map(|pass| pass.to_utc()).find(|instant| *instant > after)
            }
        })
    }

    /// Matching local times strictly after `from`, whether or not the zone's clock ever shows them.
    fn local_times(&self, from: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
        iter::successors(self.next_local(from), |last| self.next_local(*last))
    }

    /// The first matching local time strictly after `from`.
    fn next_local(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        let from = from.and_utc();
        self.any_of
            .iter()
            .filter_map(|schedule| schedule.after(&from).next())
            .min()
            .map(|time| time.naive_utc())
    }
}

impl fmt::Display for CronSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expression)
    }
}

/// For a fixed-time job: the one instant at which `local` fires.
fn fixed_instant(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Some(instant.to_utc()),
        LocalResult::None => GapInfo::new(&local, &zone)?.end.map(|instant| instant.to_utc()),
    }
}

/// The five fields a schedule name stands for.
fn expand_name(name: &str) -> Result<&'static str, CronError> {
    match name.to_ascii_lowercase().as_str() {
        "@hourly" => Ok("0 * * * *"),
        "@daily" => Ok("0 0 * * *"),
        "@weekly" => Ok("0 0 * * 0"),
        "@monthly" => Ok("0 0 1 * *"),
        "@yearly" => Ok("0 0 1 1 *"),
        _ => Err(CronError::UnknownName { name: name.to_owned() }),
    }
}

fn engine(fields: &str) -> Result<cron::Schedule, CronError> {
    cron::Schedule::from_str(fields).map_err(|error| CronError::Engine { reason: error.to_string() })
}

/// What one field accepts.
struct FieldRule {
    name: &'static str,
    min: u32,
    /// The largest number accepted; 7 for weekdays, where it means Sunday again.
    max: u32,
    /// Names of the numbers from `min` upwards.
    names: &'static [&'static str],
}

const MINUTE: FieldRule = FieldRule { name: "minute", min: 0, max: 59, names: &[] };
const HOUR: FieldRule = FieldRule { name: "hour", min: 0, max: 23, names: &[] };
const DAY: FieldRule = FieldRule { name: "day of month", min: 1, max: 31, names: &[] };
const MONTH: FieldRule = FieldRule {
    name: "month",
    min: 1,
    max: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const WEEKDAY: FieldRule = FieldRule {
    name: "day of week",
    min: 0,
    max: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

impl FieldRule {
    /// The field as the `cron` crate takes it: `*`, or plain numbers joined by commas.
    fn list(&self, text: &str) -> Result<String, CronError> {
        if text == "*" {
            return Ok(text.to_owned());
        }
        let mut values = BTreeSet::new();
        for element in text.split(',') {
            values.extend(self.element(element)?);
        }
        let numbers: Vec<String> = values.iter().map(u32::to_string).collect();
        Ok(numbers.join(","))
    }

    /// The numbers of one list element, in the crate's counting.
    fn element(&self, text: &str) -> Result<BTreeSet<u32>, CronError> {
        let (range, step) = match text.split_once('/') {
            None => (text, 1),
            Some((range, step)) => (range, self.step(range, step, text)?),
        };
        let (first, last) = match range.split_once('-') {
            // A list of `*` and something else is not POSIX; `*` alone never comes here.
            None if range == "*" && text != "*" => (self.min, self.max),
            None => self.value(range, text).map(|value| (value, value))?,
            Some((first, last)) => {
                let first = self.value(first, text)?;
                // A named range may end on Sunday (`FRI-SUN`), which is day 7 there.
                let ends_on_sunday = self.is_weekday() && last.eq_ignore_ascii_case("SUN") && first > 0;
                (first, if ends_on_sunday { self.max } else { self.value(last, text)? })
            }
        };
        if first > last {
            return Err(self.wrong(text, "a range runs from the smaller value to the larger one".to_owned()));
        }
        Ok((first..=last).step_by(step).map(|value| self.engine_value(value)).collect())
    }

    /// A step: 1 up to the field's largest value, after `*` or a range. A larger one would promise a period
    /// that the field cannot express (`*/90` minutes is not every hour and a half).
    fn step(&self, range: &str, step: &str, text: &str) -> Result<usize, CronError> {
        if range != "*" && !range.contains('-') {
            return Err(
                self.wrong(text, "a step follows `*` or a range, as in `*/5` or `10-40/5`".to_owned())
            );
        }
        number(step)
            .filter(|step| (1..=self.max).contains(step))
            .and_then(|step| usize::try_from(step).ok())
            .ok_or_else(|| self.wrong(text, format!("a step is a number from 1 to {}", self.max)))
    }

    /// One number or name.
    fn value(&self, value: &str, text: &str) -> Result<u32, CronError> {
        let named = (self.min..).zip(self.names).find(|(_, name)| name.eq_ignore_ascii_case(value));
        named
            .map(|(value, _)| value)
            .or_else(|| number(value).filter(|value| (self.min..=self.max).contains(value)))
            .ok_or_else(|| {
                let names = match self.names {
                    [first, .., last] => format!(" or {first} to {last}"),
                    _ => String::new(),
                };
                self.wrong(text, format!("use {} to {}{names}", self.min, self.max))
            })
    }

    /// The crate counts weekdays from Sunday = 1; everything else is alike.
    fn engine_value(&self, value: u32) -> u32 {
        if self.is_weekday() { value % 7 + 1 } else { value }
    }

    fn is_weekday(&self) -> bool {
        self.name == WEEKDAY.name
    }

    fn wrong(&self, text: &str, problem: String) -> CronError {
        CronError::Field { field: self.name, text: text.to_owned(), problem }
    }
}

/// A plain decimal number: unlike [`str::parse`], no sign.
fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
