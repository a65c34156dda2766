//! Reads one payment with all that belongs to it.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::PAYMENT;
use crate::error::Error;
use crate::model::payment::{Payment, PaymentId, PaymentWithAllocations};
use crate::store::{items, payments};

/// Get a payment
///
/// With what it said to settle, and the open item of its rest. Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/invoicing/payments/{id}",
    operation_id = "invoicing.get_payment",
    tag = "invoicing",
    params(("id" = String, Path, description = "Id of the payment", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The payment",
            body = PaymentWithAllocations,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074", "direction": "in", "side": "receivable",
                "number": "RCPT-2025-000007", "entity": "MAIN", "date": "2025-03-10",
                "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"}, "currency": "EUR",
                "amount": "200.00", "rate": "1", "unallocated": "200.00", "state": "posted", "journal": "BNK-2025-000007",
                "postedAt": "2025-03-10T09:00:00Z", "postedBy": "ada", "createdAt": "2025-03-10T08:00:00Z", "createdBy": "ada",
                "version": 2, "allocations": [], "openItems": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6075", "dueOn": "2025-03-10",
                    "amount": "200.00", "open": "200.00"}]})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_payment(
    State(deps): State<Deps>,
    PathId(id): PathId<Payment>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (PAYMENT, id.uuid()), Error::PaymentNotFound).await?;
    let payment = load(&mut read.tx, id).await?;
    read.reply(payment.payment.version, &payment)
}

/// The payment with what it settles and its open item.
///
/// # Errors
/// [`Error::PaymentNotFound`].
pub(crate) async fn load(
    tx: &mut impl TenantConnection,
    id: PaymentId,
) -> Result<PaymentWithAllocations, Error> {
    let payment = payments::find(tx, id).await?.ok_or(Error::PaymentNotFound)?;
    let allocations = payments::allocations(tx, id, payment.currency).await?;
    let items = items::as_lines(&items::of_payment(tx, id).await?, payment.currency);
    Ok(PaymentWithAllocations { payment, allocations, open_items: items })
}
