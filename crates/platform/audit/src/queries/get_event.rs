//! Shows one event.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{NoQuery, PathId, ProblemResponse, Read, Reply};
use athyper_kernel_types::AuditEvent as EventMarker;
use axum::extract::State;

use crate::Deps;
use crate::error::Error;
use crate::model::event::Event;
use crate::queries::note_access;
use crate::store::events;
use athyper_kernel_http::RecordProblems;

/// Get an event
///
/// With its place and hashes, once it is sealed. Reading it is an event of class `dataAccess`.
#[utoipa::path(
    get,
    path = "/v1/audit/events/{id}",
    operation_id = "audit.get_event",
    tag = "audit",
    params(("id" = String, Path, description = "Id of the event", format = Uuid)),
    responses((status = 200, description = "The event", body = Event), RecordProblems)
)]
pub(crate) async fn get_event(
    State(deps): State<Deps>,
    PathId(id): PathId<EventMarker>,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let event = events::find(&mut read.tx, id).await?.ok_or(Error::EventNotFound)?;
    // An event changes once: when it is sealed.
    let reply = read.reply(if event.seq.is_some() { 2 } else { 1 }, &event)?;
    let caller = read.caller().clone();
    drop(read);
    note_access(&deps.database, &caller, AuditEvent::access("audit.get_event").about("audit.event", id))
        .await?;
    Ok(reply)
}
