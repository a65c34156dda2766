//! Lists entries between legal entities.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::{ENTRY, ENTRY_WITHOUT_LINES};

/// List entries between legal entities
///
/// Newest first; without their lines, unless `fields` names them.
#[utoipa::path(
    get,
    path = "/v1/group/entries",
    operation_id = "group.list_entries",
    tag = "group",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1,
                "createdAt": "2025-04-02T09:00:00.000000Z", "createdBy": "ada", "state": "posted", "fromEntity": "alpha",
                "toEntity": "beta", "date": "2025-03-31", "currency": "EUR", "amount": "500", "reference": "IC-7",
                "fromJournal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "toJournal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073"}],
                "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_entries(
    State(deps): State<Deps>,
    Report(mut read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    read.query.fields.get_or_insert_with(|| ENTRY_WITHOUT_LINES.to_owned());
    deps.records.list(read, ENTRY).await
}
