//! Lists what was wrong with the rows of an import.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_types::{Operation as OperationMarker, Page, PageRequest};
use serde::Serialize;

use crate::error::Error;
use crate::model::fault::Fault;
use crate::model::import::ImportId;
use crate::store::{errors, imports};

/// What is wrong with a row.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = transfer::ImportError)]
pub(crate) struct ImportError {
    /// Line of the file, or row of the sheet; counted from 1 with the header.
    row: u64,
    /// Column of the file; null where the row as a whole is wrong.
    #[schema(nullable)]
    column: Option<String>,
    /// Field of the entity, where the column stands for one.
    #[schema(nullable)]
    field: Option<String>,
    /// Stable code.
    code: String,
    /// What is wrong and how to mend it.
    message: String,
}

impl From<Fault> for ImportError {
    fn from(fault: Fault) -> Self {
        let Fault { row, column, field, code, message } = fault;
        Self { row, column, field, code, message }
    }
}

/// List errors of an import
///
/// In the order in which they were found, which is that of the rows but for what the database finds out at last. The first
/// 10,000 are kept.
#[utoipa::path(
    get,
    path = "/v1/transfer/imports/{id}/errors",
    operation_id = "transfer.list_import_errors",
    tag = "transfer",
    params(("id" = String, Path, description = "Id of the import", format = Uuid), PageRequest),
    responses(
        (
            status = 200,
            description = "A page of errors",
            body = Page<ImportError>,
            example = json!({"items": [{"row": 3, "column": "axes", "field": "axes", "code": "invalid",
                "message": "a whole number such as 42 is expected"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_import_errors(
    PathId(id): PathId<OperationMarker>,
    mut read: Read<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    id: ImportId,
    page: &PageRequest,
) -> Result<Page<ImportError>, Error> {
    imports::find(tx, id).await?.ok_or(Error::ImportNotFound)?;
    let sort = format!("errors of import {id}");
    let after: Option<i64> = page.keys(&sort)?;
    let rows = errors::list(tx, id, after, page.fetch_limit()).await?;
    let page = Page::from_rows(rows, page, &sort, |stored| stored.place)?;
    Ok(page.map(|stored| stored.fault.into()))
}
