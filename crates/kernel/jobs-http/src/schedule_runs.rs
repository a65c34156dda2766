//! What a schedule does: pause and resume it, run it now or for times that are past, and see what became of its times.

use athyper_kernel_http::{Command, Json, NoBody, PathId, ProblemBody, ProblemResponse, Read, Reply};
use athyper_kernel_jobs::schedule::{
    Backfilled, Overlap, ScheduleProblem, ScheduleRecord, ScheduleRun, ScheduleRunId, backfill_schedule,
    find_schedule, list_runs, lock_schedule, pause_schedule, resume_schedule, run_schedule,
};
use athyper_kernel_types::{Page, PageRequest, Schedule};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of what schedules do.
pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(run))
        .routes(routes!(backfill))
        .routes(routes!(runs))
}

/// Why a schedule is paused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PauseSchedule {
    /// For whoever wonders.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// Which times to make up for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BackfillSchedule {
    /// The first instant of the range (UTC), at most sixty days back.
    from: DateTime<Utc>,
    /// The last instant of the range (UTC), which has to be past.
    through: DateTime<Utc>,
    /// What becomes of a time that meets a job that has not ended; unless given, the jobs run one after the other.
    #[serde(default)]
    overlap: Option<Overlap>,
}

/// Pause a schedule
///
/// Times that pass meanwhile are not made up for when it is resumed. Jobs that it has made go on.
#[utoipa::path(
    post,
    path = "/v1/schedules/{id}/pause",
    operation_id = "platform.pause_schedule",
    tag = "schedules",
    params(("id" = String, Path, description = "Id of the schedule", format = Uuid)),
    request_body(content = PauseSchedule, example = json!({"note": "until the bank is back"})),
    responses(
        (status = 200, description = "The schedule, paused", body = ScheduleRecord, example = json!({
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "verify-at-noon", "origin": "tenant",
            "state": "paused", "jobType": "finance.verify_ledger", "payload": {}, "cron": "0 12 * * MON-FRI",
            "zone": "Europe/Berlin", "excludedDates": [], "misfire": "once", "catchUpSeconds": 3600, "overlap": "skip",
            "jitterSeconds": 0, "pausedAt": "2025-01-15T10:00:00Z", "pausedBy": "ada",
            "pauseNote": "until the bank is back", "createdAt": "2025-01-15T09:00:00Z", "createdBy": "ada", "version": 2
        })),
        (status = 404, description = "No such schedule in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn pause(
    PathId(id): PathId<Schedule>,
    mut cmd: Command<Json<PauseSchedule>>,
) -> Result<Reply, ProblemResponse> {
    let schedule = lock_schedule(&mut cmd.tx, id).await?;
    let done = pause_schedule(&mut cmd.tx, schedule, cmd.body.0.note.as_deref()).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

/// Resume a schedule
///
/// It goes on with its first time from now.
#[utoipa::path(
    post,
    path = "/v1/schedules/{id}/resume",
    operation_id = "platform.resume_schedule",
    tag = "schedules",
    params(("id" = String, Path, description = "Id of the schedule", format = Uuid)),
    responses(
        (status = 200, description = "The schedule, at work", body = ScheduleRecord),
        (status = 404, description = "No such schedule in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn resume(PathId(id): PathId<Schedule>, mut cmd: Command<NoBody>) -> Result<Reply, ProblemResponse> {
    let schedule = lock_schedule(&mut cmd.tx, id).await?;
    let done = resume_schedule(&mut cmd.tx, schedule).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

/// Run a schedule now
///
/// Makes its job once, beside its calendar and also while it is paused. The overlap policy holds: where it is against a
/// job, the outcome is `skipped`.
#[utoipa::path(
    post,
    path = "/v1/schedules/{id}/run",
    operation_id = "platform.run_schedule",
    tag = "schedules",
    params(("id" = String, Path, description = "Id of the schedule", format = Uuid)),
    responses(
        (status = 200, description = "What became of it", body = ScheduleRun, example = json!({
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074", "nominalAt": "2025-01-15T10:12:30Z", "trigger": "manual",
            "outcome": "fired", "jobId": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6075", "firedAt": "2025-01-15T10:12:30Z"
        })),
        (status = 404, description = "No such schedule in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn run(PathId(id): PathId<Schedule>, mut cmd: Command<NoBody>) -> Result<Reply, ProblemResponse> {
    let schedule = lock_schedule(&mut cmd.tx, id).await?;
    let done = run_schedule(&mut cmd.tx, &schedule).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

/// Make up for past times of a schedule
///
/// Makes the jobs of the calendar's times in the range that have had none, at most a thousand. A time that has had its job
/// never gets another.
#[utoipa::path(
    post,
    path = "/v1/schedules/{id}/backfill",
    operation_id = "platform.backfill_schedule",
    tag = "schedules",
    params(("id" = String, Path, description = "Id of the schedule", format = Uuid)),
    request_body(content = BackfillSchedule, example = json!({
        "from": "2025-01-13T00:00:00Z", "through": "2025-01-14T23:59:59Z", "overlap": "buffer_all"
    })),
    responses(
        (status = 200, description = "What came of the times", body = Backfilled, example = json!({
            "fired": 1, "buffered": 1, "skipped": 0, "alreadyRun": 0
        })),
        (status = 404, description = "No such schedule in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn backfill(
    PathId(id): PathId<Schedule>,
    mut cmd: Command<Json<BackfillSchedule>>,
) -> Result<Reply, ProblemResponse> {
    let schedule = lock_schedule(&mut cmd.tx, id).await?;
    let (range, overlap) = ((cmd.body.0.from, cmd.body.0.through), cmd.body.0.overlap);
    let overlap = overlap.unwrap_or(Overlap::BufferAll);
    let done = backfill_schedule(&mut cmd.tx, &schedule, range, overlap).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

/// List the runs of a schedule
///
/// What became of each time, the latest first, for ninety days.
#[utoipa::path(
    get,
    path = "/v1/schedules/{id}/runs",
    operation_id = "platform.list_schedule_runs",
    tag = "schedules",
    params(("id" = String, Path, description = "Id of the schedule", format = Uuid), PageRequest),
    responses(
        (status = 200, description = "A page of runs", body = Page<ScheduleRun>, example = json!({
            "items": [{
                "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074", "nominalAt": "2025-01-15T11:00:00Z",
                "trigger": "schedule", "outcome": "skipped", "firedAt": "2025-01-15T11:00:00.2Z"
            }],
            "nextCursor": null
        })),
        (status = 404, description = "No such schedule in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn runs(PathId(id): PathId<Schedule>, mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    if find_schedule(&mut read.tx, id).await?.is_none() {
        return Err(ScheduleProblem::NotFound.into());
    }
    let sort = format!("runs of {id} nominal desc");
    let before: Option<(DateTime<Utc>, ScheduleRunId)> = read.query.keys(&sort)?;
    let rows = list_runs(&mut read.tx, id, before, read.query.fetch_limit().into()).await?;
    let page = Page::from_rows(rows, &read.query, &sort, |run| (run.nominal_at, run.id))?;
    Ok(Reply::ok(&page)?)
}
