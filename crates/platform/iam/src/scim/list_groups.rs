//! Lists groups.

use athyper_kernel_http::{ProblemResponse, Read, Reply, ScimErrorBody};
use athyper_kernel_scim::{GROUP, ListQuery, ListRequest, ListResponse};
use axum::extract::{Path, State};

use super::base_of;
use super::resources::list;
use crate::Deps;

/// List groups
///
/// Those that pass the filter, in the order that is asked for or by age, a page at a time.
#[utoipa::path(
    get,
    path = "/scim/v2/{tenant}/Groups",
    operation_id = "iam.scim_list_groups",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ListQuery),
    responses((status = 200, description = "A page", body = ListResponse, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})), (status = 404, description = "No such tenant in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_list_groups(
    State(deps): State<Deps>,
    Path(tenant): Path<String>,
    mut read: Read<ListQuery>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, read.caller(), &tenant)?;
    let request = ListRequest::try_from(read.query.clone())?;
    let page = list(&mut read.tx, &GROUP, &request, &base).await?;
    Ok(Reply::ok(&page)?.as_scim())
}
