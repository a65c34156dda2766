//! Says what is different between two versions of a model.

use athyper_kernel_db::ReadTx;
use athyper_kernel_decision::{Definition, Difference, diff};
use athyper_kernel_http::{PathName, ProblemResponse, Read, RecordProblems, Reply};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::queries::{WhichVersion, definition};
use crate::store::models;

/// Which versions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareVersions {
    /// The version to begin with; the one before the other where none is named.
    from: Option<i64>,
    /// The version to come to; the one that was published last where none is named.
    to: Option<i64>,
}

/// What is different between two versions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = decisions::Comparison)]
pub(crate) struct Comparison {
    /// The version to begin with.
    from: i64,
    /// The version to come to.
    to: i64,
    /// What is different.
    differences: Vec<Difference>,
    /// Whether there is more than is told.
    is_more: bool,
}

/// Compare two versions of a model
///
/// What is different, rule by rule, whichever is the older. A rule is the same where all its cells are.
#[utoipa::path(
    get,
    path = "/v1/decisions/models/{key}/compare",
    operation_id = "decisions.compare_versions",
    tag = "decisions",
    params(("key" = String, Path, description = "Key of the model"), CompareVersions),
    responses((status = 200, description = "What is different", body = Comparison), RecordProblems)
)]
pub(crate) async fn compare_versions(
    PathName(key): PathName,
    mut read: Read<CompareVersions>,
) -> Result<Reply, ProblemResponse> {
    let comparison = execute(&mut read.tx, &key, &read.query).await?;
    // Two versions differ by the same for ever.
    read.reply(1, &comparison)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    key: &str,
    query: &CompareVersions,
) -> Result<Comparison, Error> {
    let model = models::find(tx, key).await?.ok_or(Error::NotFound)?;
    let to = query.to.or(model.published_version).ok_or(Error::VersionNotFound)?;
    let from = query.from.unwrap_or(to.saturating_sub(1));
    let (before, after) = (version(tx, key, from).await?, version(tx, key, to).await?);
    let (differences, is_more) = diff(&before, &after);
    Ok(Comparison { from, to, differences, is_more })
}

async fn version(tx: &mut ReadTx, key: &str, number: i64) -> Result<Definition, Error> {
    let asked = definition(tx, key, &WhichVersion { version: Some(number) }).await?;
    athyper_kernel_decision::read(&asked.definition).map_err(|_| Error::Broken)
}
