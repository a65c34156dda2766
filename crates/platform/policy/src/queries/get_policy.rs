//! Reads one policy with its draft.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::{Error, Thing};
use crate::model::policy::StoredPolicy;
use crate::store::policies;

/// Get a policy
///
/// With its draft. Its version is its `ETag`; the rules in force are in its versions.
#[utoipa::path(
    get,
    path = "/v1/policy/policies/{id}",
    operation_id = "policy.get_policy",
    tag = "policy",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    responses((status = 200, description = "The policy", body = StoredPolicy), RecordProblems)
)]
pub(crate) async fn get_policy(
    PathId(id): PathId<StoredPolicy>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let found = policies::find(&mut read.tx, id).await.map_err(Error::from)?;
    let policy = found.ok_or(Error::NotFound(Thing::Policy))?;
    read.reply(policy.version, &policy)
}
