//! Lists periods by their first day.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::deps::Deps;
use crate::entities::PERIOD;

/// List periods
///
/// Those that were declared and those that were made when they were first posted to, earliest first.
#[utoipa::path(
    get,
    path = "/v1/finance/periods",
    operation_id = "finance.list_periods",
    tag = "finance",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of periods",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "state": "open",
                "createdAt": "2024-01-04T09:00:00.000000Z", "createdBy": "ada",
                "updatedAt": "2024-01-04T09:00:00.000000Z", "updatedBy": "ada", "name": "2024-01",
                "startsOn": "2024-01-01", "endsOn": "2024-01-31"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_periods(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, PERIOD).await
}
