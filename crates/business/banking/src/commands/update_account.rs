//! Changes a bank account.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{Name, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::create_account::check_csv;
use crate::entities::ACCOUNT;
use crate::error::Error;
use crate::model::bank_account::{BankAccount, BankAccountState};
use crate::store::accounts;
use athyper_kernel_bank_files::CsvMapping;
use athyper_kernel_bank_files::payments::{Bic, PainVersion};

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::AccountChange)]
pub(crate) struct AccountChange {
    /// What it is called in the house.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<Name>,
    /// Name of its owner.
    #[schema(value_type = Option<String>, max_length = 140)]
    holder: Option<Text<1, 140>>,
    /// The bank's BIC.
    #[schema(value_type = Option<String>)]
    bic: Option<Bic>,
    /// Code of the account of the ledger that is booked on from now on.
    #[schema(value_type = Option<String>, max_length = 255)]
    ledger_account: Option<Text<1, 255>>,
    /// How its CSV files are read.
    csv: Option<CsvMapping>,
    /// The form of payment files that its bank takes.
    payment_format: Option<PainVersion>,
    /// Whether it is in use.
    state: Option<BankAccountState>,
}

/// Change a bank account
///
/// Its number and its currency stay: another number is another account.
#[utoipa::path(
    patch,
    path = "/v1/banking/accounts/{id}",
    operation_id = "banking.update_account",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the account", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(
        content = AccountChange,
        example = json!({"csv": {"delimiter": ";", "decimalMark": ",", "dateFormat": "DD.MM.YYYY",
            "columns": {"bookedOn": "Buchungstag", "amount": "Betrag", "name": "Name", "purpose": ["Verwendungszweck"]}}})
    ),
    responses((status = 200, description = "The account as it is now", body = BankAccount), ChangeProblems)
)]
pub(crate) async fn update_account(
    State(deps): State<Deps>,
    PathId(id): PathId<BankAccount>,
    mut cmd: Command<Json<AccountChange>>,
) -> Result<Reply, ProblemResponse> {
    let account = accounts::lock(&mut cmd.tx, id).await?.ok_or(Error::AccountNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (ACCOUNT, id.uuid()), Error::AccountNotFound).await?;
    cmd.require_version(account.version)?;
    let done = execute(&mut cmd.tx, &deps, &account, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    before: &BankAccount,
    input: &AccountChange,
) -> Result<Done<BankAccount>, Error> {
    check_csv(input.csv.as_ref())?;
    let mut after = before.clone();
    if let Some(name) = &input.name {
        name.as_str().clone_into(&mut after.name);
    }
    if let Some(holder) = &input.holder {
        holder.as_str().clone_into(&mut after.holder);
    }
    if let Some(ledger_account) = &input.ledger_account {
        ledger_account.as_str().clone_into(&mut after.ledger_account);
        let entity = deps.ledger.entity(tx, Some(&before.entity)).await?;
        let today = tx.now().date_naive();
        deps.ledger.balance(tx, &entity, &after.ledger_account, before.currency, today).await?;
    }
    after.bic = input.bic.as_ref().map(|bic| bic.as_str().to_owned()).or(after.bic);
    after.csv = input.csv.clone().or(after.csv);
    after.payment_format = input.payment_format.unwrap_or(after.payment_format);
    after.state = input.state.unwrap_or(after.state);

    accounts::update(tx, &after).await?;

    after.version += 1;
    let event = AuditEvent::info("banking.update_account")
        .about("banking.account", after.id)
        .with("changes", changes(before, &after));
    Ok(Done::new(after, event))
}
