//! The endpoints of jobs and queues: what a tenant's administrator sees of them and does to them.
//!
//! Each file has the operations of one kind of record and a function `routes`; [`job_routes`] merges them and
//! [`JOB_PERMISSIONS`] says who may call them. To add a kind of record, add a file and a line in both.

mod jobs;
mod queues;
mod replay_jobs;

use athyper_kernel_http::Permission;
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
];

/// All routes of this crate with their documents.
pub fn job_routes() -> OpenApiRouter {
    OpenApiRouter::new().merge(jobs::routes()).merge(replay_jobs::routes()).merge(queues::routes())
}
