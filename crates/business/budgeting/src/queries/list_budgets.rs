//! Lists budgets.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::{BUDGET, BUDGET_WITHOUT_LINES};

/// List budgets
///
/// By year, newest first; without their lines, unless `fields` names them.
#[utoipa::path(
    get,
    path = "/v1/budgeting/budgets",
    operation_id = "budgeting.list_budgets",
    tag = "budgeting",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 3, "state": "active", "createdAt": "2025-11-03T09:00:00.000000Z", "createdBy": "ada", "entity": "main",
                "name": "Budget 2026", "firstDay": "2026-01-01", "lastDay": "2026-12-31", "currency": "EUR",
                "fund": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "writtenBy": "ada",
                "approvedBy": "bob"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_budgets(
    State(deps): State<Deps>,
    Report(mut read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    read.query.fields.get_or_insert_with(|| BUDGET_WITHOUT_LINES.to_owned());
    deps.records.list(read, BUDGET).await
}
