//! The endpoints of operations: long work that a caller follows.

use athyper_kernel_error::Problem;
use athyper_kernel_jobs::{Operation, find_operation, list_operations};
use athyper_kernel_types::{Operation as OperationMarker, OperationId, Page, PageRequest};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::events::{__path_follow_operation, follow_operation};
use crate::{NoQuery, OperationKind, PathId, Permission, ProblemBody, ProblemResponse, Read, Reply};

/// Who may follow operations: everybody who may start one.
pub const OPERATION_PERMISSIONS: &[Permission] = &[
    Permission::new("platform.get_operation", OperationKind::Read, &["accountant"]),
    Permission::new("platform.follow_operation", OperationKind::Read, &["accountant"]),
    Permission::new("platform.list_operations", OperationKind::Read, &["accountant"]),
];

/// The routes of operations.
pub fn operation_routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_operation))
        .routes(routes!(follow_operation))
        .routes(routes!(list_all))
}

/// The 202 of a command that started an operation.
///
/// # Errors
/// When the value cannot be written as JSON.
pub fn accepted(operation: &Operation) -> Result<Reply, Problem> {
    Reply::accepted(format!("/v1/operations/{}", operation.id), operation)
}

/// Get an operation
///
/// Its state, how far it is, and what is wrong with its input, by row.
#[utoipa::path(
    get,
    path = "/v1/operations/{id}",
    operation_id = "platform.get_operation",
    tag = "operations",
    params(("id" = String, Path, description = "Id of the operation", format = Uuid)),
    responses(
        (status = 200, description = "The operation", body = Operation, example = json!({
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "kind": "opening.import_journals", "state": "running",
            "done": 400, "total": 1142, "errors": [], "createdAt": "2025-01-15T09:00:00Z"
        })),
        (status = 404, description = "No such operation in this tenant", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_operation(
    PathId(id): PathId<OperationMarker>,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let found = find_operation(&mut read.tx, id).await?;
    let operation = found.ok_or_else(|| Problem::not_found("operation"))?;
    Ok(Reply::ok(&operation)?)
}

/// List operations
///
/// The tenant's operations, newest first.
#[utoipa::path(
    get,
    path = "/v1/operations",
    operation_id = "platform.list_operations",
    tag = "operations",
    params(PageRequest),
    responses((status = 200, description = "A page of operations", body = Page<Operation>, example = json!({
        "items": [{
            "id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "kind": "opening.import_accounts", "state": "failed",
            "done": 0, "total": null, "createdAt": "2025-01-15T09:00:00Z", "finishedAt": "2025-01-15T09:00:01Z",
            "errors": [{"row": 3, "column": "type", "code": "invalid", "message": "unknown type"}]
        }],
        "nextCursor": null
    })))
)]
async fn list_all(mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    const SORT: &str = "operation id desc";
    let before: Option<OperationId> = read.query.keys(SORT)?;
    let rows = list_operations(&mut read.tx, before, read.query.fetch_limit().into()).await?;
    let page = Page::from_rows(rows, &read.query, SORT, |operation| operation.id)?;
    Ok(Reply::ok(&page)?)
}
