//! Lists the rules that choose accounts.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::deps::Deps;
use crate::entities::ACCOUNT_RULE;

/// List account rules
///
/// Which account plays which part.
#[utoipa::path(
    get,
    path = "/v1/finance/account-rules",
    operation_id = "finance.list_account_rules",
    tag = "finance",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of them",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1,
                "createdAt": "2024-01-04T09:00:00.000000Z", "createdBy": "ada", "role": "output_tax", "entity": null,
                "facts": {"taxCode": "S20"}, "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_account_rules(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, ACCOUNT_RULE).await
}
