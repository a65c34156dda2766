//! Lists transfers.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::{TRANSFER, TRANSFER_WITHOUT_LINES};

/// List transfers
///
/// Newest first, what was carried forward among them; without their lines, unless `fields` names them.
#[utoipa::path(
    get,
    path = "/v1/budgeting/transfers",
    operation_id = "budgeting.list_transfers",
    tag = "budgeting",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "createdAt": "2026-02-03T09:00:00.000000Z", "createdBy": "ada", "kind": "transfer",
                "budget": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "into": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "reason": "Fewer fairs",
                "total": "1000", "currency": "EUR"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_transfers(
    State(deps): State<Deps>,
    Report(mut read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    read.query.fields.get_or_insert_with(|| TRANSFER_WITHOUT_LINES.to_owned());
    deps.records.list(read, TRANSFER).await
}
