//! Lists requests for approval: one's own, and those that one may decide about.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::REQUEST;

/// List approval requests
///
/// Those that you asked for, and those of roles that you have; newest first. What waits for you is
/// `filter=state == "pending"`. A request that has run out may be shown as pending until it is marked, and is refused.
#[utoipa::path(
    get,
    path = "/v1/approvals/requests",
    operation_id = "approvals.list_requests",
    tag = "approvals",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of requests",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "state": "pending",
                "createdAt": "2025-01-31T08:00:00.000000Z", "createdBy": "ada",
                "updatedAt": "2025-01-31T08:00:00.000000Z", "updatedBy": "ada", "operation": "finance.create_account",
                "path": "/v1/finance/accounts", "role": "tenant_admin", "expiresAt": "2025-02-03T08:00:00.000000Z",
                "decidedAt": null, "decidedBy": null, "reason": null, "usedAt": null}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_requests(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, REQUEST).await
}
