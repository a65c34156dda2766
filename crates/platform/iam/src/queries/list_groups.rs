//! Lists groups by name.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::Error;
use crate::model::group::Group;
use crate::store::groups;

/// Which of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListGroups {
    /// Only of this name; case does not count.
    display_name: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List groups
///
/// By name.
#[utoipa::path(
    get,
    path = "/v1/iam/groups",
    operation_id = "iam.list_groups",
    tag = "iam",
    params(ListGroups, PageRequest),
    responses((status = 200, description = "A page", body = Page<Group>, example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "displayName": "Bookkeepers",
        "authority": "local", "version": 1, "createdAt": "2025-01-15T09:00:00Z", "updatedAt": "2025-01-15T09:00:00Z"}], "nextCursor": null})), ReadProblems)
)]
pub(crate) async fn list_groups(Report(mut read): Report<ListGroups>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &ListGroups) -> Result<Page<Group>, Error> {
    let name = query.display_name.as_deref();
    let sort = format!("groups name, id, {name:?}");
    let after: Option<(String, Uuid)> = query.page.keys(&sort)?;
    let rows = groups::list(tx, name, after.as_ref(), query.page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, &query.page, &sort, |row| (row.display_name.clone(), row.id.uuid()))?)
}
