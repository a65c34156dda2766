//! Hands events out as a file, page after page as it is sent.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::Database;
use athyper_kernel_http::{Caller, ProblemResponse, Read};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::AuditEventId;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures::{Stream, stream};
use serde::{Deserialize, Serialize};

use crate::Deps;
use crate::model::event::Event;
use crate::model::filter::EventFilter;
use crate::model::{csv_form, ocsf};
use crate::queries::note_access;
use crate::store::events::{self, Order};
use athyper_kernel_http::ReadProblems;

/// Events that are read at once.
const PAGE: u32 = 500;

/// In which form events are handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = audit::ExportFormat)]
pub(crate) enum ExportFormat {
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
    /// One JSON object in each line.
    #[default]
    Jsonl,
    /// One event of the Open Cybersecurity Schema Framework 1.3 in each line.
    Ocsf,
}

/// Which events, and in which form.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportEvents {
    /// The form; JSON lines when left out.
    #[serde(default)]
    #[param(inline, required = false)]
    format: ExportFormat,
    #[serde(flatten)]
    #[param(ignore)]
    filter: EventFilter,
}

/// Export events
///
/// All that fit the filters, oldest first, as they are read: it ends with the newest event there is then. The export itself
/// is an event of class `dataAccess`, written before the first line is sent.
#[utoipa::path(
    get,
    path = "/v1/audit/export",
    operation_id = "audit.export_events",
    tag = "audit",
    params(ExportEvents, EventFilter),
    responses(
        (
            status = 200,
            description = "The file",
            content(
                (String = "application/x-ndjson", example = "{\"id\":\"019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071\"}\n"),
                (String = "text/csv", example = "id,recordedAt,type\r\n")
            )
        ),
        ReadProblems
    )
)]
pub(crate) async fn export_events(
    State(deps): State<Deps>,
    read: Read<ExportEvents>,
) -> Result<Response, ProblemResponse> {
    let caller: Caller = read.caller().clone();
    let Read { query: ExportEvents { format, filter }, .. } = read;
    let event = AuditEvent::access("audit.export_events")
        .with("format", serde_json::to_value(format).unwrap_or_default())
        .with("filter", filter.facts());
    note_access(&deps.database, &caller, event).await?;
    let context = caller.context().clone();
    let mut response = Response::new(Body::from_stream(lines(deps.database, context, filter, format)));
    let (media_type, name) = match format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        ExportFormat::Jsonl => ("application/x-ndjson", "attachment; filename=\"audit.jsonl\""),
        ExportFormat::Ocsf => ("application/x-ndjson", "attachment; filename=\"audit.ocsf.jsonl\""),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// What breaks an export off: the connection ends without the end of the file.
type ExportError = Box<dyn std::error::Error + Send + Sync>;

/// Where an export stands.
enum Place {
    Start,
    Behind(AuditEventId),
    End,
}

fn lines(
    database: Database,
    context: TenantContext,
    filter: EventFilter,
    format: ExportFormat,
) -> impl Stream<Item = Result<Bytes, ExportError>> {
    stream::try_unfold(Place::Start, move |place| {
        let (database, context, filter) = (database.clone(), context.clone(), filter.clone());
        async move {
            let (after, mut piece) = match place {
                Place::Start if format == ExportFormat::Csv => (None, csv_form::header()),
                Place::Start => (None, Vec::new()),
                Place::Behind(id) => (Some(id), Vec::new()),
                Place::End => return Ok(None),
            };
            let mut tx = database.report_tx(&context).await?;
            let page = events::search(&mut tx, &filter, Order::Oldest, after, PAGE).await?;
            drop(tx);
            piece.extend(write(&page, &context, format)?);
            let is_full = u32::try_from(page.len()) == Ok(PAGE);
            let next = page.last().filter(|_| is_full).map_or(Place::End, |last| Place::Behind(last.id));
            Ok(Some((Bytes::from(piece), next)))
        }
    })
}

fn write(events: &[Event], context: &TenantContext, format: ExportFormat) -> Result<Vec<u8>, ExportError> {
    if format == ExportFormat::Csv {
        return csv_form::lines(events);
    }
    let mut lines = Vec::new();
    for event in events {
        if format == ExportFormat::Ocsf {
            serde_json::to_writer(&mut lines, &ocsf::to_ocsf(event, context.tenant_id()))?;
        } else {
            serde_json::to_writer(&mut lines, event)?;
        }
        lines.push(b'\n');
    }
    Ok(lines)
}
