//! Takes a posted payment back, because the money did not come or went back.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::drafting::invalid;
use crate::entities::PAYMENT;
use crate::error::Error;
use crate::model::payment::{Payment, PaymentWithAllocations};
use crate::paying;
use crate::posting::PostingRights;
use crate::queries::get_payment;
use crate::store::payments;
use athyper_kernel_ledger::Day;
use athyper_kernel_ledger::tenant_defaults;

/// When and why a payment bounced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = invoicing::BouncePayment)]
pub(crate) struct BouncePayment {
    /// The day, not before the payment; today, where the tenant keeps its books, if it is left out.
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Day>,
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// Have a payment bounce
///
/// Its journal is reversed, what it settled is open again, and its advance is gone. Where that settles something already, it is
/// refused.
#[utoipa::path(
    post,
    path = "/v1/invoicing/payments/{id}/bounce",
    operation_id = "invoicing.bounce_payment",
    tag = "invoicing",
    params(
        ("id" = String, Path, description = "Id of the payment", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that bounces")
    ),
    request_body(content = BouncePayment, example = json!({"date": "2025-03-14", "reason": "Account closed"})),
    responses((status = 200, description = "The payment as it is now", body = PaymentWithAllocations), ChangeProblems)
)]
pub(crate) async fn bounce_payment(
    State(deps): State<Deps>,
    PathId(id): PathId<Payment>,
    mut cmd: Command<Json<BouncePayment>>,
) -> Result<Reply, ProblemResponse> {
    let rights = PostingRights { into_soft_closed: cmd.caller().may(POST_TO_SOFT_CLOSED) };
    let payment = payments::lock(&mut cmd.tx, id).await?.ok_or(Error::PaymentNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PAYMENT, id.uuid()), Error::PaymentNotFound).await?;
    cmd.check_version(payment.version)?;
    let done = execute(&mut cmd.tx, &deps, &payment, &cmd.body.0, rights).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.payment.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    payment: &Payment,
    input: &BouncePayment,
    rights: PostingRights,
) -> Result<Done<PaymentWithAllocations>, Error> {
    let today = tenant_defaults::today(tx.context(), &deps.clock);
    let date = input.date.map_or_else(|| today.max(payment.date), Day::date);
    if date < payment.date {
        return Err(invalid("/date", "before_payment", "a payment does not bounce before its day"));
    }

    paying::bounce(tx, deps, payment, (date, Some(input.reason.as_str())), rights).await?;

    let bounced = get_payment::load(tx, payment.id).await?;
    let event = AuditEvent::info("invoicing.bounce_payment")
        .about(PAYMENT, payment.id)
        .with("number", payment.number.clone())
        .with("date", date.to_string())
        .with("reason", input.reason.as_str());
    Ok(Done::new(bounced, event))
}
