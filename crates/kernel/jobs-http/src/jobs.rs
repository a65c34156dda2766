//! One job and the list of them: look, cancel, replay.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Command, NoBody, NoQuery, PathId, ProblemBody, ProblemResponse, Read, Reply};
use athyper_kernel_jobs::{
    JobDetail, JobFilter, JobRecord, JobState, cancel_job, find_job, list_jobs, replay_job,
};
use athyper_kernel_types::{Job, JobId, Page, PageRequest};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of single jobs and their list.
pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(cancel))
        .routes(routes!(replay))
}

/// Which jobs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListJobs {
    /// Only in this state.
    #[param(inline)]
    state: Option<JobState>,
    /// Only of this type.
    #[serde(rename = "type")]
    job_type: Option<String>,
    /// Only of this queue.
    queue: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List jobs
///
/// The tenant's jobs, newest first, without their payloads.
#[utoipa::path(
    get,
    path = "/v1/jobs",
    operation_id = "platform.list_jobs",
    tag = "jobs",
    params(ListJobs, PageRequest),
    responses((status = 200, description = "A page of jobs", body = Page<JobRecord>, example = json!({
        "items": [{
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "type": "opening.import_journals", "queue": "imports",
            "state": "dead", "priority": 0, "attempt": 5, "maxAttempts": 5, "runAt": "2025-01-15T09:00:00Z",
            "enqueuedAt": "2025-01-15T09:00:00Z", "startedAt": "2025-01-15T09:00:01Z",
            "finishedAt": "2025-01-15T09:04:00Z", "actor": "ada", "requestId": "req-7", "failures": 5,
            "lastError": "the file cannot be read"
        }],
        "nextCursor": null
    })))
)]
async fn list(mut read: Read<ListJobs>) -> Result<Reply, ProblemResponse> {
    let query = &read.query;
    let filter =
        JobFilter { state: query.state, job_type: query.job_type.clone(), queue: query.queue.clone() };
    let sort = format!("jobs id desc, {filter:?}");
    let before: Option<JobId> = query.page.keys(&sort)?;
    let rows = list_jobs(&mut read.tx, &filter, before, query.page.fetch_limit().into()).await?;
    let page = Page::from_rows(rows, &query.page, &sort, |job| job.id)?;
    Ok(Reply::ok(&page)?)
}

/// Get a job
///
/// With what went wrong attempt by attempt, how far it is, and its payload. Secrets are taken out of payload and
/// errors by the rules of the log.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}",
    operation_id = "platform.get_job",
    tag = "jobs",
    params(("id" = String, Path, description = "Id of the job", format = Uuid)),
    responses(
        (status = 200, description = "The job", body = JobDetail, example = json!({
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "type": "opening.import_journals", "queue": "imports",
            "state": "running", "priority": 0, "attempt": 2, "maxAttempts": 5, "runAt": "2025-01-15T09:00:04Z",
            "enqueuedAt": "2025-01-15T09:00:00Z", "startedAt": "2025-01-15T09:00:01Z", "actor": "ada",
            "requestId": "req-7", "failures": 1, "lastError": "the worker stopped while it ran the job",
            "errors": [{"at": "2025-01-15T09:00:04Z", "attempt": 1, "message": "the worker stopped while it ran the job"}],
            "progress": {"operationId": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "state": "running", "done": 400, "total": 1142},
            "payload": {"upload": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073"}
        })),
        (status = 404, description = "No such job in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get(PathId(id): PathId<Job>, mut read: Read<NoQuery>) -> Result<Reply, ProblemResponse> {
    let found = find_job(&mut read.tx, id).await?;
    Ok(Reply::ok(&found.ok_or_else(|| Problem::not_found("job"))?)?)
}

/// Cancel a job
///
/// One that waits is cancelled at once. One that runs is asked to stop: its worker hears of it at its next heartbeat;
/// until then the job is shown as running, with `cancelRequestedAt`.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/cancel",
    operation_id = "platform.cancel_job",
    tag = "jobs",
    params(("id" = String, Path, description = "Id of the job", format = Uuid)),
    responses(
        (status = 200, description = "The job, cancelled or asked to stop", body = JobDetail, example = json!({
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "type": "opening.import_journals", "queue": "imports",
            "state": "cancelled", "priority": 0, "attempt": 0, "maxAttempts": 5, "runAt": "2025-01-15T09:00:00Z",
            "enqueuedAt": "2025-01-15T09:00:00Z", "finishedAt": "2025-01-15T09:00:01Z",
            "cancelRequestedAt": "2025-01-15T09:00:01Z", "actor": "ada", "requestId": "req-7", "failures": 0,
            "errors": [], "payload": {}
        })),
        (status = 404, description = "No such job in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn cancel(PathId(id): PathId<Job>, mut cmd: Command<NoBody>) -> Result<Reply, ProblemResponse> {
    let state = cancel_job(&mut cmd.tx, id).await?;
    let event =
        AuditEvent::info("platform.cancel_job").about("platform.job", id).with("state", state.as_str());
    finish(cmd, id, event).await
}

/// Replay a job
///
/// Gives a dead or cancelled job all its attempts again, from now on. It keeps its id, its errors and its operation.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/replay",
    operation_id = "platform.replay_job",
    tag = "jobs",
    params(("id" = String, Path, description = "Id of the job", format = Uuid)),
    responses(
        (status = 200, description = "The job, waiting again", body = JobDetail, example = json!({
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "type": "opening.import_journals", "queue": "imports",
            "state": "available", "priority": 0, "attempt": 0, "maxAttempts": 5, "runAt": "2025-01-16T09:00:00Z",
            "enqueuedAt": "2025-01-15T09:00:00Z", "actor": "ada", "requestId": "req-7", "failures": 1,
            "lastError": "the file cannot be read",
            "errors": [{"at": "2025-01-15T09:00:04Z", "attempt": 1, "message": "the file cannot be read"}],
            "payload": {}
        })),
        (status = 404, description = "No such job in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn replay(PathId(id): PathId<Job>, mut cmd: Command<NoBody>) -> Result<Reply, ProblemResponse> {
    replay_job(&mut cmd.tx, id).await?;
    let event = AuditEvent::info("platform.replay_job").about("platform.job", id);
    finish(cmd, id, event).await
}

/// Answers with the job as the change left it.
async fn finish(mut cmd: Command<NoBody>, id: JobId, event: AuditEvent) -> Result<Reply, ProblemResponse> {
    let job = find_job(&mut cmd.tx, id).await?.ok_or_else(|| Problem::not_found("job"))?;
    let event = event.with("type", job.job.job_type.as_str()).with("queue", job.job.queue.as_str());
    let reply = Reply::ok(&job)?;
    cmd.finish(event, reply).await
}
