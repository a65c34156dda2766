//! Reads one reconciliation; while it is open, with the figures of the moment.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::RECONCILIATION;
use crate::error::Error;
use crate::model::bank_account::BankAccount;
use crate::model::money;
use crate::model::reconciliation::{OpenLines, Reconciliation, ReconciliationState};
use crate::store::{accounts, lines, reconciliations};

/// Get a reconciliation
///
/// While it is open, with what the ledger says now, the difference, and what lines are not in the ledger.
#[utoipa::path(
    get,
    path = "/v1/banking/reconciliations/{id}",
    operation_id = "banking.get_reconciliation",
    tag = "banking",
    params(("id" = String, Path, description = "Id of the reconciliation", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The reconciliation",
            body = Reconciliation,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "asOf": "2024-05-31", "currency": "EUR", "statementBalance": "2210.00", "ledgerBalance": "2090.00", "difference": "120.00",
                "openLines": {"count": 2, "sum": "120.00"}, "state": "open", "createdAt": "2024-06-03T08:00:00Z", "createdBy": "ada",
                "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_reconciliation(
    State(deps): State<Deps>,
    PathId(id): PathId<Reconciliation>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    let missing = Error::ReconciliationNotFound;
    deps.records.check_on(&mut read.tx, &caller, (RECONCILIATION, id.uuid()), missing).await?;
    let found = reconciliations::find(&mut read.tx, id).await?.ok_or(Error::ReconciliationNotFound)?;
    let account = accounts::find(&mut read.tx, found.account).await?.ok_or(Error::AccountNotFound)?;
    let shown = with_figures(&mut read.tx, &deps, &account, found).await?;
    // Its figures change without it: an open one is never "not modified".
    Ok(Reply::ok(&shown)?.version(shown.version))
}

/// The reconciliation with the figures of the moment, if it is open.
pub(crate) async fn with_figures(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    account: &BankAccount,
    mut found: Reconciliation,
) -> Result<Reconciliation, Error> {
    if found.state == ReconciliationState::SignedOff {
        return Ok(found);
    }
    let entity = deps.ledger.entity(tx, Some(&account.entity)).await?;
    let balance =
        deps.ledger.balance(tx, &entity, &account.ledger_account, account.currency, found.as_of).await?;
    let balance = money::stored(balance, account.currency);
    let (count, sum) = lines::open_up_to(tx, account.id, found.as_of).await?;
    found.ledger_balance = Some(balance);
    found.difference = Some(found.statement_balance - balance);
    found.open_lines = Some(OpenLines { count, sum: money::stored(sum, account.currency) });
    Ok(found)
}
