//! Lists bank accounts.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::ACCOUNT;

/// List bank accounts
///
/// By name.
#[utoipa::path(
    get,
    path = "/v1/banking/accounts",
    operation_id = "banking.list_accounts",
    tag = "banking",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of bank accounts",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "version": 1, "state": "active", "name": "Main account",
                "iban": "DE89370400440532013000", "currency": "EUR", "ledgerAccount": "1200"}], "nextCursor": null})
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
