//! The endpoints of jobs, queues and schedules: what a tenant's administrator sees of them and does to them.
//!
//! Each file has the operations of one kind of record and a function `routes`; [`job_routes`] and [`schedule_routes`] merge
//! them and [`JOB_PERMISSIONS`] says who may call them. To add a kind of record, add a file and a line in both.

mod jobs;
mod queues;
mod replay_jobs;
mod schedule_runs;
mod schedules;

use athyper_kernel_http::Permission;
use athyper_kernel_jobs::schedule::SchedulableJobs;
use utoipa_axum::router::OpenApiRouter;

/// Who may see and steer jobs.
const ADMIN: &[&str] = &["admin"];

/// Who may call the operations of this crate.
pub const JOB_PERMISSIONS: &[Permission] = &[
    Permission { name: "platform.list_jobs", roles: ADMIN },
    Permission { name: "platform.get_job", roles: ADMIN },
    Permission { name: "platform.cancel_job", roles: ADMIN },
    Permission { name: "platform.replay_job", roles: ADMIN },
    Permission { name: "platform.replay_jobs", roles: ADMIN },
    Permission { name: "platform.list_queues", roles: ADMIN },
    Permission { name: "platform.pause_queue", roles: ADMIN },
    Permission { name: "platform.resume_queue", roles: ADMIN },
    Permission { name: "platform.list_schedules", roles: ADMIN },
    Permission { name: "platform.create_schedule", roles: ADMIN },
    Permission { name: "platform.get_schedule", roles: ADMIN },
    Permission { name: "platform.update_schedule", roles: ADMIN },
    Permission { name: "platform.delete_schedule", roles: ADMIN },
    Permission { name: "platform.list_schedule_times", roles: ADMIN },
    Permission { name: "platform.pause_schedule", roles: ADMIN },
    Permission { name: "platform.resume_schedule", roles: ADMIN },
    Permission { name: "platform.run_schedule", roles: ADMIN },
    Permission { name: "platform.backfill_schedule", roles: ADMIN },
    Permission { name: "platform.list_schedule_runs", roles: ADMIN },
];

/// The routes of jobs and queues with their documents.
pub fn job_routes() -> OpenApiRouter {
    OpenApiRouter::new().merge(jobs::routes()).merge(replay_jobs::routes()).merge(queues::routes())
}

/// The routes of schedules with their documents; tenants may put these types of jobs on schedules of their own.
pub fn schedule_routes(jobs: SchedulableJobs) -> OpenApiRouter {
    schedules::routes(jobs).merge(schedule_runs::routes())
}
