//! Schedules: look at them, make, change and delete them.

use athyper_kernel_http::{
    Command, Json, NoBody, NoQuery, PathId, ProblemBody, ProblemResponse, Read, Reply,
};
use athyper_kernel_jobs::schedule::{
    SchedulableJobs, ScheduleProblem, ScheduleRecord, ScheduleSpec, StoredSchedule, create_schedule,
    delete_schedule, find_schedule, list_schedules, lock_schedule, next_times, update_schedule,
};
use athyper_kernel_types::{Page, PageRequest, Schedule, ScheduleId};
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Next times that a schedule is shown with.
const NEXT: usize = 5;
/// Most times that may be asked for.
const MOST_TIMES: u32 = 100;

/// The routes of schedules, for these types of jobs.
pub(crate) fn routes(jobs: SchedulableJobs) -> OpenApiRouter {
    let routes = OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(times));
    routes.with_state(jobs)
}

/// A schedule and its next times.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ScheduleDetail {
    /// The schedule.
    #[serde(flatten)]
    schedule: ScheduleRecord,
    /// Its next times (UTC), up to five; none while it is paused.
    next_times: Vec<DateTime<Utc>>,
}

/// How many times.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListTimes {
    /// How many times at most.
    #[serde(default = "ten", deserialize_with = "read_count")]
    #[param(minimum = 1, maximum = 100, default = 10, required = false)]
    count: u32,
}

fn ten() -> u32 {
    10
}

fn read_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let text = String::deserialize(deserializer)?;
    let count = text.parse().ok().filter(|count| (1..=MOST_TIMES).contains(count));
    count.ok_or_else(|| de::Error::custom(format!("a whole number from 1 to {MOST_TIMES}, not {text:?}")))
}

/// Times of a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ScheduleTimes {
    /// IANA time zone of the schedule.
    zone: String,
    /// The times (UTC), in order; fewer than asked for at the end of the calendar.
    times: Vec<DateTime<Utc>>,
}

/// List schedules
///
/// Those that the tenant has made and those that the platform runs for it, by name.
#[utoipa::path(
    get,
    path = "/v1/schedules",
    operation_id = "platform.list_schedules",
    tag = "schedules",
    params(PageRequest),
    responses((status = 200, description = "A page of schedules", body = Page<ScheduleRecord>, example = json!({
        "items": [{
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "finance.verify_ledger", "origin": "code",
            "state": "active", "jobType": "finance.verify_ledger", "payload": {}, "cron": "30 2 * * *",
            "zone": "Europe/Berlin", "excludedDates": [], "misfire": "once", "catchUpSeconds": 72000, "overlap": "skip",
            "jitterSeconds": 0, "nextAt": "2025-01-16T01:30:00Z", "createdAt": "2025-01-15T09:00:00Z",
            "createdBy": "platform", "version": 1
        }],
        "nextCursor": null
    })))
)]
async fn list(mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    const SORT: &str = "schedules name";
    let after: Option<String> = read.query.keys(SORT)?;
    let rows = list_schedules(&mut read.tx, after.as_deref(), read.query.fetch_limit().into()).await?;
    let rows = rows.into_iter().map(ScheduleRecord::from).collect();
    let page = Page::from_rows(rows, &read.query, SORT, |schedule| schedule.name.clone())?;
    Ok(Reply::ok(&page)?)
}

/// Make a schedule
///
/// Its job type has to be one that declares that tenants may schedule it, and the payload one that it takes.
#[utoipa::path(
    post,
    path = "/v1/schedules",
    operation_id = "platform.create_schedule",
    tag = "schedules",
    request_body(content = ScheduleSpec, example = json!({
        "name": "verify-at-noon", "jobType": "finance.verify_ledger", "cron": "0 12 * * MON-FRI",
        "zone": "Europe/Berlin", "excludedDates": ["2025-12-25"], "misfire": "once", "overlap": "skip",
        "jitterSeconds": 300
    })),
    responses(
        (status = 201, description = "The schedule", body = ScheduleRecord, example = json!({
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "verify-at-noon", "origin": "tenant",
            "state": "active", "jobType": "finance.verify_ledger", "payload": {}, "cron": "0 12 * * MON-FRI",
            "zone": "Europe/Berlin", "excludedDates": ["2025-12-25"], "misfire": "once", "catchUpSeconds": 3600,
            "overlap": "skip", "jitterSeconds": 300, "nextAt": "2025-01-15T11:00:00Z",
            "createdAt": "2025-01-15T09:00:00Z", "createdBy": "ada", "version": 1
        })),
    )
)]
async fn create(
    State(jobs): State<SchedulableJobs>,
    mut cmd: Command<Json<ScheduleSpec>>,
) -> Result<Reply, ProblemResponse> {
    let done = create_schedule(&mut cmd.tx, &jobs, &cmd.body.0).await?;
    let place = format!("/v1/schedules/{}", done.output.id);
    let reply = Reply::created(place, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

/// Get a schedule
///
/// With its next five times.
#[utoipa::path(
    get,
    path = "/v1/schedules/{id}",
    operation_id = "platform.get_schedule",
    tag = "schedules",
    params(("id" = String, Path, description = "Id of the schedule", format = Uuid)),
    responses(
        (status = 200, description = "The schedule", body = ScheduleDetail, example = json!({
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "sync", "origin": "tenant",
            "state": "active", "jobType": "finance.verify_ledger", "payload": {}, "everySeconds": 43200,
            "anchorAt": "1970-01-01T00:00:00Z", "zone": "UTC", "excludedDates": [], "misfire": "once",
            "catchUpSeconds": 3600, "overlap": "skip", "jitterSeconds": 0, "nextAt": "2025-01-15T12:00:00Z",
            "createdAt": "2025-01-15T09:00:00Z", "createdBy": "ada", "version": 1, "nextTimes":
                ["2025-01-15T12:00:00Z", "2025-01-16T00:00:00Z", "2025-01-16T12:00:00Z", "2025-01-17T00:00:00Z",
                 "2025-01-17T12:00:00Z"]
        })),
        (status = 404, description = "No such schedule in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get(PathId(id): PathId<Schedule>, mut read: Read<NoQuery>) -> Result<Reply, ProblemResponse> {
    let schedule = find(&mut read, id).await?;
    let next_times = match schedule.next_at {
        Some(_) => next_times(&mut read.tx, &schedule, NEXT).await?,
        None => Vec::new(),
    };
    let detail = ScheduleDetail { schedule: schedule.into(), next_times };
    Ok(Reply::ok(&detail)?.version(detail.schedule.version))
}

/// Change a schedule
///
/// All of it: what is left out gets its default. The next time stays what it is unless the calendar changes.
#[utoipa::path(
    put,
    path = "/v1/schedules/{id}",
    operation_id = "platform.update_schedule",
    tag = "schedules",
    params(
        ("id" = String, Path, description = "Id of the schedule", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = ScheduleSpec, example = json!({
        "name": "verify-often", "jobType": "finance.verify_ledger", "everySeconds": 25200,
        "anchorAt": "2025-01-15T06:00:00Z", "misfire": "all", "catchUpSeconds": 86400, "overlap": "buffer_all"
    })),
    responses(
        (status = 200, description = "The schedule as it is now", body = ScheduleRecord),
        (status = 404, description = "No such schedule in this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The schedule has another version than If-Match says", body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is required", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn update(
    PathId(id): PathId<Schedule>,
    State(jobs): State<SchedulableJobs>,
    mut cmd: Command<Json<ScheduleSpec>>,
) -> Result<Reply, ProblemResponse> {
    let schedule = lock_schedule(&mut cmd.tx, id).await?;
    cmd.require_version(schedule.version)?;
    let done = update_schedule(&mut cmd.tx, schedule, &jobs, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

/// Delete a schedule
///
/// Jobs that it has made stay. The answer is the schedule as it was.
#[utoipa::path(
    delete,
    path = "/v1/schedules/{id}",
    operation_id = "platform.delete_schedule",
    tag = "schedules",
    params(
        ("id" = String, Path, description = "Id of the schedule", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is deleted")
    ),
    responses(
        (status = 200, description = "The schedule as it was", body = ScheduleRecord),
        (status = 404, description = "No such schedule in this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The schedule has another version than If-Match says", body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is required", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn delete(PathId(id): PathId<Schedule>, mut cmd: Command<NoBody>) -> Result<Reply, ProblemResponse> {
    let schedule = lock_schedule(&mut cmd.tx, id).await?;
    cmd.require_version(schedule.version)?;
    let done = delete_schedule(&mut cmd.tx, schedule).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

/// List the next times of a schedule
///
/// As its calendar has them from now on, also while it is paused.
#[utoipa::path(
    get,
    path = "/v1/schedules/{id}/times",
    operation_id = "platform.list_schedule_times",
    tag = "schedules",
    params(("id" = String, Path, description = "Id of the schedule", format = Uuid), ListTimes),
    responses(
        (status = 200, description = "The times", body = ScheduleTimes, example = json!({
            "zone": "Europe/Berlin", "times": ["2025-01-15T11:00:00Z", "2025-01-16T11:00:00Z"]
        })),
        (status = 404, description = "No such schedule in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn times(PathId(id): PathId<Schedule>, mut read: Read<ListTimes>) -> Result<Reply, ProblemResponse> {
    let count = usize::try_from(read.query.count).unwrap_or(usize::MAX);
    let schedule = find(&mut read, id).await?;
    let times = next_times(&mut read.tx, &schedule, count).await?;
    Ok(Reply::ok(&ScheduleTimes { zone: schedule.zone, times })?)
}

async fn find<Q>(read: &mut Read<Q>, id: ScheduleId) -> Result<StoredSchedule, ProblemResponse> {
    let found = find_schedule(&mut read.tx, id).await?;
    Ok(found.ok_or(ScheduleProblem::NotFound)?)
}
