//! Lists nettings.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::{NETTING, NETTING_WITHOUT_LINES};

/// List nettings
///
/// Newest first; without what was netted, unless `fields` names it.
#[utoipa::path(
    get,
    path = "/v1/group/nettings",
    operation_id = "group.list_nettings",
    tag = "group",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1,
                "createdAt": "2025-04-02T09:00:00.000000Z", "createdBy": "ada", "state": "posted", "entity": "alpha",
                "partner": "beta", "date": "2025-03-31", "currency": "EUR", "receivable": "600", "payable": "400", "rest": "200",
                "reference": "NET-20250331-2c3d4e5f6071"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_nettings(
    State(deps): State<Deps>,
    Report(mut read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    read.query.fields.get_or_insert_with(|| NETTING_WITHOUT_LINES.to_owned());
    deps.records.list(read, NETTING).await
}
