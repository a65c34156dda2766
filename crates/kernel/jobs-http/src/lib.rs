//! The endpoints of jobs, queues and schedules: what a tenant's administrator sees of them and does to them.
//!
//! Each file has the operations of one kind of record and a function `routes`; [`job_routes`] and [`schedule_routes`] merge
//! them and [`JOB_PERMISSIONS`] says who may call them. To add a kind of record, add a file and a line in both.

mod jobs;
mod queues;
mod replay_jobs;
mod schedule_runs;
mod schedules;

use athyper_kernel_http::{OperationKind, Permission};
use athyper_kernel_jobs::schedule::SchedulableJobs;
use utoipa_axum::router::OpenApiRouter;

/// The operations of this crate. Whoever sees or steers jobs administers: their payloads are of all kinds.
pub const JOB_PERMISSIONS: &[Permission] = &[
    Permission::new("platform.list_jobs", OperationKind::Administer, &[]),
    Permission::new("platform.get_job", OperationKind::Administer, &[]),
    Permission::new("platform.cancel_job", OperationKind::Administer, &[]),
    Permission::new("platform.replay_job", OperationKind::Administer, &[]),
    Permission::new("platform.replay_jobs", OperationKind::Administer, &[]),
    Permission::new("platform.list_queues", OperationKind::Administer, &[]),
    Permission::new("platform.pause_queue", OperationKind::Administer, &[]),
    Permission::new("platform.resume_queue", OperationKind::Administer, &[]),
    Permission::new("platform.list_schedules", OperationKind::Administer, &[]),
    Permission::new("platform.create_schedule", OperationKind::Administer, &[]),
    Permission::new("platform.get_schedule", OperationKind::Administer, &[]),
    Permission::new("platform.update_schedule", OperationKind::Administer, &[]),
    Permission::new("platform.delete_schedule", OperationKind::Administer, &[]),
    Permission::new("platform.list_schedule_times", OperationKind::Administer, &[]),
    Permission::new("platform.pause_schedule", OperationKind::Administer, &[]),
    Permission::new("platform.resume_schedule", OperationKind::Administer, &[]),
    Permission::new("platform.run_schedule", OperationKind::Administer, &[]),
    Permission::new("platform.backfill_schedule", OperationKind::Administer, &[]),
    Permission::new("platform.list_schedule_runs", OperationKind::Administer, &[]),
];

/// The routes of jobs and queues with their documents.
pub fn job_routes() -> OpenApiRouter {
    OpenApiRouter::new().merge(jobs::routes()).merge(replay_jobs::routes()).merge(queues::routes())
}

/// The routes of schedules with their documents; tenants may put these types of jobs on schedules of their own.
pub fn schedule_routes(jobs: SchedulableJobs) -> OpenApiRouter {
    schedules::routes(jobs).merge(schedule_runs::routes())
}
