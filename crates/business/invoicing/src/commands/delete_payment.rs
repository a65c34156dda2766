//! Throws a draft of a payment away.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::entities::PAYMENT;
use crate::error::Error;
use crate::model::payment::{Payment, PaymentState, PaymentWithAllocations};
use crate::queries::get_payment;
use crate::store::payments;

/// Delete a draft of a payment
///
/// What is posted cannot be deleted. The answer is the draft as it was.
#[utoipa::path(
    delete,
    path = "/v1/invoicing/payments/{id}",
    operation_id = "invoicing.delete_payment",
    tag = "invoicing",
    params(
        ("id" = String, Path, description = "Id of the payment", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is deleted")
    ),
    responses(
        (
            status = 200,
            description = "The draft as it was",
            body = PaymentWithAllocations,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074", "direction": "in", "side": "receivable",
                "entity": "MAIN", "date": "2025-03-10", "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"},
                "currency": "EUR", "amount": "116.62", "state": "draft", "createdAt": "2025-03-10T08:00:00Z", "createdBy": "ada",
                "version": 1, "allocations": [], "openItems": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn delete_payment(
    State(deps): State<Deps>,
    PathId(id): PathId<Payment>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let payment = payments::lock(&mut cmd.tx, id).await?.ok_or(Error::PaymentNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PAYMENT, id.uuid()), Error::PaymentNotFound).await?;
    cmd.require_version(payment.version)?;
    let done = execute(&mut cmd.tx, &payment).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    payment: &Payment,
) -> Result<Done<PaymentWithAllocations>, Error> {
    if payment.state != PaymentState::Draft {
        return Err(Error::PaymentNotDraft);
    }
    let deleted = get_payment::load(tx, payment.id).await?;

    payments::delete(tx, payment.id).await?;

    let event = AuditEvent::info("invoicing.delete_payment")
        .about(PAYMENT, payment.id)
        .with("deleted", json!(deleted));
    Ok(Done::new(deleted, event))
}
