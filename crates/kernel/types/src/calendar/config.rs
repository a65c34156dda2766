//! How a business calendar is written down: the checked parts and their JSON form.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, Type},
    },
};

use super::{BusinessCalendar, CalendarError};

/// Minutes from 00:00 to 24:00.
const DAY_MINUTES: u16 = 24 * 60;
/// A leap year: every day of a year exists in it.
const LEAP_YEAR: i32 = 2024;

/// The JSON form of a [`BusinessCalendar`].
///
/// ```json
/// {
///   "zone": "Europe/Berlin",
///   "week": { "monday": [{ "from": "09:00", "to": "12:30" }, { "from": "13:00", "to": "17:00" }] },
///   "holidays": ["2026-04-03"],
///   "yearlyHolidays": ["12-25"],
///   "extraWorkingDays": [{ "date": "2026-12-19", "hours": [{ "from": "09:00", "to": "14:00" }] }]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CalendarConfig {
    /// Name of a zone in the IANA time zone database; all times and dates of the calendar are local to it.
    #[schema(example = "Europe/Berlin")]
    pub zone: String,
    /// Working hours of each weekday.
    #[serde(default)]
    pub week: WeekHours,
    /// Dates on which nobody works.
    #[serde(default)]
    pub holidays: Vec<NaiveDate>,
    /// Days of every year on which nobody works.
    #[serde(default)]
    pub yearly_holidays: Vec<MonthDay>,
    /// Dates worked in spite of their weekday or of a holiday, with their own hours.
    #[serde(default)]
    pub extra_working_days: Vec<ExtraWorkingDay>,
}

/// Working hours of each weekday; a weekday left out is free.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are the names of the weekdays")]
pub struct WeekHours {
    pub monday: Vec<WorkingHours>,
    pub tuesday: Vec<WorkingHours>,
    pub wednesday: Vec<WorkingHours>,
    pub thursday: Vec<WorkingHours>,
    pub friday: Vec<WorkingHours>,
    pub saturday: Vec<WorkingHours>,
    pub sunday: Vec<WorkingHours>,
}

/// One stretch of work within a day, in local time: from its start up to, not including, its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkingHours {
    /// When work starts.
    pub from: TimeOfDay,
    /// When work ends, at most 24:00. A night shift is split at midnight.
    pub to: TimeOfDay,
}

/// A date worked out of turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtraWorkingDay {
    /// The local date.
    pub date: NaiveDate,
    /// Its working hours.
    pub hours: Vec<WorkingHours>,
}

/// A local time of day in whole minutes, from 00:00 to 24:00; `HH:MM` in text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", example = "09:00")]
pub struct TimeOfDay(u16);

/// A day of every year; `MM-DD` in text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MonthDay {
    month: u32,
    day: u32,
}

impl TimeOfDay {
    /// The minutes since 00:00, from 0 to 1440.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl MonthDay {
    /// The day of the year that `date` is.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        Self { month: date.month(), day: date.day() }
    }
}

/// Reads two numbers of two digits with a separator between them.
fn two_by_two(text: &str, separator: char) -> Option<(u16, u16)> {
    let (left, right) = text.split_once(separator)?;
    let number = |part: &str| {
        let well_formed = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| well_formed)
    };
    Some((number(left)?, number(right)?))
}

impl FromStr for TimeOfDay {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        two_by_two(text, ':')
            .filter(|&(_, minute)| minute < 60)
            .map(|(hour, minute)| hour * 60 + minute)
            .filter(|&minutes| minutes <= DAY_MINUTES)
            .map(Self)
            .ok_or_else(|| CalendarError::TimeOfDay { text: text.to_owned() })
    }
}

impl FromStr for MonthDay {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        two_by_two(text, '-')
            .and_then(|(month, day)| NaiveDate::from_ymd_opt(LEAP_YEAR, month.into(), day.into()))
            .map(Self::of)
            .ok_or_else(|| CalendarError::MonthDay { text: text.to_owned() })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl fmt::Debug for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<Self, CalendarError> {
        text.parse()
    }
}

impl TryFrom<String> for MonthDay {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<Self, CalendarError> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl From<MonthDay> for String {
    fn from(day: MonthDay) -> Self {
        day.to_string()
    }
}

impl PartialSchema for MonthDay {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A day of every year, MM-DD."))
            .pattern(Some("^[0-9]{2}-[0-9]{2}$"))
            .examples(["12-25"])
            .into()
    }
}

impl ToSchema for MonthDay {}

impl WeekHours {
    pub(super) fn of(&self, weekday: Weekday) -> &[WorkingHours] {
        match weekday {
            Weekday::Mon => &self.monday,
            Weekday::Tue => &self.tuesday,
            Weekday::Wed => &self.wednesday,
            Weekday::Thu => &self.thursday,
            Weekday::Fri => &self.friday,
            Weekday::Sat => &self.saturday,
            Weekday::Sun => &self.sunday,
        }
    }

    /// Checks each day and puts its hours in order.
    fn checked(self) -> Result<Self, CalendarError> {
        Ok(Self {
            monday: checked_hours(self.monday)?,
            tuesday: checked_hours(self.tuesday)?,
            wednesday: checked_hours(self.wednesday)?,
            thursday: checked_hours(self.thursday)?,
            friday: checked_hours(self.friday)?,
            saturday: checked_hours(self.saturday)?,
            sunday: checked_hours(self.sunday)?,
        })
    }
}

fn checked_hours(mut hours: Vec<WorkingHours>) -> Result<Vec<WorkingHours>, CalendarError> {
    hours.sort_unstable_by_key(|hours| hours.from);
    let mut end_before = None;
    for &WorkingHours { from, to } in &hours {
        if to <= from {
            return Err(CalendarError::EmptyHours { from, to });
        }
        if end_before.is_some_and(|end| from < end) {
            return Err(CalendarError::OverlappingHours { from });
        }
        end_before = Some(to);
    }
    Ok(hours)
}

impl TryFrom<CalendarConfig> for BusinessCalendar {
    type Error = CalendarError;

    fn try_from(config: CalendarConfig) -> Result<Self, CalendarError> {
        let zone = config.zone.parse().map_err(|_| CalendarError::UnknownZone { zone: config.zone })?;
        let mut extra_working_days = BTreeMap::new();
        for ExtraWorkingDay { date, hours } in config.extra_working_days {
            let hours = checked_hours(hours)?;
            if hours.is_empty() || extra_working_days.insert(date, hours).is_some() {
                return Err(CalendarError::ExtraWorkingDay { date });
            }
        }
        Ok(Self {
            zone,
            week: config.week.checked()?,
            holidays: BTreeSet::from_iter(config.holidays),
            yearly_holidays: BTreeSet::from_iter(config.yearly_holidays),
            extra_working_days,
        })
    }
}

impl From<BusinessCalendar> for CalendarConfig {
    fn from(calendar: BusinessCalendar) -> Self {
        Self {
            zone: calendar.zone.name().to_owned(),
            week: calendar.week,
            holidays: calendar.holidays.into_iter().collect(),
            yearly_holidays: calendar.yearly_holidays.into_iter().collect(),
            extra_working_days: calendar
                .extra_working_days
                .into_iter()
                .map(|(date, hours)| ExtraWorkingDay { date, hours })
                .collect(),
        }
    }
}
