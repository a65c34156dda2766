//! Queues: how much waits in each, and pausing one.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Command, NoBody, PathName, ProblemBody, ProblemResponse, Read, Reply};
use athyper_kernel_jobs::{QueueRecord, find_queue, list_queues, pause_queue, resume_queue};
use athyper_kernel_types::{Page, PageRequest};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of queues.
pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(pause)).routes(routes!(resume))
}

/// List queues
///
/// Those with jobs that wait, run or were given up, and those that are paused; by name.
#[utoipa::path(
    get,
    path = "/v1/queues",
    operation_id = "platform.list_queues",
    tag = "jobs",
    params(PageRequest),
    responses((status = 200, description = "A page of queues", body = Page<QueueRecord>, example = json!({
        "items": [{"name": "imports", "due": 12, "later": 3, "running": 1, "dead": 0}], "nextCursor": null
    })))
)]
async fn list(mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    const SORT: &str = "queues name";
    let after: Option<String> = read.query.keys(SORT)?;
    let rows = list_queues(&mut read.tx, after.as_deref(), read.query.fetch_limit().into()).await?;
    let page = Page::from_rows(rows, &read.query, SORT, |queue| queue.name.clone())?;
    Ok(Reply::ok(&page)?)
}

/// Pause a queue
///
/// The tenant's jobs in it wait until it is resumed; those that run go on. A queue that is paused stays as it is.
#[utoipa::path(
    post,
    path = "/v1/queues/{name}/pause",
    operation_id = "platform.pause_queue",
    tag = "jobs",
    params(("name" = String, Path, description = "Name of the queue")),
    responses(
        (status = 200, description = "The queue, paused", body = QueueRecord, example = json!({
            "name": "imports", "due": 12, "later": 3, "running": 1, "dead": 0,
            "pausedAt": "2025-01-15T09:00:00Z", "pausedBy": "ada"
        })),
        (status = 404, description = "The tenant has no job in such a queue", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn pause(PathName(name): PathName, mut cmd: Command<NoBody>) -> Result<Reply, ProblemResponse> {
    known(&mut cmd, &name).await?;
    let changed = pause_queue(&mut cmd.tx, &name).await?;
    finish(cmd, &name, AuditEvent::info("platform.pause_queue").with("changed", changed)).await
}

/// Resume a queue
///
/// Ends the tenant's pause of it. A queue that is not paused stays as it is.
#[utoipa::path(
    post,
    path = "/v1/queues/{name}/resume",
    operation_id = "platform.resume_queue",
    tag = "jobs",
    params(("name" = String, Path, description = "Name of the queue")),
    responses(
        (status = 200, description = "The queue, at work", body = QueueRecord, example = json!({
            "name": "imports", "due": 12, "later": 3, "running": 1, "dead": 0
        })),
        (status = 404, description = "The tenant has no job in such a queue", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn resume(PathName(name): PathName, mut cmd: Command<NoBody>) -> Result<Reply, ProblemResponse> {
    known(&mut cmd, &name).await?;
    let changed = resume_queue(&mut cmd.tx, &name).await?;
    finish(cmd, &name, AuditEvent::info("platform.resume_queue").with("changed", changed)).await
}

/// Refuses the name of a queue that the tenant does not have.
async fn known(cmd: &mut Command<NoBody>, name: &str) -> Result<(), ProblemResponse> {
    let found = find_queue(&mut cmd.tx, name).await?;
    found.map(|_| ()).ok_or_else(|| Problem::not_found("queue").into())
}

/// Answers with the queue as the change left it.
async fn finish(mut cmd: Command<NoBody>, name: &str, event: AuditEvent) -> Result<Reply, ProblemResponse> {
    // A queue that was there for its pause alone has nothing left to tell.
    let queue = find_queue(&mut cmd.tx, name).await?.unwrap_or_else(|| QueueRecord::empty(name));
    let reply = Reply::ok(&queue)?;
    cmd.finish(event.about("platform.queue", name), reply).await
}
