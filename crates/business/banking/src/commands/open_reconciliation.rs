//! Opens a reconciliation.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::Money;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::held::hold_account;
use crate::model::bank_account::BankAccountId;
use crate::model::reconciliation::{Reconciliation, ReconciliationId, ReconciliationState};
use crate::queries::get_reconciliation::with_figures;
use crate::store::{reconciliations, statements};

/// Which balances are held against each other.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::NewReconciliation)]
pub(crate) struct NewReconciliation {
    /// The bank account.
    #[schema(value_type = String, format = Uuid)]
    account: BankAccountId,
    /// The day at whose end they are held against each other.
    as_of: NaiveDate,
    /// What the bank says; that of the statement which ends on the day where it is left out.
    statement_balance: Option<String>,
}

/// Open a reconciliation
///
/// Of an account and a day later than all that is signed off. Its figures are those of the moment until it is signed off.
#[utoipa::path(
    post,
    path = "/v1/banking/reconciliations",
    operation_id = "banking.open_reconciliation",
    tag = "banking",
    request_body(
        content = NewReconciliation,
        example = json!({"account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "asOf": "2024-05-31"})
    ),
    responses((status = 201, description = "The reconciliation", body = Reconciliation), CreateProblems)
)]
pub(crate) async fn open_reconciliation(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewReconciliation>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await?;
    let location = format!("/v1/banking/reconciliations/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewReconciliation,
) -> Result<Done<Reconciliation>, Error> {
    let account = hold_account(tx, input.account).await?;
    if let Some(until) = account.signed_off_until.filter(|until| input.as_of <= *until) {
        return Err(Error::DayNotLater(until));
    }
    let statement_balance = if let Some(text) = &input.statement_balance {
        let read = Money::parse_amount(text, account.currency);
        read.map_err(|error| Error::InvalidBalance(error.to_string()))?.amount()
    } else {
        let found = statements::closing_up_to(tx, account.id, input.as_of).await?;
        let of_day = found.filter(|(_, on)| *on == input.as_of);
        of_day.map(|(closing, _)| closing).ok_or(Error::BalanceRequired)?
    };

    let new = Reconciliation {
        id: ReconciliationId::new(tx.clock()),
        account: account.id,
        as_of: input.as_of,
        currency: account.currency,
        statement_balance,
        ledger_balance: None,
        difference: None,
        open_lines: None,
        state: ReconciliationState::Open,
        signed_at: None,
        signed_by: None,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
    };
    let entered = reconciliations::insert(tx, &new).await;
    entered.map_err(|error| match error.constraint() {
        Some("reconciliation_day") => Error::ReconciliationTaken,
        _ => error.into(),
    })?;

    let opened = reconciliations::find(tx, new.id).await?.ok_or(Error::ReconciliationNotFound)?;
    let opened = with_figures(tx, deps, &account, opened).await?;
    let event = AuditEvent::info("banking.open_reconciliation")
        .about("banking.reconciliation", opened.id)
        .with("account", account.id.to_string())
        .with("asOf", opened.as_of.to_string())
        .with("statementBalance", opened.statement_balance.to_string());
    Ok(Done::new(opened, event))
}
