//! Hands records out as a file, page after page as it is sent.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::Database;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_http::{Caller, ProblemResponse, Read, RecordProblems};
use athyper_kernel_records::{Guard, Record, Shown, Walk, WalkQuery, columns};
use athyper_kernel_tenant_context::TenantContext;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures::{Stream, stream};
use serde::Deserialize;

use crate::Deps;
use crate::model::options::Format;
use crate::model::writer::{WriteError, Writer};

/// Records that are read at once.
const PAGE: u32 = 500;

/// Whose records, which of them, and how much of each.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportRecords {
    /// Key of the entity.
    entity: String,
    /// Form of the file.
    #[param(inline)]
    format: Format,
    /// Only records for which this condition holds (CEL over the fields).
    filter: Option<String>,
    /// Only records with all of these words, each as the beginning of a word.
    search: Option<String>,
    /// A field that is indexed, `createdAt` or `updatedAt`; after a minus the greatest first. When left out, the oldest come first,
    /// or what fits the search best.
    sort: Option<String>,
    /// Fields to give, separated by commas; the id and all fields when left out.
    fields: Option<String>,
}

/// Export records
///
/// The header names the fields by their keys, so that an import takes the file as it is. Records are read page by page as they
/// are sent: each that stays as it is meanwhile is in the file exactly once. The export itself is an audit event, written
/// before the first line is sent. Whoever calls needs the right to list records as well.
#[utoipa::path(
    get,
    path = "/v1/transfer/exports",
    operation_id = "transfer.export_records",
    tag = "transfer",
    params(ExportRecords),
    responses(
        (
            status = 200,
            description = "The file",
            content(
                (String = "text/csv", example = "id,name,axes\r\n"),
                (String = "application/x-ndjson", example = "{\"id\":\"019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071\"}\n"),
                (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
            )
        ),
        RecordProblems
    )
)]
pub(crate) async fn export_records(
    State(deps): State<Deps>,
    read: Read<ExportRecords>,
) -> Result<Response, ProblemResponse> {
    let caller: Caller = read.caller().clone();
    let Read { query, mut tx, .. } = read;
    let key = EntityKey::parse(&query.entity).map_err(|_| athyper_kernel_records::Error::EntityNotFound)?;
    let entity = deps.records.entities().find(&mut tx, &key).await?;
    let entity = entity.ok_or(athyper_kernel_records::Error::EntityNotFound)?;
    drop(tx);

    let columns = columns(&entity, query.fields.as_deref())?;
    let asked = WalkQuery {
        filter: query.filter.as_deref(),
        search: query.search.as_deref(),
        sort: query.sort.as_deref(),
    };
    let guard = Guard::of(&caller).doing("records.list_records");
    let mut walk = Walk::new(&deps.records, caller.context(), &guard, entity, asked)?;
    let writer = Writer::new(query.format, &walk.entity().def, columns.clone()).map_err(broken)?;
    // What the database cannot be asked is said before the file begins.
    let mut tx = deps.database.report_tx(caller.context()).await?;
    let first = walk.next(&mut tx, PAGE).await?;
    drop(tx);

    let event = AuditEvent::access("transfer.export_records")
        .about("records.entity", walk.entity().id)
        .with("entity", key.as_str())
        .with("format", query.format.as_str())
        .with("fields", columns)
        // Not what it asks for: that may name a person, and no erasure reaches an event.
        .with("isFiltered", query.filter.is_some() || query.search.is_some());
    // The read has ended: it would keep one connection while this takes another.
    deps.database.tenant_tx(caller.context()).await?.commit(caller.trace(event)).await?;

    let under_way = UnderWay { database: deps.database, context: caller.context().clone(), walk, writer };
    let mut response = Response::new(Body::from_stream(pieces(under_way, first)));
    let media_type = match query.format {
        Format::Csv => "text/csv; charset=utf-8",
        other => other.form().media_type(),
    };
    let name = format!("attachment; filename=\"{key}.{}\"", query.format.as_str());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment")),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

fn broken(error: WriteError) -> athyper_kernel_error::Problem {
    athyper_kernel_error::Problem::internal(error)
}

/// An export under way.
struct UnderWay {
    database: Database,
    context: TenantContext,
    walk: Walk,
    writer: Writer,
}

/// The pieces of the file. What goes wrong breaks it off: the connection ends without the end of the file.
fn pieces(export: UnderWay, first: Vec<(Record, Shown)>) -> impl Stream<Item = Result<Bytes, WriteError>> {
    let begin = (Some(export), Some(first));
    stream::try_unfold(begin, |(export, first)| async move {
        let Some(mut export) = export else { return Ok(None) };
        let is_start = first.is_some();
        let page = if let Some(page) = first {
            page
        } else {
            let mut tx = export.database.report_tx(&export.context).await?;
            export.walk.next(&mut tx, PAGE).await?
        };
        let mut piece = if is_start { export.writer.header()? } else { Vec::new() };
        if page.is_empty() {
            piece.extend(export.writer.finish()?);
            return Ok(Some((Bytes::from(piece), (None, None))));
        }
        piece.extend(export.writer.rows(&export.walk.entity().def, &page)?);
        Ok(Some((Bytes::from(piece), (Some(export), None))))
    })
}
