//! Reads one payment run.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::PAYMENT_RUN;
use crate::error::Error;
use crate::model::payment_run::PaymentRun;
use crate::store::runs;

/// Get a payment run
///
/// With its payments.
#[utoipa::path(
    get,
    path = "/v1/banking/payment-runs/{id}",
    operation_id = "banking.get_payment_run",
    tag = "banking",
    params(("id" = String, Path, description = "Id of the payment run", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The payment run",
            body = PaymentRun,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "number": "PAY-2024-000001", "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "executionOn": "2024-06-03", "currency": "EUR", "total": "1190.00", "state": "draft", "payments": [],
                "createdAt": "2024-01-04T09:00:00Z", "createdBy": "ada", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_payment_run(
    State(deps): State<Deps>,
    PathId(id): PathId<PaymentRun>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (PAYMENT_RUN, id.uuid()), Error::RunNotFound).await?;
    let found = runs::find(&mut read.tx, id).await?.ok_or(Error::RunNotFound)?;
    read.reply(found.version, &found)
}
