//! Lists lines of statements.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::LINE;

/// List lines of statements
///
/// By the day of their booking, newest first. Their `state` says what is left to do.
#[utoipa::path(
    get,
    path = "/v1/banking/lines",
    operation_id = "banking.list_lines",
    tag = "banking",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of lines of statements",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "state": "new", "bookedOn": "2024-05-02", "name": "Ada",
                "purpose": "RE 7", "amount": "1190.0000", "currency": "EUR"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_lines(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, LINE).await
}
