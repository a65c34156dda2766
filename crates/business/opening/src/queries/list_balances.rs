//! Lists opening balances.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::BALANCES;

/// List opening balances
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/opening/balances",
    operation_id = "opening.list_balances",
    tag = "opening",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "state": "posted",
                "createdAt": "2025-01-03T08:00:00.000000Z", "createdBy": "ada", "entity": "main", "date": "2025-01-01", "rows": 3,
                "openingBalance": "0", "currency": "EUR",
                "journals": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "number": "OB-2025-000001"}],
                "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_balances(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, BALANCES).await
}
