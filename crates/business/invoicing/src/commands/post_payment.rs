//! Posts a draft of a payment.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::entities::PAYMENT;
use crate::error::Error;
use crate::model::payment::{Payment, PaymentWithAllocations};
use crate::paying;
use crate::posting::PostingRights;
use crate::queries::get_payment;
use crate::store::payments;

/// Post a payment
///
/// It gets its number and is entered in the ledger: the money on the bank account, each item that it settles, what is kept for
/// paying early or written off, and its rest as an advance. The documents that it settles follow in the same transaction.
#[utoipa::path(
    post,
    path = "/v1/invoicing/payments/{id}/post",
    operation_id = "invoicing.post_payment",
    tag = "invoicing",
    params(
        ("id" = String, Path, description = "Id of the payment", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is posted")
    ),
    responses(
        (
            status = 200,
            description = "The posted payment",
            body = PaymentWithAllocations,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074", "direction": "in", "side": "receivable",
                "number": "RCPT-2025-000007", "entity": "MAIN", "date": "2025-03-10",
                "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"}, "currency": "EUR",
                "amount": "116.62", "rate": "1", "unallocated": "0.00", "state": "matched", "journal": "BNK-2025-000007",
                "postedAt": "2025-03-10T09:00:00Z", "postedBy": "ada", "createdAt": "2025-03-10T08:00:00Z", "createdBy": "ada",
                "version": 2, "allocations": [{"invoice": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "amount": "116.62",
                    "discount": "2.38", "writeOff": "0.00"}], "openItems": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn post_payment(
    State(deps): State<Deps>,
    PathId(id): PathId<Payment>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let rights = PostingRights { into_soft_closed: cmd.caller().may(POST_TO_SOFT_CLOSED) };
    let payment = payments::lock(&mut cmd.tx, id).await?.ok_or(Error::PaymentNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PAYMENT, id.uuid()), Error::PaymentNotFound).await?;
    cmd.check_version(payment.version)?;
    let done = execute(&mut cmd.tx, &deps, &payment, rights).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.payment.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    payment: &Payment,
    rights: PostingRights,
) -> Result<Done<PaymentWithAllocations>, Error> {
    paying::post(tx, deps, payment, rights).await?;

    let posted = get_payment::load(tx, payment.id).await?;
    let event = AuditEvent::info("invoicing.post_payment")
        .about(PAYMENT, payment.id)
        .with("number", posted.payment.number.clone())
        .with("journal", posted.payment.journal.clone())
        .with("amount", posted.payment.amount.to_string())
        .with("currency", posted.payment.currency.code())
        .with("documents", posted.allocations.len());
    Ok(Done::new(posted, event))
}
