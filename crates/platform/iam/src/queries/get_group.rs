//! Reads one group.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::{Error, Thing};
use crate::model::group::Group;
use crate::store::groups;

/// Get a group
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/iam/groups/{id}",
    operation_id = "iam.get_group",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the group", format = Uuid)),
    responses((status = 200, description = "The group", body = Group, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "displayName": "Bookkeepers",
        "authority": "local", "version": 1, "createdAt": "2025-01-15T09:00:00Z", "updatedAt": "2025-01-15T09:00:00Z"})), RecordProblems)
)]
pub(crate) async fn get_group(PathId(id): PathId<Group>, mut read: Read) -> Result<Reply, ProblemResponse> {
    let found = groups::find(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::Group))?;
    read.reply(found.version, &found)
}
