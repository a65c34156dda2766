//! Lists revaluations.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::{REVALUATION, WITHOUT_LINES};

/// List revaluations
///
/// Newest first; without their lines, unless `fields` names them.
#[utoipa::path(
    get,
    path = "/v1/closing/revaluations",
    operation_id = "closing.list_revaluations",
    tag = "closing",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1,
                "createdAt": "2025-04-02T09:00:00.000000Z", "createdBy": "ada", "entity": "main", "date": "2025-03-31",
                "reversesOn": "2025-04-01", "rates": {"USD": "0.9246"}, "difference": "-120.5", "currency": "EUR",
                "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "reversal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_revaluations(
    State(deps): State<Deps>,
    Report(mut read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    read.query.fields.get_or_insert_with(|| WITHOUT_LINES.to_owned());
    deps.records.list(read, REVALUATION).await
}
