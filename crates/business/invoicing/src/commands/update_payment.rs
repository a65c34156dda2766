//! Replaces what a draft of a payment says.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::create_payment::{DraftPayment, read};
use crate::entities::PAYMENT;
use crate::error::Error;
use crate::model::payment::{Payment, PaymentState, PaymentWithAllocations};
use crate::queries::get_payment;
use crate::store::payments;

/// Replace a draft of a payment
///
/// The draft says from then on what is sent, with all that it settles. What is posted never changes.
#[utoipa::path(
    put,
    path = "/v1/invoicing/payments/{id}",
    operation_id = "invoicing.update_payment",
    tag = "invoicing",
    params(
        ("id" = String, Path, description = "Id of the payment", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is replaced")
    ),
    request_body(
        content = DraftPayment,
        example = json!({"direction": "in", "date": "2025-03-11", "currency": "EUR", "amount": "119.00",
            "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"}, "allocations": []})
    ),
    responses((status = 200, description = "The draft as it is now", body = PaymentWithAllocations), ChangeProblems)
)]
pub(crate) async fn update_payment(
    State(deps): State<Deps>,
    PathId(id): PathId<Payment>,
    mut cmd: Command<Json<DraftPayment>>,
) -> Result<Reply, ProblemResponse> {
    let payment = payments::lock(&mut cmd.tx, id).await?.ok_or(Error::PaymentNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PAYMENT, id.uuid()), Error::PaymentNotFound).await?;
    cmd.require_version(payment.version)?;
    let done = execute(&mut cmd.tx, &deps, &payment, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.payment.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    payment: &Payment,
    input: &DraftPayment,
) -> Result<Done<PaymentWithAllocations>, Error> {
    if payment.state != PaymentState::Draft {
        return Err(Error::PaymentNotDraft);
    }
    let before = get_payment::load(tx, payment.id).await?;
    let draft = read(tx, deps, payment.id, input).await?;

    payments::update(tx, &draft).await?;

    let after = get_payment::load(tx, payment.id).await?;
    let event = AuditEvent::info("invoicing.update_payment")
        .about(PAYMENT, payment.id)
        .with("changes", changes(&before, &after));
    Ok(Done::new(after, event))
}
