//! Lists recurring entries.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::{ENTRY, WITHOUT_LINES};

/// List recurring entries
///
/// Newest first; without their lines, unless `fields` names them.
#[utoipa::path(
    get,
    path = "/v1/recurring/entries",
    operation_id = "recurring.list_entries",
    tag = "recurring",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 2, "state": "active",
                "createdAt": "2025-01-03T09:00:00.000000Z", "createdBy": "ada", "entity": "main", "name": "Office rent",
                "currency": "EUR", "every": "month", "interval": 1, "dayOfMonth": 31, "firstDay": "2025-01-31", "nextNumber": 3,
                "nextOn": "2025-03-31"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_entries(
    State(deps): State<Deps>,
    Report(mut read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    read.query.fields.get_or_insert_with(|| WITHOUT_LINES.to_owned());
    deps.records.list(read, ENTRY).await
}
