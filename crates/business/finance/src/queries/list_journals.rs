//! Lists journals, newest first.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::deps::Deps;
use crate::entities::{JOURNAL, JOURNAL_WITHOUT_LINES};

/// List journals
///
/// By date, newest first; without their lines, unless `fields` names them.
#[utoipa::path(
    get,
    path = "/v1/finance/journals",
    operation_id = "finance.list_journals",
    tag = "finance",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of journals",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 2, "state": "posted",
                "createdAt": "2024-01-04T09:00:00.000000Z", "createdBy": "ada", "number": "JE-2024-000042",
                "date": "2024-01-04", "payee": null, "narration": "Monthly bank fee", "reference": null,
                "reverses": null, "reversedBy": null, "postedAt": "2024-01-05T09:00:00.000000Z", "postedBy": "ada"}],
                "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_journals(
    State(deps): State<Deps>,
    Report(mut read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    read.query.fields.get_or_insert_with(|| JOURNAL_WITHOUT_LINES.to_owned());
    deps.records.list(read, JOURNAL).await
}
