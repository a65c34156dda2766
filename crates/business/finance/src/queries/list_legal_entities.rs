//! Lists legal entities.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::deps::Deps;
use crate::entities::LEGAL_ENTITY;

/// List legal entities
///
/// By code, unless another order is asked for.
#[utoipa::path(
    get,
    path = "/v1/finance/legal-entities",
    operation_id = "finance.list_legal_entities",
    tag = "finance",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1,
                "createdAt": "2024-01-04T09:00:00.000000Z", "createdBy": "ada", "code": "main", "name": "Trading GmbH",
                "baseCurrency": "EUR", "fiscalYearStart": 1, "roundingLimit": "1.0000"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_legal_entities(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, LEGAL_ENTITY).await
}
