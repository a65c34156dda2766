//! Approves a payment run, by a second person.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Deps;
use crate::commands::create_payment_run::payable;
use crate::entities::PAYMENT_RUN;
use crate::error::Error;
use crate::model::payment_run::{PaymentRun, PaymentRunState};
use crate::store::{payments, runs};

/// Approve a payment run
///
/// By somebody else than who drew it up. What it pays must still be owed. The version that was read must be named: it is that one which is
/// approved.
#[utoipa::path(
    post,
    path = "/v1/banking/payment-runs/{id}/approve",
    operation_id = "banking.approve_payment_run",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the run", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is approved")
    ),
    responses(
        (
            status = 200,
            description = "The run",
            body = PaymentRun,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "number": "PAY-2024-000001",
                "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "executionOn": "2024-06-03", "currency": "EUR", "total": "1190.00",
                "state": "approved", "approvedAt": "2024-06-01T09:00:00Z", "approvedBy": "bob", "createdAt": "2024-06-01T08:00:00Z",
                "createdBy": "ada", "version": 2, "payments": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn approve_payment_run(
    State(deps): State<Deps>,
    PathId(id): PathId<PaymentRun>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    payments::take_turn(&mut cmd.tx).await?;
    let run = runs::lock(&mut cmd.tx, id).await?.ok_or(Error::RunNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (PAYMENT_RUN, id.uuid()), Error::RunNotFound).await?;
    cmd.require_version(run.version)?;
    let done = execute(&mut cmd.tx, &deps, run).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    mut run: PaymentRun,
) -> Result<Done<PaymentRun>, Error> {
    if run.state != PaymentRunState::Draft {
        return Err(Error::RunState(run.state));
    }
    let actor = tx.context().actor().id.clone();
    if run.created_by == actor {
        return Err(Error::OwnRun);
    }
    check_owed(tx, deps, &run).await?;

    run.state = PaymentRunState::Approved;
    run.approved_at = Some(tx.now());
    run.approved_by = Some(actor);
    runs::update(tx, &run).await?;

    run.version += 1;
    let event = AuditEvent::info("banking.approve_payment_run")
        .about("banking.payment_run", run.id)
        .with("number", run.number.clone())
        .with("total", run.total.to_string())
        .with("createdBy", run.created_by.clone());
    Ok(Done::new(run, event))
}

/// Refuses a run that pays what is no longer owed.
async fn check_owed(tx: &mut TenantTx, deps: &Deps, run: &PaymentRun) -> Result<(), Error> {
    let found = payable(tx, deps, run.payments.iter().filter_map(|payment| payment.item)).await?;
    // What this run pays itself is among what is under way.
    let is_owed = |item: &Uuid| found.get(item).is_some_and(|found| found.open <= Decimal::ZERO);
    let errors: Vec<FieldError> = run
        .payments
        .iter()
        .enumerate()
        .filter(|(_, payment)| payment.item.is_some_and(|item| !is_owed(&item)))
        .map(|(place, _)| {
            let message = "less is owed of the item than is to be paid: cancel the run and draw it up anew";
            FieldError::new(format!("/payments/{place}/item"), "not_open", message)
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::InvalidPayments(errors)) }
}
