//! An operation as server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>): each change of
//! its state or progress is an event, and the stream ends with the operation.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use athyper_kernel_db::{Database, DbError};
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_jobs::{Operation, OperationState, find_operation};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Operation as OperationMarker, OperationId, TenantId};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::read::parse_query;
use crate::{Caller, NoQuery, PathId, ProblemBody, ProblemResponse};

/// How soon a followed operation is looked at again when it has just changed.
const PAUSE: Duration = Duration::from_millis(250);
/// How soon at most while nothing changes; each look in vain doubles the wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often while the database does not answer.
const OUTAGE_PAUSE: Duration = Duration::from_secs(5);
/// How often a silent stream says that it lives; proxies give up silent connections after a minute or so.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream lasts. Then the caller comes again, and is authenticated and authorised again.
const LONGEST: Duration = Duration::from_mins(5);
/// When the caller comes again after a stream that ended early.
const RETRY: Duration = Duration::from_secs(2);

/// The streams of this process: how many there may be at once, of all tenants and of one, and when they have to end.
#[derive(Clone, Debug)]
pub struct EventStreams {
    slots: Arc<Semaphore>,
    most_of_one: usize,
    open: Arc<Mutex<HashMap<TenantId, usize>>>,
    stopping: CancellationToken,
}

/// The place of one stream, free again when it is dropped.
#[derive(Debug)]
struct Slot {
    tenant: TenantId,
    open: Arc<Mutex<HashMap<TenantId, usize>>>,
    _of_all: OwnedSemaphorePermit,
}

impl EventStreams {
    /// At most so many at once, a quarter of them of one tenant, until the process stops.
    pub fn new(most: usize, stopping: CancellationToken) -> Self {
        let slots = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self { slots, most_of_one: most.div_ceil(4), open: Arc::default(), stopping }
    }

    fn open(&self, tenant: TenantId) -> Result<Slot, Problem> {
        let of_all = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| too_many_streams())?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(tenant).or_default();
        if *count >= self.most_of_one {
            return Err(too_many_streams());
        }
        *count += 1;
        Ok(Slot { tenant, open: Arc::clone(&self.open), _of_all: of_all })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = open.entry(self.tenant) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

fn too_many_streams() -> Problem {
    let detail = "as many operations are followed as this process can serve";
    Problem::new(ProblemKind::Unavailable, "platform.too_many_streams", detail).retry_after(5)
}

/// Who follows, and what they have seen already.
#[derive(Debug)]
pub(crate) struct Follower {
    caller: Caller,
    seen: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Follower {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ProblemResponse> {
        let caller = Caller::of(parts)?;
        let NoQuery {} = parse_query(parts.uri.query().unwrap_or_default())?;
        let seen = parts.headers.get("last-event-id").and_then(|value| value.to_str().ok());
        Ok(Self { caller, seen: seen.map(str::to_owned) })
    }
}

/// One event of the stream, by its fields (HTML standard, section 9.2.6).
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it describes what the stream writes field by field")]
pub(crate) struct OperationEvent {
    /// Always `progress`.
    event: String,
    /// What `Last-Event-ID` takes to go on from here.
    id: String,
    /// How long to wait before connecting again, in milliseconds.
    retry: Option<u32>,
    /// The operation as JSON text, as `GET /v1/operations/{id}` gives it.
    data: String,
}

/// Follow an operation
///
/// A stream of server-sent events: `progress` with the operation as data whenever its state or progress changes, the last
/// one with its final state, after which the stream ends. Who comes again with `Last-Event-ID` is told only what is new;
/// the answer is 204 when there is nothing more to come. A stream lasts five minutes at most, then come again.
#[utoipa::path(
    get,
    path = "/v1/operations/{id}/events",
    operation_id = "platform.follow_operation",
    tag = "operations",
    params(
        ("id" = String, Path, description = "Id of the operation", format = Uuid),
        ("Last-Event-ID" = Option<String>, Header, description = "Id of the last event that was received"),
    ),
    responses(
        (
            status = 200, description = "Events until the operation ends; data is the operation as JSON",
            body = OperationEvent, content_type = "text/event-stream",
            example = json!({
                "event": "progress", "id": "running-400-1142", "retry": 2000,
                "data": "{\"id\":\"019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071\",\"state\":\"running\",\"done\":400,\"total\":1142}",
            })
        ),
        (status = 204, description = "The operation has ended and its last event was received"),
        (status = 404, description = "No such operation in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn follow_operation(
    PathId(id): PathId<OperationMarker>,
    follower: Follower,
) -> Result<Response, ProblemResponse> {
    let edge = follower.caller.edge();
    let (database, context) = (edge.database.clone(), follower.caller.context().clone());
    let operation = look(&database, &context, id).await?.ok_or_else(|| Problem::not_found("operation"))?;
    if has_ended(&operation) && follower.seen.as_deref() == Some(&*event_id(&operation)) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let following = Following {
        _slot: edge.streams.open(context.tenant_id())?,
        stopping: edge.streams.stopping.clone(),
        database,
        context,
        id,
        seen: follower.seen,
        found: Some(operation),
        pause: PAUSE,
        ends_at: Instant::now() + LONGEST,
        is_over: false,
    };
    let heartbeat = KeepAlive::new().interval(HEARTBEAT).text("alive");
    let mut response = Sse::new(events(following)).keep_alive(heartbeat).into_response();
    // Proxies that collect answers before they pass them on are told not to.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.headers_mut().insert(unbuffered.0, unbuffered.1);
    Ok(response)
}

/// One stream. It holds no connection of the database: each look opens and ends a transaction.
struct Following {
    _slot: Slot,
    stopping: CancellationToken,
    database: Database,
    context: TenantContext,
    id: OperationId,
    /// Id of the last event that was sent.
    seen: Option<String>,
    /// What the last look found, until it was told.
    found: Option<Operation>,
    /// How long to wait before the next look.
    pause: Duration,
    ends_at: Instant,
    is_over: bool,
}

fn events(following: Following) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((Ok(event), following))
    })
}

impl Following {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.is_over {
                return None;
            }
            if let Some(operation) = self.found.take() {
                self.is_over = has_ended(&operation);
                let id = event_id(&operation);
                if self.seen.as_ref() != Some(&id) {
                    // An id of ours has no line break, which is all that could be wrong with it.
                    let event = Event::default().event("progress").id(id.clone()).retry(RETRY);
                    (self.seen, self.pause) = (Some(id), PAUSE);
                    return event.json_data(&operation).ok();
                }
                continue;
            }
            tokio::select! {
                () = self.stopping.cancelled() => return None,
                () = sleep_until(self.ends_at) => return None,
                () = sleep(self.pause) => {}
            }
            match look(&self.database, &self.context, self.id).await {
                // Removed meanwhile, as operations are after a while.
                Ok(None) => return None,
                Ok(found) => (self.found, self.pause) = (found, (self.pause * 2).min(LONGEST_PAUSE)),
                Err(error) => {
                    tracing::debug!(%error, "a followed operation cannot be read now");
                    self.pause = OUTAGE_PAUSE;
                }
            }
        }
    }
}

async fn look(
    database: &Database,
    context: &TenantContext,
    id: OperationId,
) -> Result<Option<Operation>, DbError> {
    let mut tx = database.read_tx(context).await?;
    find_operation(&mut tx, id).await
}

fn has_ended(operation: &Operation) -> bool {
    match operation.state {
        OperationState::Queued | OperationState::Running => false,
        OperationState::Succeeded | OperationState::Failed => true,
    }
}

/// The id of the event that tells this of an operation: the same for the same state and progress, whoever tells it.
fn event_id(operation: &Operation) -> String {
    let state = match operation.state {
        OperationState::Queued => "queued",
        OperationState::Running => "running",
        OperationState::Succeeded => "succeeded",
        OperationState::Failed => "failed",
    };
    let total = operation.total.map(|total| total.to_string()).unwrap_or_default();
    format!("{state}-{}-{total}", operation.done)
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::Clock;

    use super::*;

    #[test]
    fn one_tenant_leaves_room_for_the_others_and_what_ends_makes_room() {
        let streams = EventStreams::new(8, CancellationToken::new());
        let [one, other] = [(); 2].map(|()| TenantId::new(&Clock::system()));
        let mut held = vec![streams.open(one).unwrap(), streams.open(one).unwrap()];
        let refused = streams.open(one).unwrap_err();
        assert_eq!((refused.kind, refused.retry_after_seconds), (ProblemKind::Unavailable, Some(5)));
        let _others = [streams.open(other).unwrap(), streams.open(other).unwrap()];
        held.pop();
        held.push(streams.open(one).unwrap());
        held.clear();
        assert!(!streams.open.lock().unwrap().contains_key(&one), "it is remembered for ever");
        assert_eq!(streams.slots.available_permits(), 6);
    }

    #[test]
    fn there_are_not_more_than_all_may_have() {
        let streams = EventStreams::new(2, CancellationToken::new());
        let tenants = [(); 3].map(|()| TenantId::new(&Clock::system()));
        let held: Vec<_> = tenants.map(|tenant| streams.open(tenant)).into_iter().collect();
        assert_eq!(held.iter().filter(|slot| slot.is_ok()).count(), 2);
    }
}
