//! Lists occurrences of recurring entries.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::OCCURRENCE;

/// List occurrences
///
/// Latest day first: what was made, and with `filter=state == "failed"` what the ledger refused and why.
#[utoipa::path(
    get,
    path = "/v1/recurring/occurrences",
    operation_id = "recurring.list_occurrences",
    tag = "recurring",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "version": 2, "state": "failed",
                "createdAt": "2025-02-28T05:20:00.000000Z", "createdBy": "system",
                "entry": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main", "number": 2, "step": "post",
                "dueOn": "2025-02-28", "attempts": 1, "problem": "period 2025-02 is closed",
                "problemCode": "finance.period_closed"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_occurrences(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, OCCURRENCE).await
}
