//! Work that is done later: how a job is declared, enqueued by the transaction that causes it, run and followed.
//!
//! - A payload type implements [`JobPayload`]: its name, queue and attempts. [`enqueue`] takes a [`TenantTx`], so a job
//!   exists only when its cause was committed; it carries tenant, actor and trace. [`enqueue_many`] takes thousands.
//! - A [`JobType`] joins the name to the function that runs it, which gets a [`JobRun`]. Its transactions end with
//!   [`JobRun::commit`] or [`JobRun::complete`], which check the lease: a worker that lost its lease keeps nothing.
//! - A [`ScheduleDef`] is data: a name, a cron expression ([`CronSchedule`]) or an interval, policies and the job it makes.
//!   A tenant's administrator makes schedules of its own from a [`ScheduleSpec`].
//! - An [`Operation`] is a job that a caller follows: state, progress and errors by row.
//! - An administrator lists jobs ([`list_jobs`]), cancels and replays them ([`cancel_job`], [`replay_job`]) and pauses
//!   queues ([`pause_queue`]). [`retention_job`] deletes what is old.
//!
//! What claims jobs, ends them without success and takes schedules is the queue adapter, with the SQL of that. The SQL
//! that a transaction of the job's own cause or handler runs is here in [`store`].
//!
//! [`TenantTx`]: athyper_kernel_db::TenantTx

mod control;
mod cron;
mod enqueue;
mod error;
mod job_type;
mod operation;
mod queue;
mod record;
mod retention;
mod run;
pub mod schedule;
mod send_mail;
mod side_queue;
pub mod store;
mod upload;
mod upload_store;

use athyper_kernel_db::{Migration, Schema};

pub use control::{ControlError, ReplayFilter, cancel_job, cancelled_error, replay_job, replay_jobs};
pub use cron::{CronError, CronSchedule};
pub use enqueue::{JobPayload, NewJob, UniqueFor, enqueue, enqueue_many};
pub use error::JobError;
pub use job_type::{Backoff, JobHandler, JobType};
pub use operation::{
    Operation, OperationState, RowError, fail_operation, find_operation, find_operations, list_operations,
    set_progress, start_operation, succeed_operation,
};
pub use queue::{
    QueueRecord, find_queue, list_queues, pause_queue, pause_queue_for_all, resume_queue,
    resume_queue_for_all,
};
pub use record::{AttemptError, JobDetail, JobFilter, JobProgress, JobRecord, JobState, find_job, list_jobs};
pub use retention::{RETENTION_SCHEDULES, RetentionRules, retention_job};
pub use run::{ClaimedJob, JobRun};
pub use schedule::{ScheduleDef, ScheduleSpec};
pub use send_mail::SendMail;
pub use side_queue::{SideJob, SideQueue, SideQueueError};
pub use upload::{
    KeptUpload, StoredUpload, UPLOAD_PREFIX, Upload, delete_upload, find_upload, keep_upload, upload_key,
};
pub use upload_store::{Incoming, Outgoing, UploadError, UploadPage, UploadStore};

/// Channel on which a commit that enqueued something is announced.
pub const WAKE_CHANNEL: &str = "athyper_jobs";

/// Jobs, schedules, operations and uploads.
pub const JOBS_SCHEMA: Schema = Schema {
    name: "jobs",
    migrations: &[
        Migration {
            version: 1,
            description: "expand queue",
            sql: include_str!("../migrations/0001_expand_queue.sql"),
        },
        Migration {
            version: 2,
            description: "expand schedule release",
            sql: include_str!("../migrations/0002_expand_schedule_release.sql"),
        },
        Migration {
            version: 3,
            description: "expand control",
            sql: include_str!("../migrations/0003_expand_control.sql"),
        },
        Migration {
            version: 4,
            description: "expand unique key",
            sql: include_str!("../migrations/0004_expand_unique_key.sql"),
        },
        Migration {
            version: 5,
            description: "expand limits",
            sql: include_str!("../migrations/0005_expand_limits.sql"),
        },
        Migration {
            version: 6,
            description: "expand schedule policies",
            sql: include_str!("../migrations/0006_expand_schedule_policies.sql"),
        },
        Migration {
            version: 7,
            description: "expand upload object",
            sql: include_str!("../migrations/0007_expand_upload_object.sql"),
        },
        Migration {
            version: 8,
            description: "expand lease renewal",
            sql: include_str!("../migrations/0008_expand_lease_renewal.sql"),
        },
    ],
};
