//! Lists fiscal years that were closed.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::FISCAL_YEAR;

/// List closed fiscal years
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/closing/fiscal-years",
    operation_id = "closing.list_fiscal_years",
    tag = "closing",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "state": "closed",
                "createdAt": "2026-01-20T09:00:00.000000Z", "createdBy": "ada", "entity": "main",
                "firstDay": "2025-01-01", "lastDay": "2025-12-31", "result": "12000", "currency": "EUR",
                "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_fiscal_years(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, FISCAL_YEAR).await
}
