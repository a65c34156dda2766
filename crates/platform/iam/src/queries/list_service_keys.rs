//! Lists the keys of a service, without their secrets.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, Thing};
use crate::model::key::{KeyId, ServiceKey};
use crate::store::{keys, principals};

/// List the keys of a service
///
/// Oldest first, also those that are not good any more.
#[utoipa::path(
    get,
    path = "/v1/iam/principals/{id}/keys",
    operation_id = "iam.list_service_keys",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the service", format = Uuid), PageRequest),
    responses((status = 200, description = "A page", body = Page<ServiceKey>, example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "expiresAt": "2025-08-31T00:00:00Z",
        "createdAt": "2025-01-15T09:00:00Z"}], "nextCursor": null})), RecordProblems)
)]
pub(crate) async fn list_service_keys(
    PathId(id): PathId<athyper_kernel_types::Principal>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    id: athyper_kernel_types::Id<athyper_kernel_types::Principal>,
    query: &PageRequest,
) -> Result<Page<ServiceKey>, Error> {
    principals::find(tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    let sort = format!("service keys id {id}");
    let after: Option<uuid::Uuid> = query.keys(&sort)?;
    let rows = keys::list(tx, id, after, query.fetch_limit()).await?;
    Ok(Page::from_rows(rows, query, &sort, |row| row.id)?)
}

/// A key that was revoked.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::Revoked)]
pub(crate) struct Revoked {
    /// The key.
    pub(crate) id: KeyId,
    /// When (UTC).
    pub(crate) revoked_at: DateTime<Utc>,
}
