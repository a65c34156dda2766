//! What happens to times that were missed, and to times that meet a job that has not ended.

use athyper_kernel_types::ScheduleId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What becomes of times that passed while nobody fired them. Times older than the catch-up window are missed under
/// every policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Misfire {
    /// One job makes up for all: that of the latest time.
    Once,
    /// Nothing makes up for them; a time is fired when it is less than a minute past.
    None,
    /// Each gets its job.
    All,
}

/// What becomes of a time that comes while a job of the schedule waits or runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// It makes no job.
    Skip,
    /// Its job waits for the one before; there is at most one that waits so.
    BufferOne,
    /// Its job waits for those before.
    BufferAll,
    /// The others are cancelled; its job starts when they have stopped.
    CancelOther,
    /// Its job starts beside the others.
    AllowAll,
}

impl Misfire {
    /// The word stored for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::None => "none",
            Self::All => "all",
        }
    }
}

impl TryFrom<String> for Misfire {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let all = [Self::Once, Self::None, Self::All];
        all.into_iter().find(|policy| policy.as_str() == word).ok_or_else(|| format!("misfire policy {word}"))
    }
}

impl Overlap {
    /// The word stored for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::BufferOne => "buffer_one",
            Self::BufferAll => "buffer_all",
            Self::CancelOther => "cancel_other",
            Self::AllowAll => "allow_all",
        }
    }
}

impl TryFrom<String> for Overlap {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let all = [Self::Skip, Self::BufferOne, Self::BufferAll, Self::CancelOther, Self::AllowAll];
        all.into_iter().find(|policy| policy.as_str() == word).ok_or_else(|| format!("overlap policy {word}"))
    }
}

/// How a schedule copes with what the calendar does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulePolicy {
    /// What becomes of missed times.
    pub misfire: Misfire,
    /// Times older than this are missed for good.
    pub catch_up: TimeDelta,
    /// What becomes of a time that meets a job that has not ended.
    pub overlap: Overlap,
    /// Longest delay of a job after its nominal time, which spreads the jobs of many schedules.
    pub jitter: TimeDelta,
}

impl SchedulePolicy {
    /// One job makes up for missed times of the last hour; a job that has not ended keeps the next from being made; no
    /// jitter.
    pub const DEFAULT: Self = Self {
        misfire: Misfire::Once,
        catch_up: TimeDelta::hours(1),
        overlap: Overlap::Skip,
        jitter: TimeDelta::zero(),
    };

    /// The delay of the job of this nominal time: from none up to the jitter, and the same whoever asks and whenever.
    pub fn delay(&self, schedule: ScheduleId, nominal: DateTime<Utc>) -> TimeDelta {
        let Ok(most) = u64::try_from(self.jitter.num_milliseconds()) else { return TimeDelta::zero() };
        let hash = Uuid::new_v5(&schedule.uuid(), &nominal.timestamp_micros().to_be_bytes());
        let (dice, _) = hash.as_u64_pair();
        // The upper bits hold the hash; the version stands in the lower ones.
        let part = (dice >> 16) % (most + 1);
        i64::try_from(part).map_or(TimeDelta::zero(), TimeDelta::milliseconds)
    }
}

#[cfg(test)]
mod tests;
