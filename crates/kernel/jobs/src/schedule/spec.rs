//! What an administrator says of a schedule, and the rules that it has to keep.

use std::collections::BTreeMap;
use std::sync::Arc;

use athyper_kernel_error::FieldError;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Misfire, Overlap, ScheduleProblem};
use crate::{CronSchedule, JobType};

/// Longest name, in characters.
const MOST_NAME: usize = 63;
/// Largest payload, in bytes of its JSON.
const MOST_PAYLOAD: usize = 64 * 1024;
/// Most excluded days.
const MOST_EXCLUDED: usize = 366;
/// Interval in seconds, from a minute to a leap year.
const EVERY: (i64, i64) = (60, 366 * 86_400);
/// Catch-up window in seconds, from a minute to a week.
const CATCH_UP: (i64, i64) = (60, 7 * 86_400);
/// Jitter in seconds, up to an hour.
const JITTER: (i64, i64) = (0, 3_600);
/// Years of instants that are taken.
const YEARS: (i32, i32) = (1970, 2100);

/// The job types that tenants may put on a schedule: those that say so themselves, and no others.
#[derive(Clone, Debug, Default)]
pub struct SchedulableJobs(Arc<BTreeMap<&'static str, SchedulableJob>>);

/// What a schedule has to know of a job type.
#[derive(Clone, Copy, Debug)]
pub(super) struct SchedulableJob {
    pub(super) queue: &'static str,
    pub(super) max_attempts: i16,
    decodes: fn(&Value) -> bool,
}

impl SchedulableJobs {
    /// Those of these types that declare themselves schedulable.
    pub fn of(types: &[JobType]) -> Self {
        let schedulable = types.iter().filter(|job| job.schedulable).map(|job| {
            let (queue, max_attempts, decodes) = (job.queue, job.max_attempts, job.decodes);
            (job.name, SchedulableJob { queue, max_attempts, decodes })
        });
        Self(Arc::new(schedulable.collect()))
    }
}

/// A schedule as an administrator wants it; it fires either by `cron` or by `everySeconds`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduleSpec {
    /// Name, unique in the tenant: lower-case letters, digits, `-` and `_`.
    #[schema(min_length = 1, max_length = 63, pattern = "^[a-z0-9][a-z0-9_-]*$")]
    pub name: String,
    /// Type of the jobs that it makes: one that declares that tenants may schedule it.
    pub job_type: String,
    /// Payload of those jobs.
    #[serde(default = "empty")]
    #[schema(value_type = Object)]
    pub payload: Value,
    /// POSIX cron expression of five fields, read on the clock of the zone.
    #[serde(default)]
    pub cron: Option<String>,
    /// Interval in seconds, instead of a cron expression.
    #[serde(default)]
    #[schema(minimum = 60, maximum = 31_622_400)]
    pub every_seconds: Option<i64>,
    /// One of the instants of the interval (UTC); 1970-01-01T00:00:00Z unless given.
    #[serde(default)]
    pub anchor_at: Option<DateTime<Utc>>,
    /// IANA time zone; the tenant's unless given.
    #[serde(default)]
    pub zone: Option<String>,
    /// No time before this instant (UTC).
    #[serde(default)]
    pub starts_at: Option<DateTime<Utc>>,
    /// No time after this instant (UTC).
    #[serde(default)]
    pub ends_at: Option<DateTime<Utc>>,
    /// Days of the zone on which it does not fire.
    #[serde(default)]
    #[schema(max_items = 366)]
    pub excluded_dates: Vec<NaiveDate>,
    /// What becomes of missed times.
    #[serde(default = "once")]
    #[schema(default = "once")]
    pub misfire: Misfire,
    /// Times older than so many seconds are missed for good.
    #[serde(default = "an_hour")]
    #[schema(default = 3600, minimum = 60, maximum = 604_800)]
    pub catch_up_seconds: i64,
    /// What becomes of a time that meets a job that has not ended.
    #[serde(default = "skip")]
    #[schema(default = "skip")]
    pub overlap: Overlap,
    /// Longest delay of a job after its time, in seconds.
    #[serde(default)]
    #[schema(default = 0, minimum = 0, maximum = 3600)]
    pub jitter_seconds: i64,
}

fn empty() -> Value {
    json!({})
}

fn once() -> Misfire {
    Misfire::Once
}

fn an_hour() -> i64 {
    3_600
}

fn skip() -> Overlap {
    Overlap::Skip
}

/// What the rules of a specification leave to be known.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) job: SchedulableJob,
    pub(super) zone: Tz,
    pub(super) anchor_at: Option<DateTime<Utc>>,
    pub(super) excluded_dates: Vec<NaiveDate>,
}

impl ScheduleSpec {
    /// Holds the specification against the rules.
    ///
    /// # Errors
    /// [`ScheduleProblem::Invalid`] with an error for each field that breaks one.
    pub(super) fn check(
        &self,
        jobs: &SchedulableJobs,
        tenant_zone: Option<&str>,
    ) -> Result<Checked, ScheduleProblem> {
        let mut errors = Vec::new();
        let mut refuse = |pointer: &str, message: String| {
            errors.push(FieldError::new(pointer, "invalid", message));
        };
        if !is_name(&self.name) {
            refuse("/name", format!("use a-z, 0-9, - and _, at most {MOST_NAME} of them"));
        }
        let job = jobs.0.get(self.job_type.as_str());
        match job {
            None => refuse("/jobType", "there is no such job type that tenants may schedule".to_owned()),
            Some(job) if !(job.decodes)(&self.payload) => {
                refuse("/payload", format!("{} does not take this payload", self.job_type));
            }
            Some(_) => {}
        }
        if self.payload.to_string().len() > MOST_PAYLOAD {
            refuse("/payload", format!("it has more than {MOST_PAYLOAD} bytes"));
        }
        self.check_rhythm(&mut refuse);
        let zone = self.zone.as_deref().or(tenant_zone).unwrap_or("UTC").parse::<Tz>();
        if zone.is_err() {
            refuse("/zone", "name an IANA time zone, such as Europe/Berlin".to_owned());
        }
        self.check_bounds(&mut refuse);
        match (job, zone) {
            (Some(job), Ok(zone)) if errors.is_empty() => Ok(Checked {
                job: *job,
                zone,
                anchor_at: self.every_seconds.map(|_| self.anchor_at.unwrap_or(DateTime::UNIX_EPOCH)),
                excluded_dates: sorted(&self.excluded_dates),
            }),
            _ => Err(ScheduleProblem::Invalid(errors)),
        }
    }

    fn check_rhythm(&self, refuse: &mut impl FnMut(&str, String)) {
        match (&self.cron, self.every_seconds) {
            (Some(cron), None) => {
                if let Err(error) = CronSchedule::parse(cron) {
                    refuse("/cron", error.to_string());
                }
                if self.anchor_at.is_some() {
                    refuse("/anchorAt", "a cron expression has no anchor".to_owned());
                }
            }
            (None, Some(seconds)) => within("/everySeconds", seconds, EVERY, refuse),
            _ => refuse("/cron", "give either cron or everySeconds".to_owned()),
        }
    }

    fn check_bounds(&self, refuse: &mut impl FnMut(&str, String)) {
        let instants =
            [("/anchorAt", self.anchor_at), ("/startsAt", self.starts_at), ("/endsAt", self.ends_at)];
        for (pointer, instant) in instants {
            if instant.is_some_and(|instant| !(YEARS.0..=YEARS.1).contains(&instant.year())) {
                refuse(pointer, format!("take an instant of the years {} to {}", YEARS.0, YEARS.1));
            }
        }
        if self.starts_at.zip(self.ends_at).is_some_and(|(start, end)| end < start) {
            refuse("/endsAt", "it ends before it starts".to_owned());
        }
        if self.excluded_dates.len() > MOST_EXCLUDED {
            refuse("/excludedDates", format!("at most {MOST_EXCLUDED} days"));
        }
        if self.excluded_dates.iter().any(|day| !(YEARS.0..=YEARS.1).contains(&day.year())) {
            refuse("/excludedDates", format!("take days of the years {} to {}", YEARS.0, YEARS.1));
        }
        within("/catchUpSeconds", self.catch_up_seconds, CATCH_UP, refuse);
        within("/jitterSeconds", self.jitter_seconds, JITTER, refuse);
    }
}

fn within(pointer: &str, value: i64, (least, most): (i64, i64), refuse: &mut impl FnMut(&str, String)) {
    if !(least..=most).contains(&value) {
        refuse(pointer, format!("from {least} to {most}"));
    }
}

fn is_name(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=MOST_NAME).contains(&name.len())
        && name.bytes().all(|byte| is_word(byte) || matches!(byte, b'-' | b'_'))
        && name.bytes().next().is_some_and(is_word)
}

fn sorted(days: &[NaiveDate]) -> Vec<NaiveDate> {
    let mut days = days.to_vec();
    days.sort_unstable();
    days.dedup();
    days
}
