//! Lists the direct members of a group.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::{Error, Thing};
use crate::model::group::{Group, Member};
use crate::store::{groups, members};

/// List the members of a group
///
/// Those that are in it directly: principals and groups.
#[utoipa::path(
    get,
    path = "/v1/iam/groups/{id}/members",
    operation_id = "iam.list_group_members",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the group", format = Uuid), PageRequest),
    responses((status = 200, description = "A page", body = Page<Member>, example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "kind": "user", "name": "ada",
        "addedAt": "2025-01-15T09:00:00Z"}], "nextCursor": null})), RecordProblems)
)]
pub(crate) async fn list_group_members(
    PathId(id): PathId<Group>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    id: athyper_kernel_types::Id<Group>,
    query: &PageRequest,
) -> Result<Page<Member>, Error> {
    groups::find(tx, id).await?.ok_or(Error::NotFound(Thing::Group))?;
    let sort = format!("members id {id}");
    let after: Option<uuid::Uuid> = query.keys(&sort)?;
    let rows = members::list(tx, id, after, query.fetch_limit()).await?;
    Ok(Page::from_rows(rows, query, &sort, |row| row.id)?)
}
