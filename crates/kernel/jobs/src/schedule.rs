//! Schedules that a module declares, as data.

use serde_json::Value;

/// A job that comes back by the calendar, once for each tenant and in the tenant's zone.
#[derive(Clone, Copy, Debug)]
pub struct ScheduleDef {
    /// Name, unique in the platform: `<domain>.<what>`.
    pub name: &'static str,
    /// POSIX cron expression of five fields.
    pub cron: &'static str,
    /// Name of the job type that each run enqueues, with an empty object as payload.
    pub job: &'static str,
    /// Queue of that job.
    pub queue: &'static str,
    /// Attempts of that job.
    pub max_attempts: i16,
}

impl ScheduleDef {
    /// The payload of a scheduled job.
    pub fn payload() -> Value {
        Value::Object(serde_json::Map::new())
    }
}
