//! Lists the versions of an entity.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::EntityId;
use athyper_kernel_types::{Page, PageRequest};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::change::Change;
use crate::store::versions::Version;
use crate::store::{designs, versions};

/// A version that was put in force.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = metadata::Version)]
pub(crate) struct VersionBody {
    /// Its number, from 1.
    version: i64,
    /// What it changed.
    changes: Vec<Change>,
    /// What whoever published it said.
    note: Option<String>,
    /// When it was put in force (UTC).
    published_at: DateTime<Utc>,
    /// Who put it in force.
    published_by: String,
    /// The definition; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    definition: Option<Value>,
}

impl From<Version> for VersionBody {
    fn from(version: Version) -> Self {
        Self {
            version: version.number,
            changes: version.changes,
            note: version.note,
            published_at: version.published_at,
            published_by: version.published_by,
            definition: Some(version.definition).filter(|definition| !definition.is_null()),
        }
    }
}

/// List the versions of an entity
///
/// All that were ever in force, the newest first. Definitions are not in the list.
#[utoipa::path(
    get,
    path = "/v1/metadata/entities/{id}/versions",
    operation_id = "metadata.list_versions",
    tag = "metadata",
    params(("id" = String, Path, description = "Id of the entity", format = Uuid), PageRequest),
    responses((status = 200, description = "A page of versions", body = Page<VersionBody>), RecordProblems)
)]
pub(crate) async fn list_versions(
    PathId(id): PathId<athyper_kernel_records::EntityMarker>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    id: EntityId,
    page: &PageRequest,
) -> Result<Page<VersionBody>, Error> {
    designs::find(tx, id).await?.ok_or(Error::NotFound)?;
    let sort = format!("versions {id}");
    let before: Option<i64> = page.keys(&sort)?;
    let rows = versions::list(tx, id, before, page.fetch_limit()).await?;
    let page = Page::from_rows(rows, page, &sort, |version| version.number)?;
    Ok(page.map(VersionBody::from))
}
