//! Lists which items settle each other.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::deps::Deps;
use crate::entities::ALLOCATION;

/// List allocations
///
/// By day, unless another order is asked for. Those that are undone are in the list too, with the day from which they no longer
/// count.
#[utoipa::path(
    get,
    path = "/v1/finance/allocations",
    operation_id = "finance.list_allocations",
    tag = "finance",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6070", "version": 1,
                "createdAt": "2025-03-20T09:00:00.000000Z", "createdBy": "ada", "debit": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
                "credit": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "amount": "120.0000", "date": "2025-03-20"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_allocations(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, ALLOCATION).await
}
