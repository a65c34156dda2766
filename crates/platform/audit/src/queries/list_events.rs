//! Searches the trail.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, Reply, Report};
use athyper_kernel_types::{AuditEventId, Page, PageRequest};
use axum::extract::State;
use serde::Deserialize;

use crate::Deps;
use crate::error::Error;
use crate::model::event::Event;
use crate::model::filter::EventFilter;
use crate::queries::note_access;
use crate::store::events::{self, Order};
use athyper_kernel_http::ReadProblems;

/// Which events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListEvents {
    #[serde(flatten)]
    filter: EventFilter,
    #[serde(flatten)]
    page: PageRequest,
}

/// Search events
///
/// Newest first. The search itself is an event of class `dataAccess`.
#[utoipa::path(
    get,
    path = "/v1/audit/events",
    operation_id = "audit.list_events",
    tag = "audit",
    params(EventFilter, PageRequest),
    responses(
        (status = 200, description = "A page of events", body = Page<Event>, example = json!({"items": [{
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "recordedAt": "2025-01-15T09:00:00Z",
            "type": "finance.post_journal", "class": "adminActivity", "level": "info", "actorKind": "user",
            "actorId": "u-17", "realmKey": "athyper", "requestId": "r-1", "subjectType": "finance.journal",
            "subjectId": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6070", "meta": {"number": "JE-2025-000001"},
            "personal": {"clientAddress": "203.0.113.7"}, "seq": 42,
            "prevHash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
            "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
        }], "nextCursor": null})),
        ReadProblems
    )
)]
pub(crate) async fn list_events(
    State(deps): State<Deps>,
    Report(mut read): Report<ListEvents>,
) -> Result<Reply, ProblemResponse> {
    let page = execute(&mut read.tx, &read.query).await?;
    let event = AuditEvent::access("audit.list_events")
        .with("filter", read.query.filter.facts())
        .with("events", page.items.len());
    let caller = read.caller().clone();
    drop(read);
    note_access(&deps.database, &caller, event).await?;
    Ok(Reply::ok(&page)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &ListEvents) -> Result<Page<Event>, Error> {
    let sort = format!("audit events id desc, {}", query.filter.facts());
    let after: Option<AuditEventId> = query.page.keys(&sort)?;
    let limit = query.page.fetch_limit();
    let rows = events::search(tx, &query.filter, Order::Newest, after, limit).await?;
    Ok(Page::from_rows(rows, &query.page, &sort, |event| event.id)?)
}
