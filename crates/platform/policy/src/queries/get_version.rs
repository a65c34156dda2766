//! Reads one version of a policy.

use athyper_kernel_error::Problem;
use athyper_kernel_http::{ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_types::Id;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use uuid::Uuid;

use crate::error::{Error, Thing};
use crate::model::policy::PolicyVersion;
use crate::store::versions;

/// Get a version of a policy
///
/// A version is never rewritten.
#[utoipa::path(
    get,
    path = "/v1/policy/policies/{id}/versions/{version}",
    operation_id = "policy.get_version",
    tag = "policy",
    params(
        ("id" = String, Path, description = "Id of the policy", format = Uuid),
        ("version" = i64, Path, description = "Number of the version")
    ),
    responses((status = 200, description = "The version", body = PolicyVersion), RecordProblems)
)]
pub(crate) async fn get_version(
    path: Result<Path<(Uuid, i64)>, PathRejection>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let Path((id, number)) = path.map_err(|_| Problem::not_found("record"))?;
    let found = versions::find(&mut read.tx, Id::from_uuid(id), number).await.map_err(Error::from)?;
    let version = found.ok_or(Error::NotFound(Thing::Version))?;
    read.reply(1, &version)
}
