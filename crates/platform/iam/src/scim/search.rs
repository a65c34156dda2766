//! Searches by a body instead of a query string (RFC 7644, section 3.4.3). They change nothing.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_http::{Command, ProblemResponse, Reply, ScimErrorBody, ScimJson};
use athyper_kernel_scim::{Base, GROUP, ListRequest, ListResponse, RESOURCE_KINDS, SearchRequest, USER};
use axum::extract::{Path, State};

use super::resources::list;
use super::{Refusal, base_of};
use crate::Deps;

/// Search users and groups
///
/// Users come first. A kind of resources that has not the attributes of the filter passes none.
#[utoipa::path(
    post,
    path = "/scim/v2/{tenant}/.search",
    operation_id = "iam.scim_search",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant")),
    request_body(content = SearchRequest, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "displayName sw \"Tour\"", "startIndex": 1, "count": 10})),
    responses((status = 200, description = "A page", body = ListResponse, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})), (status = 404, description = "No such tenant in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_search(
    State(deps): State<Deps>,
    Path(tenant): Path<String>,
    mut cmd: Command<ScimJson<SearchRequest>>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, cmd.caller(), &tenant)?;
    let request = ListRequest::try_from(cmd.body.0.clone())?;
    let page = everything(&mut cmd.tx, &request, &base).await?;
    Ok(Reply::ok(&page)?.as_scim())
}

/// Search users
///
/// As the list of users, by a body.
#[utoipa::path(
    post,
    path = "/scim/v2/{tenant}/Users/.search",
    operation_id = "iam.scim_search_users",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant")),
    request_body(content = SearchRequest, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "displayName sw \"Tour\"", "startIndex": 1, "count": 10})),
    responses((status = 200, description = "A page", body = ListResponse, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})), (status = 404, description = "No such tenant in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_search_users(
    State(deps): State<Deps>,
    Path(tenant): Path<String>,
    mut cmd: Command<ScimJson<SearchRequest>>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, cmd.caller(), &tenant)?;
    let request = ListRequest::try_from(cmd.body.0.clone())?;
    let page = list(&mut cmd.tx, &USER, &request, &base).await?;
    Ok(Reply::ok(&page)?.as_scim())
}

/// Search groups
///
/// As the list of groups, by a body.
#[utoipa::path(
    post,
    path = "/scim/v2/{tenant}/Groups/.search",
    operation_id = "iam.scim_search_groups",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant")),
    request_body(content = SearchRequest, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "displayName sw \"Tour\"", "startIndex": 1, "count": 10})),
    responses((status = 200, description = "A page", body = ListResponse, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})), (status = 404, description = "No such tenant in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_search_groups(
    State(deps): State<Deps>,
    Path(tenant): Path<String>,
    mut cmd: Command<ScimJson<SearchRequest>>,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, cmd.caller(), &tenant)?;
    let request = ListRequest::try_from(cmd.body.0.clone())?;
    let page = list(&mut cmd.tx, &GROUP, &request, &base).await?;
    Ok(Reply::ok(&page)?.as_scim())
}

/// A page of resources of all kinds, one kind after the other.
async fn everything(
    tx: &mut impl TenantConnection,
    request: &ListRequest,
    base: &Base,
) -> Result<ListResponse, Refusal> {
    let (mut total, mut resources) = (0, Vec::new());
    let mut refused = None;
    let mut known = 0;
    for kind in RESOURCE_KINDS {
        if let Err(error) = request.fits(kind) {
            refused = Some(error);
            continue;
        }
        known += 1;
        let page = list(tx, kind, &request.behind(total, resources.len()), base).await?;
        total += page.total_results;
        resources.extend(page.resources);
    }
    match refused {
        Some(error) if known == 0 => Err(error.into()),
        _ => Ok(ListResponse::new(total, request.start, resources)),
    }
}
