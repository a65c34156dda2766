//! Lists accounts by code.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::deps::Deps;
use crate::entities::ACCOUNT;

/// List accounts
///
/// In the order of their codes, so that the tree is read from top to bottom. As the records service lists them, with the
/// fields that the tenant added.
#[utoipa::path(
    get,
    path = "/v1/finance/accounts",
    operation_id = "finance.list_accounts",
    tag = "finance",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of accounts",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "state": "active",
                "createdAt": "2024-01-04T09:00:00.000000Z", "createdBy": "ada",
                "updatedAt": "2024-01-04T09:00:00.000000Z", "updatedBy": "ada", "code": "Assets:US:BofA:Checking",
                "name": "Checking", "type": "asset", "parent": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6070",
                "postable": true, "openedOn": null}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_accounts(
    State(deps): State<Deps>,
    Report(read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    deps.records.list(read, ACCOUNT).await
}
