//! Lists statements.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::STATEMENT;

/// List statements
///
/// By the day of their closing balance, newest first. A `gap` says that something is missing before one.
#[utoipa::path(
    get,
    path = "/v1/banking/statements",
    operation_id = "banking.list_statements",
    tag = "banking",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of statements",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "version": 1, "reference": "00017/001", "closing": "2210.0000",
                "closingOn": "2024-05-31", "gap": null}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_statements(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, STATEMENT).await
}
