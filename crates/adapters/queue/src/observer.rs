//! What a worker tells whoever measures it: each claim and each end as plain data.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Something that happened to a job.
#[derive(Clone, Copy, Debug)]
pub struct JobNews<'a> {
    /// Name of its type; one of few.
    pub job_type: &'a str,
    /// Name of its queue; one of few.
    pub queue: &'a str,
    /// What happened.
    pub event: JobEvent,
}

/// What happened to a job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JobEvent {
    /// A worker has claimed it.
    Claimed {
        /// For how long it had been due.
        waited: Duration,
    },
    /// A run has ended, and the end was recorded.
    Ended {
        /// The word of the log line: `succeeded`, `retried`, `dead`, `snoozed`, `returned`, `cancelled`, `lease_lost` or
        /// `unrecorded`.
        outcome: &'static str,
        /// How long the run took, from its start to the record of its end.
        took: Duration,
    },
    /// It was taken from a worker that was lost.
    Rescued {
        /// What became of it: `waits`, `dead` or `cancelled`.
        fate: &'static str,
    },
}

type Hear = dyn Fn(&JobNews<'_>) + Send + Sync;

/// Hears the news of a worker's jobs, on the worker's own tasks: it must not wait. By default nobody listens.
#[derive(Clone, Default)]
pub struct JobObserver(Option<Arc<Hear>>);

impl JobObserver {
    /// Calls this function with each piece of news.
    pub fn new(hear: impl Fn(&JobNews<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hear)))
    }

    pub(crate) fn tell(&self, news: &JobNews<'_>) {
        if let Some(hear) = &self.0 {
            hear(news);
        }
    }
}

impl fmt::Debug for JobObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "JobObserver(set)" } else { "JobObserver(none)" })
    }
}
