//! Schedules that a module declares, as data.

use serde_json::Value;

use super::SchedulePolicy;
use crate::JobPayload;

/// For whom a declared schedule makes its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleScope {
    /// Once for each tenant, in the tenant's zone.
    EachTenant,
    /// Once for the platform, in UTC. The job belongs to the platform's own tenant.
    Platform,
}

/// When a declared schedule fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RhythmDef {
    /// A POSIX cron expression of five fields.
    Cron(&'static str),
    /// So many seconds apart, counted from 1970-01-01T00:00:00Z.
    EverySeconds(u32),
}

/// A job that comes back by the calendar.
#[derive(Clone, Copy, Debug)]
pub struct ScheduleDef {
    /// Name, unique in the platform: `<domain>.<what>`. The dot keeps it apart from names that tenants choose.
    pub name: &'static str,
    /// When it fires.
    pub rhythm: RhythmDef,
    /// For whom.
    pub scope: ScheduleScope,
    /// What happens to missed times and to times that meet a job that has not ended.
    pub policy: SchedulePolicy,
    /// Name of the job type that each run enqueues, with an empty object as payload.
    pub job: &'static str,
    /// Queue of that job.
    pub queue: &'static str,
    /// Attempts of that job.
    pub max_attempts: i16,
}

impl ScheduleDef {
    /// The job of this payload type for each tenant, at the times of a cron expression and under the name of the job.
    pub const fn cron<P: JobPayload>(expression: &'static str) -> Self {
        Self::of::<P>(RhythmDef::Cron(expression))
    }

    /// The job of this payload type for each tenant, every so many seconds and under the name of the job.
    pub const fn every<P: JobPayload>(seconds: u32) -> Self {
        Self::of::<P>(RhythmDef::EverySeconds(seconds))
    }

    const fn of<P: JobPayload>(rhythm: RhythmDef) -> Self {
        Self {
            name: P::NAME,
            rhythm,
            scope: ScheduleScope::EachTenant,
            policy: SchedulePolicy::DEFAULT,
            job: P::NAME,
            queue: P::QUEUE,
            max_attempts: P::MAX_ATTEMPTS,
        }
    }

    /// Another name than that of the job.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Once for the platform, not for each tenant.
    #[must_use]
    pub const fn for_platform(mut self) -> Self {
        self.scope = ScheduleScope::Platform;
        self
    }

    /// With this policy.
    #[must_use]
    pub const fn policy(mut self, policy: SchedulePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The payload of a declared schedule's job.
    pub fn payload() -> Value {
        Value::Object(serde_json::Map::new())
    }
}
