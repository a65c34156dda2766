//! Reads a policy to begin with.

use athyper_kernel_http::{NoQuery, PathName, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::{Error, Thing};
use crate::model::pack::{PACKS_VERSION, Pack};

/// Get a pack
///
/// A policy to begin with, its tests, its parameters, and what it does not do.
#[utoipa::path(
    get,
    path = "/v1/policy/packs/{key}",
    operation_id = "policy.get_pack",
    tag = "policy",
    params(("key" = String, Path, description = "Key of the pack")),
    responses((status = 200, description = "The pack", body = Pack), RecordProblems)
)]
pub(crate) async fn get_pack(
    PathName(key): PathName,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let pack = Pack::find(&key).ok_or(Error::NotFound(Thing::Pack))?;
    read.reply(PACKS_VERSION, &pack)
}
