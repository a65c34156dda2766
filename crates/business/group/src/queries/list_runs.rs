//! Lists consolidations.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::RUN;

/// List consolidations
///
/// Newest first; without their figures.
#[utoipa::path(
    get,
    path = "/v1/group/runs",
    operation_id = "group.list_runs",
    tag = "group",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "createdAt": "2026-02-02T09:00:00.000000Z",
                "createdBy": "ada", "state": "draft", "group": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "groupCode": "alpha-group",
                "from": "2025-01-01", "date": "2025-12-31", "currency": "EUR",
                "digest": "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_runs(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, RUN).await
}
