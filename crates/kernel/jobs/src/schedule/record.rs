//! Schedules as an administrator sees them.

use athyper_kernel_types::ScheduleId;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Misfire, Overlap, StoredSchedule};

/// Where a schedule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleOrigin {
    /// A module declares it.
    Code,
    /// The tenant made it.
    Tenant,
}

impl ScheduleOrigin {
    /// The word stored for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Tenant => "tenant",
        }
    }
}

impl TryFrom<String> for ScheduleOrigin {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let all = [Self::Code, Self::Tenant];
        all.into_iter()
            .find(|origin| origin.as_str() == word)
            .ok_or_else(|| format!("schedule origin {word}"))
    }
}

/// Where a schedule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleState {
    /// It has times to come.
    Active,
    /// It waits until somebody resumes it. Times that pass meanwhile are not made up for.
    Paused,
    /// Its calendar has no more times.
    Ended,
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleRecord {
    /// Id; the path of the schedule is `/v1/schedules/{id}`.
    pub id: ScheduleId,
    /// Name, unique in the tenant.
    pub name: String,
    /// Where it comes from. One that a module declares can be paused and run, but not changed or deleted.
    pub origin: ScheduleOrigin,
    /// Where it stands.
    pub state: ScheduleState,
    /// Type of the jobs that it makes.
    pub job_type: String,
    /// Payload of those jobs.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// POSIX cron expression, on the clock of the zone; absent when it has an interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// Interval in seconds; absent when it has a cron expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<i64>,
    /// One of the instants of the interval (UTC); the others are whole intervals before and after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor_at: Option<DateTime<Utc>>,
    /// IANA time zone of the cron expression and the excluded days.
    pub zone: String,
    /// No time before this instant (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<DateTime<Utc>>,
    /// No time after this instant (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
    /// Days of the zone on which it does not fire.
    pub excluded_dates: Vec<NaiveDate>,
    /// What becomes of missed times.
    pub misfire: Misfire,
    /// Times older than so many seconds are missed for good.
    pub catch_up_seconds: i64,
    /// What becomes of a time that meets a job that has not ended.
    pub overlap: Overlap,
    /// Longest delay of a job after its time, in seconds.
    pub jitter_seconds: i64,
    /// Next time (UTC); absent when it is paused or at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
    /// Latest time that was fired (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_nominal_at: Option<DateTime<Utc>>,
    /// Since when it is paused (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<DateTime<Utc>>,
    /// Who paused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_note: Option<String>,
    /// When it was made (UTC).
    pub created_at: DateTime<Utc>,
    /// Who made it; `platform` for one that a module declares.
    pub created_by: String,
    /// Its version; it counts what people change, not its runs.
    pub version: i64,
}

impl From<StoredSchedule> for ScheduleRecord {
    fn from(stored: StoredSchedule) -> Self {
        let state = match (stored.paused_at, stored.next_at) {
            (Some(_), _) => ScheduleState::Paused,
            (None, Some(_)) => ScheduleState::Active,
            (None, None) => ScheduleState::Ended,
        };
        Self {
            id: stored.schedule_id(),
            name: stored.name,
            origin: stored.origin,
            state,
            job_type: stored.job_type,
            payload: stored.payload,
            cron: stored.cron,
            every_seconds: stored.every_seconds,
            anchor_at: stored.anchor_at,
            zone: stored.zone,
            starts_at: stored.starts_at,
            ends_at: stored.ends_at,
            excluded_dates: stored.excluded_dates,
            misfire: stored.misfire,
            catch_up_seconds: stored.catch_up_seconds,
            overlap: stored.overlap,
            jitter_seconds: stored.jitter_seconds,
            next_at: stored.next_at,
            last_nominal_at: stored.last_nominal_at,
            paused_at: stored.paused_at,
            paused_by: stored.paused_by,
            pause_note: stored.pause_note,
            created_at: stored.created_at,
            created_by: stored.created_by,
            version: stored.version,
        }
    }
}
