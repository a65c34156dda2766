//! Gives an import.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_jobs::find_operation;
use athyper_kernel_types::Operation as OperationMarker;

use crate::error::Error;
use crate::model::import::{ImportBody, ImportId};
use crate::store::imports;

/// Get an import
#[utoipa::path(
    get,
    path = "/v1/transfer/imports/{id}",
    operation_id = "transfer.get_import",
    tag = "transfer",
    params(("id" = String, Path, description = "Id of the import", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The import",
            body = ImportBody,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "machine", "format": "csv",
                "options": {"mode": "create", "by": null, "dryRun": false, "atomic": false, "empty": "keep",
                    "mapping": {}, "constants": {}},
                "state": "succeeded", "bytes": 18, "bytesDone": 18, "rows": 1, "created": 1, "updated": 0,
                "unchanged": 0, "failed": 0, "errors": 0, "createdAt": "2026-03-31T08:30:00Z", "createdBy": "ann",
                "finishedAt": "2026-03-31T08:30:01Z"})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_import(
    PathId(id): PathId<OperationMarker>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, id).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, id: ImportId) -> Result<ImportBody, Error> {
    let import = imports::find(tx, id).await?.ok_or(Error::ImportNotFound)?;
    let operation = if import.ended.is_none() { find_operation(tx, id).await? } else { None };
    Ok(import.body(operation.map(|operation| operation.state)))
}
