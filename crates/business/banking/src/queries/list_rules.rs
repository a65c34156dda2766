//! Lists matching rules.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::RULE;

/// List matching rules
///
/// By name.
#[utoipa::path(
    get,
    path = "/v1/banking/rules",
    operation_id = "banking.list_rules",
    tag = "banking",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of matching rules",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "state": "active", "name": "Bank fees", "priority": 0,
                "ledgerAccount": "4970"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_rules(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, RULE).await
}
