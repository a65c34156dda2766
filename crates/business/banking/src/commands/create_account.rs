//! Enters a bank account.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Currency, Name, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::bank_account::{BankAccount, BankAccountId, BankAccountState, letters};
use crate::store::accounts;
use athyper_kernel_bank_files::CsvMapping;
use athyper_kernel_bank_files::payments::{Bic, Iban, PainVersion};

/// What an account is entered with. Either `iban` or `number` is there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::NewAccount)]
pub(crate) struct NewAccount {
    /// What it is called in the house.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Name,
    /// Name of its owner, as it stands in orders to pay.
    #[schema(value_type = String, min_length = 1, max_length = 140)]
    holder: Text<1, 140>,
    /// IBAN.
    #[schema(value_type = Option<String>)]
    iban: Option<Iban>,
    /// Its number, where it has no IBAN.
    #[schema(value_type = Option<String>, max_length = 40)]
    number: Option<Text<1, 40>>,
    /// The bank's BIC.
    #[schema(value_type = Option<String>)]
    bic: Option<Bic>,
    /// Currency.
    currency: Currency,
    /// Code of the legal entity; the tenant's only one where it is left out.
    #[schema(value_type = Option<String>, max_length = 64)]
    entity: Option<Text<1, 64>>,
    /// Code of the account of the ledger that it is booked on.
    #[schema(value_type = String, max_length = 255)]
    ledger_account: Text<1, 255>,
    /// How its CSV files are read.
    csv: Option<CsvMapping>,
    /// The form of payment files that its bank takes.
    #[serde(default)]
    payment_format: PainVersion,
}

/// Enter a bank account
///
/// With the account of the ledger that it is booked on, and, where its bank sends CSV files, how these are read.
#[utoipa::path(
    post,
    path = "/v1/banking/accounts",
    operation_id = "banking.create_account",
    tag = "banking",
    request_body(
        content = NewAccount,
        example = json!({"name": "Main account", "holder": "Demo GmbH", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX",
            "currency": "EUR", "ledgerAccount": "1200"})
    ),
    responses((status = 201, description = "The account", body = BankAccount), CreateProblems)
)]
pub(crate) async fn create_account(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewAccount>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await?;
    let location = format!("/v1/banking/accounts/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewAccount,
) -> Result<Done<BankAccount>, Error> {
    let number = input.number.as_ref().map(|number| number.as_str().to_owned());
    let is_one = input.iban.is_some() != number.is_some();
    if !is_one || number.as_deref().is_some_and(|number| letters(number).is_empty()) {
        let message = "name either the IBAN or a number of letters and digits";
        return Err(Error::InvalidAccount(vec![FieldError::new("/iban", "one_number", message)]));
    }
    check_csv(input.csv.as_ref())?;
    let entity = deps.ledger.entity(tx, input.entity.as_ref().map(Text::as_str)).await?;
    // An account that is not there is refused by the ledger itself.
    let ledger_account = input.ledger_account.as_str().to_owned();
    let today = tx.now().date_naive();
    deps.ledger.balance(tx, &entity, &ledger_account, input.currency, today).await?;

    let account = BankAccount {
        id: BankAccountId::new(tx.clock()),
        name: input.name.as_str().to_owned(),
        holder: input.holder.as_str().to_owned(),
        iban: input.iban.as_ref().map(|iban| iban.as_str().to_owned()),
        number,
        bic: input.bic.as_ref().map(|bic| bic.as_str().to_owned()),
        currency: input.currency,
        entity: entity.code,
        ledger_account,
        csv: input.csv.clone(),
        payment_format: input.payment_format,
        signed_off_until: None,
        state: BankAccountState::Active,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
    };
    let entered = accounts::insert(tx, &account).await;
    entered.map_err(|error| match error.constraint() {
        Some("bank_account_identifier") => Error::AccountTaken,
        _ => error.into(),
    })?;

    let event = AuditEvent::info("banking.create_account")
        .about("banking.account", account.id)
        .with("name", account.name.clone())
        .with("currency", account.currency.code())
        .with("ledgerAccount", account.ledger_account.clone());
    Ok(Done::new(account, event))
}

/// Refuses a mapping of CSV files that cannot be used.
pub(crate) fn check_csv(csv: Option<&CsvMapping>) -> Result<(), Error> {
    let Some(Err((pointer, message))) = csv.map(CsvMapping::check) else { return Ok(()) };
    Err(Error::InvalidAccount(vec![FieldError::new(format!("/csv{pointer}"), "invalid", message)]))
}
