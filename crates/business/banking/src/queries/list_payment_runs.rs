//! Lists payment runs.

use athyper_kernel_db::LazyReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{ListRecords, RecordBody};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;

use crate::Deps;
use crate::entities::{PAYMENT_RUN, RUN_WITHOUT_PAYMENTS};

/// List payment runs
///
/// By the day of execution, newest first; without their payments, unless `fields` names them.
#[utoipa::path(
    get,
    path = "/v1/banking/payment-runs",
    operation_id = "banking.list_payment_runs",
    tag = "banking",
    params(ListRecords, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of payment runs",
            body = Page<RecordBody>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "version": 1, "state": "draft", "number": "PAY-2024-000001",
                "executionOn": "2024-06-03", "total": "1190.0000"}], "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_payment_runs(
    State(deps): State<Deps>,
    Report(mut read): Report<ListRecords, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    read.query.fields.get_or_insert_with(|| RUN_WITHOUT_PAYMENTS.to_owned());
    deps.records.list(read, PAYMENT_RUN).await
}
