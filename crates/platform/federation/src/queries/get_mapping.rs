//! Reads one mapping.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::{Error, Thing};
use crate::model::mapping::Mapping;
use crate::store::mappings;

/// Get a mapping
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/federation/mappings/{id}",
    operation_id = "federation.get_mapping",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the mapping", format = Uuid)),
    responses((status = 200, description = "The mapping", body = Mapping), RecordProblems)
)]
pub(crate) async fn get_mapping(
    PathId(id): PathId<Mapping>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let found = mappings::find(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::Mapping))?;
    read.reply(found.version, &found)
}
