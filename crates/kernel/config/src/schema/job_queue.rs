//! Section `jobQueue`: background jobs.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::Environment;

/// How this process takes and retries jobs.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct JobQueueConfig {
    /// Jobs worked at once by one process.
    #[validate(range(min = 1, max = 256))]
    pub concurrency: u32,
    /// How often an idle worker looks for due jobs, in milliseconds.
    #[validate(range(min = 10, max = 60_000))]
    pub poll_interval_ms: u64,
    /// How long a taken job belongs to its worker without a sign of life, in seconds.
    #[validate(range(min = 1, max = 3_600))]
    pub lease_seconds: u32,
    /// Queues of which a tenant's jobs run only so many at once, in all processes together.
    #[validate(custom(function = "at_least_one"))]
    pub queue_limits: BTreeMap<String, u16>,
    /// Whether the api process runs jobs and schedules as well; only in `local` unless set.
    pub run_in_api: Option<bool>,
}

impl JobQueueConfig {
    /// Whether the api process runs jobs and schedules as well.
    pub fn runs_in_api(&self, env: Environment) -> bool {
        self.run_in_api.unwrap_or(env == Environment::Local)
    }
}

/// Accepts limits that let something through; whoever wants nothing to run pauses the queue.
fn at_least_one(limits: &BTreeMap<String, u16>) -> Result<(), ValidationError> {
    if limits.values().any(|limit| *limit == 0) {
        return Err(
            ValidationError::new("limits").with_message(Cow::Borrowed("each limit must be 1 or more"))
        );
    }
    Ok(())
}

impl Default for JobQueueConfig {
    fn default() -> Self {
        Self {
            concurrency: 8,
            poll_interval_ms: 1_000,
            lease_seconds: 30,
            queue_limits: BTreeMap::new(),
            run_in_api: None,
        }
    }
}
