//! Signs a reconciliation off: what it rests on changes no more.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::RECONCILIATION;
use crate::error::Error;
use crate::model::bank_account::BankAccount;
use crate::model::reconciliation::{Reconciliation, ReconciliationState};
use crate::queries::get_reconciliation::with_figures;
use crate::store::{accounts, reconciliations};

/// Sign a reconciliation off
///
/// The balances must be equal, and every line up to the day posted or ignored. From then on no such line changes, and no file adds one.
#[utoipa::path(
    post,
    path = "/v1/banking/reconciliations/{id}/sign-off",
    operation_id = "banking.sign_reconciliation",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the reconciliation", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is signed off")
    ),
    responses(
        (
            status = 200,
            description = "The reconciliation",
            body = Reconciliation,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "asOf": "2024-05-31", "currency": "EUR", "statementBalance": "2210.00", "ledgerBalance": "2210.00", "difference": "0.00",
                "state": "signed_off", "signedAt": "2024-06-03T09:00:00Z", "signedBy": "ada", "createdAt": "2024-06-03T08:00:00Z",
                "createdBy": "ada", "version": 2})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn sign_reconciliation(
    State(deps): State<Deps>,
    PathId(id): PathId<Reconciliation>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    // The account first, as everybody does who changes its lines.
    let found = reconciliations::find(&mut cmd.tx, id).await?.ok_or(Error::ReconciliationNotFound)?;
    let account = accounts::lock(&mut cmd.tx, found.account).await?.ok_or(Error::AccountNotFound)?;
    let open = reconciliations::lock(&mut cmd.tx, id).await?.ok_or(Error::ReconciliationNotFound)?;
    let caller = cmd.caller().clone();
    let missing = Error::ReconciliationNotFound;
    deps.records.check_on(&mut cmd.tx, &caller, (RECONCILIATION, id.uuid()), missing).await?;
    cmd.check_version(open.version)?;
    let done = execute(&mut cmd.tx, &deps, &account, open).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    account: &BankAccount,
    open: Reconciliation,
) -> Result<Done<Reconciliation>, Error> {
    if open.state != ReconciliationState::Open {
        return Err(Error::ReconciliationSignedOff);
    }
    if let Some(until) = account.signed_off_until.filter(|until| open.as_of <= *until) {
        return Err(Error::DayNotLater(until));
    }
    let open = with_figures(tx, deps, account, open).await?;
    let difference = open.difference.unwrap_or_default();
    let count = open.open_lines.map_or(0, |lines| lines.count);
    if !difference.is_zero() || count > 0 {
        return Err(Error::NotReconciled { difference, open: count });
    }

    reconciliations::sign(tx, open.id, open.ledger_balance.unwrap_or_default()).await?;
    accounts::sign_off(tx, account.id, open.as_of).await?;

    let signed = reconciliations::find(tx, open.id).await?.ok_or(Error::ReconciliationNotFound)?;
    let event = AuditEvent::info("banking.sign_reconciliation")
        .about("banking.reconciliation", signed.id)
        .with("account", account.id.to_string())
        .with("asOf", signed.as_of.to_string())
        .with("balance", signed.statement_balance.to_string());
    Ok(Done::new(signed, event))
}
