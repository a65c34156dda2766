//! What a client asks first: what there is, and of which form (RFC 7644, section 4).

use athyper_kernel_error::Problem;
use athyper_kernel_http::{Caller, ProblemResponse, Reply, ScimErrorBody};
use athyper_kernel_scim::{
    ListResponse, resource_type, resource_types, schema_document, schema_documents, service_provider_config,
};
use axum::extract::{Path, State};
use serde_json::Value;

use super::base_of;
use crate::Deps;

/// Show what of SCIM is spoken
///
/// Patches, filters, orders and versions are; bulk operations and passwords are not.
#[utoipa::path(
    get,
    path = "/scim/v2/{tenant}/ServiceProviderConfig",
    operation_id = "iam.scim_get_service_provider_config",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant")),
    responses((status = 200, description = "The document", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]})), (status = 404, description = "No such tenant, or no such document in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_get_service_provider_config(
    State(deps): State<Deps>,
    Path(tenant): Path<String>,
    caller: Caller,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, &caller, &tenant)?;
    Ok(Reply::ok(&service_provider_config(base.as_str()))?.as_scim())
}

/// List the kinds of resources
///
/// Users and groups.
#[utoipa::path(
    get,
    path = "/scim/v2/{tenant}/ResourceTypes",
    operation_id = "iam.scim_list_resource_types",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant")),
    responses((status = 200, description = "All of them", body = ListResponse, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})), (status = 404, description = "No such tenant, or no such document in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_list_resource_types(
    State(deps): State<Deps>,
    Path(tenant): Path<String>,
    caller: Caller,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, &caller, &tenant)?;
    whole_list(resource_types(base.as_str()))
}

/// Show a kind of resources
///
/// With its schema and what extends it.
#[utoipa::path(
    get,
    path = "/scim/v2/{tenant}/ResourceTypes/{id}",
    operation_id = "iam.scim_get_resource_type",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ("id" = String, Path, description = "Name of the kind, such as User")),
    responses((status = 200, description = "The document", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"]})), (status = 404, description = "No such tenant, or no such document in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_get_resource_type(
    State(deps): State<Deps>,
    Path((tenant, id)): Path<(String, String)>,
    caller: Caller,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, &caller, &tenant)?;
    document(resource_type(&id, base.as_str()))
}

/// List the schemas
///
/// What is in no schema is not kept.
#[utoipa::path(
    get,
    path = "/scim/v2/{tenant}/Schemas",
    operation_id = "iam.scim_list_schemas",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant")),
    responses((status = 200, description = "All of them", body = ListResponse, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})), (status = 404, description = "No such tenant, or no such document in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_list_schemas(
    State(deps): State<Deps>,
    Path(tenant): Path<String>,
    caller: Caller,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, &caller, &tenant)?;
    whole_list(schema_documents(base.as_str()))
}

/// Show a schema
///
/// With its attributes.
#[utoipa::path(
    get,
    path = "/scim/v2/{tenant}/Schemas/{id}",
    operation_id = "iam.scim_get_schema",
    tag = "iam",
    params(("tenant" = String, Path, description = "Key of the caller's tenant"), ("id" = String, Path, description = "URN of the schema")),
    responses((status = 200, description = "The document", body = Object, content_type = "application/scim+json", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"]})), (status = 404, description = "No such tenant, or no such document in this tenant", body = ScimErrorBody, content_type = "application/scim+json"))
)]
pub(crate) async fn scim_get_schema(
    State(deps): State<Deps>,
    Path((tenant, id)): Path<(String, String)>,
    caller: Caller,
) -> Result<Reply, ProblemResponse> {
    let base = base_of(&deps, &caller, &tenant)?;
    document(schema_document(&id, base.as_str()))
}

fn whole_list(all: Vec<Value>) -> Result<Reply, ProblemResponse> {
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    Ok(Reply::ok(&ListResponse::new(total, 1, all))?.as_scim())
}

fn document(found: Option<Value>) -> Result<Reply, ProblemResponse> {
    let found = found.ok_or_else(|| Problem::not_found("document"))?;
    Ok(Reply::ok(&found)?.as_scim())
}
