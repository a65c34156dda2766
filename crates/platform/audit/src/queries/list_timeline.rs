//! What happened to one record, from its beginning.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, Reply, Report};
use athyper_kernel_types::{AuditEventId, Page, PageRequest};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};

use crate::Deps;
use crate::error::Error;
use crate::model::event::Event;
use crate::model::filter::EventFilter;
use crate::queries::note_access;
use crate::store::events::{self, Order};
use athyper_kernel_http::RecordProblems;

/// Show the timeline of a record
///
/// All events about it, oldest first. Reading it is an event of class `dataAccess`.
#[utoipa::path(
    get,
    path = "/v1/audit/records/{type}/{id}/timeline",
    operation_id = "audit.list_timeline",
    tag = "audit",
    params(
        ("type" = String, Path, description = "Type of the record, such as finance.journal"),
        ("id" = String, Path, description = "Id of the record"),
        PageRequest
    ),
    responses((status = 200, description = "A page of events", body = Page<Event>), RecordProblems)
)]
pub(crate) async fn list_timeline(
    State(deps): State<Deps>,
    path: Result<Path<(String, String)>, PathRejection>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    let Path((subject_type, subject_id)) = path.map_err(|_| Error::RecordNotFound)?;
    if [&subject_type, &subject_id].into_iter().any(|text| text.chars().any(char::is_control)) {
        return Err(Error::RecordNotFound.into());
    }
    let page = execute(&mut read.tx, &read.query, &subject_type, &subject_id).await?;
    // Not about the record: whoever reads its timeline is no part of it.
    let event = AuditEvent::access("audit.list_timeline")
        .with("recordType", subject_type)
        .with("recordId", subject_id)
        .with("events", page.items.len());
    let caller = read.caller().clone();
    drop(read);
    note_access(&deps.database, &caller, event).await?;
    Ok(Reply::ok(&page)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    page: &PageRequest,
    subject_type: &str,
    subject_id: &str,
) -> Result<Page<Event>, Error> {
    let sort = format!("audit timeline id of {subject_type} {subject_id}");
    let after: Option<AuditEventId> = page.keys(&sort)?;
    let filter = EventFilter {
        subject_type: Some(subject_type.to_owned()),
        subject_id: Some(subject_id.to_owned()),
        ..EventFilter::default()
    };
    let rows = events::search(tx, &filter, Order::Oldest, after, page.fetch_limit()).await?;
    if rows.is_empty() && after.is_none() {
        return Err(Error::RecordNotFound);
    }
    Ok(Page::from_rows(rows, page, &sort, |event| event.id)?)
}
