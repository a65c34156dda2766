//! Lists what stays open on control accounts.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::deps::Deps;
use crate::entities::OPEN_ITEM;

/// List open items
///
/// By due date, unless another order is asked for. What is settled wholly is in the list too: `filter=open != 0.0` leaves it out.
#[utoipa::path(
    get,
    path = "/v1/finance/open-items",
    operation_id = "finance.list_open_items",
    tag = "finance",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1,
                "createdAt": "2024-01-04T09:00:00.000000Z", "createdBy": "ada", "entity": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6070",
                "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "party": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073",
                "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074", "date": "2025-03-01", "dueOn": "2025-03-31",
                "reference": "SI-0003", "currency": "EUR", "rate": "1.000000000000", "amount": "8878.7200",
                "base": "8878.7200", "open": "8878.7200", "openBase": "8878.7200"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_open_items(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, OPEN_ITEM).await
}
