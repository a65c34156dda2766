//! Reads a version of a model.

use athyper_kernel_error::Problem;
use athyper_kernel_http::{NoQuery, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::error::Error;
use crate::model::version::Version;
use crate::store::{models, versions};

/// The `{key}` and the `{version}` of a path. What is neither cannot be there: 404.
pub(crate) struct PathVersion(String, i64);

impl<S: Send + Sync> FromRequestParts<S> for PathVersion {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemResponse> {
        let found = Path::<(String, i64)>::from_request_parts(parts, state).await;
        let Path((key, version)) = found.map_err(|_| Problem::not_found("version"))?;
        if key.chars().any(char::is_control) {
            return Err(Problem::not_found("version").into());
        }
        Ok(Self(key, version))
    }
}

/// Read a version of a model
#[utoipa::path(
    get,
    path = "/v1/decisions/models/{key}/versions/{version}",
    operation_id = "decisions.get_version",
    tag = "decisions",
    params(
        ("key" = String, Path, description = "Key of the model"),
        ("version" = i64, Path, description = "Number of the version")
    ),
    responses((status = 200, description = "The version with its definition and tests", body = Version), RecordProblems)
)]
pub(crate) async fn get_version(
    PathVersion(key, version): PathVersion,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let model = models::find(&mut read.tx, &key).await?.ok_or(Error::NotFound)?;
    let found = versions::find(&mut read.tx, model.id, version).await?;
    let found = found.ok_or(Error::VersionNotFound)?;
    read.reply(version, &found)
}
