//! Lists groups.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::GROUP;

/// List groups
///
/// By code; without their definitions.
#[utoipa::path(
    get,
    path = "/v1/group/groups",
    operation_id = "group.list_groups",
    tag = "group",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "createdAt": "2025-01-02T09:00:00.000000Z",
                "createdBy": "ada", "code": "alpha-group", "name": "Alpha Group", "parent": "alpha", "currency": "EUR"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_groups(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, GROUP).await
}
