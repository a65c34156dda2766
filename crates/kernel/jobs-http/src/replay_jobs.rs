//! Replays many dead jobs at once.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_error::{FieldError, Problem, ProblemKind};
use athyper_kernel_http::{Command, Json, ProblemResponse, Reply};
use athyper_kernel_jobs::{ReplayFilter, replay_jobs};
use athyper_kernel_types::JobId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Jobs replayed when the caller does not say how many.
const DEFAULT_LIMIT: u32 = 100;
/// Most jobs that one request replays.
const MOST: u32 = 1_000;

/// The route.
pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(replay_many))
}

/// Which dead jobs to replay; what is absent is not asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReplayJobs {
    /// Only of this type.
    #[serde(rename = "type")]
    job_type: Option<String>,
    /// Only of this queue.
    queue: Option<String>,
    /// Only those that died at or after this instant (UTC).
    died_from: Option<DateTime<Utc>>,
    /// Only those that died before this instant (UTC).
    died_before: Option<DateTime<Utc>>,
    /// How many at most, those that died first before the others.
    #[serde(default = "default_limit")]
    #[schema(minimum = 1, maximum = 1000, default = 100)]
    limit: u32,
}

const fn default_limit() -> u32 {
    DEFAULT_LIMIT
}

/// What was replayed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReplayedJobs {
    /// How many.
    replayed: usize,
    /// Their ids, those that died first before the others.
    ids: Vec<JobId>,
}

/// Replay dead jobs
///
/// Gives the dead jobs that pass the filter all their attempts again. Call it again while it answers with as many as
/// the limit.
#[utoipa::path(
    post,
    path = "/v1/jobs/replay",
    operation_id = "platform.replay_jobs",
    tag = "jobs",
    request_body(content = ReplayJobs, example = json!({
        "type": "opening.import_journals", "diedFrom": "2025-01-15T00:00:00Z", "limit": 100
    })),
    responses((status = 200, description = "What was replayed", body = ReplayedJobs, example = json!({
        "replayed": 1, "ids": ["019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"]
    })))
)]
async fn replay_many(mut cmd: Command<Json<ReplayJobs>>) -> Result<Reply, ProblemResponse> {
    let wanted = &cmd.body.0;
    if !(1..=MOST).contains(&wanted.limit) {
        let detail = format!("limit is a whole number from 1 to {MOST}");
        let field = FieldError::new("/limit", "out_of_range", &*detail);
        return Err(Problem::new(ProblemKind::Invalid, "request.invalid_body", detail)
            .with_fields(vec![field])
            .into());
    }
    let filter = ReplayFilter {
        job_type: wanted.job_type.clone(),
        queue: wanted.queue.clone(),
        died_from: wanted.died_from,
        died_before: wanted.died_before,
    };
    let limit = wanted.limit.into();
    let ids = replay_jobs(&mut cmd.tx, &filter, limit).await?;
    let event = AuditEvent::info("platform.replay_jobs")
        .with("replayed", ids.len())
        .with("ids", ids.iter().map(ToString::to_string).collect::<Vec<_>>())
        .with("type", filter.job_type)
        .with("queue", filter.queue);
    let reply = Reply::ok(&ReplayedJobs { replayed: ids.len(), ids })?;
    cmd.finish(event, reply).await
}
