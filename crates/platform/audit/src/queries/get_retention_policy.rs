//! Shows a retention policy.

use athyper_kernel_http::{NoQuery, PathId, ProblemResponse, Read, Reply};

use crate::error::Error;
use crate::model::retention::RetentionPolicy;
use crate::store::policies;
use athyper_kernel_http::RecordProblems;

/// Get a retention policy
///
/// With its version.
#[utoipa::path(
    get,
    path = "/v1/audit/retention-policies/{id}",
    operation_id = "audit.get_retention_policy",
    tag = "audit",
    params(("id" = String, Path, description = "Id of the policy", format = Uuid)),
    responses((status = 200, description = "The policy", body = RetentionPolicy), RecordProblems)
)]
pub(crate) async fn get_retention_policy(
    PathId(id): PathId<RetentionPolicy>,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let policy = policies::find(&mut read.tx, id).await?.ok_or(Error::PolicyNotFound)?;
    read.reply(policy.version, &policy)
}
