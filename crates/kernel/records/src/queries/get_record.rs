//! Reads one record.

use athyper_kernel_http::{NoQuery, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::body::RecordBody;
use crate::error::Error;
use crate::path::RecordPath;
use crate::store::records;

/// Read a record
///
/// A deleted one too: its `deletedAt` says so.
#[utoipa::path(
    get,
    path = "/v1/records/{entity}/{id}",
    operation_id = "records.get_record",
    tag = "records",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid)
    ),
    responses((status = 200, description = "The record", body = RecordBody), RecordProblems)
)]
pub(crate) async fn get_record(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.to_read(&mut read, &key).await?;
    let record = records::find(&mut read.tx, &entity, id).await?.ok_or(Error::RecordNotFound)?;
    read.reply(record.version, &record.to_json(&entity.def, None))
}
