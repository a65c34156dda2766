//! Lists closes of periods.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::PERIOD_CLOSE;

/// List closes of periods
///
/// By day, newest first.
#[utoipa::path(
    get,
    path = "/v1/closing/period-closes",
    operation_id = "closing.list_period_closes",
    tag = "closing",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "state": "open",
                "createdAt": "2025-04-02T09:00:00.000000Z", "createdBy": "ada", "entity": "main",
                "period": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "2025-03", "startsOn": "2025-03-01",
                "endsOn": "2025-03-31"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_period_closes(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, PERIOD_CLOSE).await
}
