//! Reads a version of an entity.

use athyper_kernel_error::Problem;
use athyper_kernel_http::{NoQuery, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_types::Id;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use uuid::Uuid;

use crate::error::Error;
use crate::queries::list_versions::VersionBody;
use crate::store::versions;

/// The `{id}` and the `{version}` of a path. What is neither cannot be there: 404.
pub(crate) struct PathVersion(Uuid, i64);

impl<S: Send + Sync> FromRequestParts<S> for PathVersion {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemResponse> {
        let found = Path::<(Uuid, i64)>::from_request_parts(parts, state).await;
        let Path((id, version)) = found.map_err(|_| Problem::not_found("version"))?;
        Ok(Self(id, version))
    }
}

/// Read a version of an entity
#[utoipa::path(
    get,
    path = "/v1/metadata/entities/{id}/versions/{version}",
    operation_id = "metadata.get_version",
    tag = "metadata",
    params(
        ("id" = String, Path, description = "Id of the entity", format = Uuid),
        ("version" = i64, Path, description = "Number of the version")
    ),
    responses((status = 200, description = "The version with its definition", body = VersionBody), RecordProblems)
)]
pub(crate) async fn get_version(
    PathVersion(id, version): PathVersion,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let found = versions::find(&mut read.tx, Id::from_uuid(id), version).await?;
    let found = found.ok_or(Error::VersionNotFound)?;
    read.reply(version, &VersionBody::from(found))
}
