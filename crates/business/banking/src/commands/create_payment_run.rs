//! Draws up a payment run.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantConnection, TenantTx, take_numbers};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::OpenItem;
use athyper_kernel_types::{Currency, Id, Text};
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::held::hold_account;
use crate::model::bank_account::BankAccountId;
use crate::model::money;
use crate::model::payment_run::{MOST_PAYMENTS, Payment, PaymentRun, PaymentRunId, PaymentRunState};
use crate::store::{payments, runs};
use athyper_kernel_bank_files::payments::fold;

/// What is to be paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::NewPaymentRun)]
pub(crate) struct NewPaymentRun {
    /// The bank account that pays.
    #[schema(value_type = String, format = Uuid)]
    account: BankAccountId,
    /// The day of execution, today or later.
    execution_on: NaiveDate,
    /// The payments.
    #[schema(min_items = 1, max_items = 1000)]
    payments: Vec<NewPayment>,
}

/// One payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::NewPayment)]
pub(crate) struct NewPayment {
    /// Who is paid.
    #[schema(value_type = String, min_length = 1, max_length = 70)]
    name: Text<1, 70>,
    /// Their IBAN.
    iban: String,
    /// The BIC of their bank.
    bic: Option<String>,
    /// How much, positive; what is open of the item where it is left out.
    amount: Option<String>,
    /// What it is for, in words.
    #[schema(value_type = Option<String>, max_length = 140)]
    remittance: Option<Text<1, 140>>,
    /// What it is for, as the creditor's reference (ISO 11649), in place of words.
    creditor_reference: Option<String>,
    /// Whose it is; that of the item where it is left out.
    party: Option<Uuid>,
    /// The open item that it pays.
    item: Option<Uuid>,
}

/// Draw up a payment run
///
/// All in the currency of the account. An item is not paid beyond what is open of it, with what other runs pay. Somebody else must approve
/// the run before its file can be made.
#[utoipa::path(
    post,
    path = "/v1/banking/payment-runs",
    operation_id = "banking.create_payment_run",
    tag = "banking",
    request_body(
        content = NewPaymentRun,
        example = json!({"account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "executionOn": "2026-06-03", "payments": [
            {"name": "Stadtwerke", "iban": "FR1420041010050500013M02606", "item": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073",
                "remittance": "Invoice 4711"}]})
    ),
    responses((status = 201, description = "The run", body = PaymentRun), CreateProblems)
)]
pub(crate) async fn create_payment_run(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewPaymentRun>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await?;
    let location = format!("/v1/banking/payment-runs/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewPaymentRun,
) -> Result<Done<PaymentRun>, Error> {
    let account = hold_account(tx, input.account).await?;
    if account.iban.is_none() {
        return Err(Error::IbanRequired);
    }
    check_frame(input, tx.now().date_naive())?;
    payments::take_turn(tx).await?;
    let found = payable(tx, deps, input.payments.iter().filter_map(|payment| payment.item)).await?;
    let mut read = read_all(&input.payments, account.currency, found)?;

    let today = tx.now().date_naive();
    let sequence = take_numbers(tx, "banking.payment_run", &deps.run_numbers, today, 1).await?;
    let number = deps.run_numbers.format(today, sequence);
    for payment in &mut read {
        payment.end_to_end = format!("{number}-{}", payment.line_no);
    }
    let run = PaymentRun {
        id: PaymentRunId::new(tx.clock()),
        number,
        account: account.id,
        execution_on: input.execution_on,
        currency: account.currency,
        total: read.iter().map(|payment| payment.amount).sum(),
        state: PaymentRunState::Draft,
        approved_at: None,
        approved_by: None,
        exported_at: None,
        exported_by: None,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
        payments: read,
    };
    runs::insert(tx, &run).await?;

    let event = AuditEvent::info("banking.create_payment_run")
        .about("banking.payment_run", run.id)
        .with("number", run.number.clone())
        .with("payments", run.payments.len())
        .with("total", run.total.to_string())
        .with("currency", run.currency.code());
    Ok(Done::new(run, event))
}

fn check_frame(input: &NewPaymentRun, today: NaiveDate) -> Result<(), Error> {
    let mut errors = Vec::new();
    if !(1..=MOST_PAYMENTS).contains(&input.payments.len()) {
        let message = format!("send 1 to {MOST_PAYMENTS} payments, these are {}", input.payments.len());
        errors.push(FieldError::new("/payments", "payment_count", message));
    }
    if input.execution_on < today || input.execution_on > today + chrono::Days::new(366) {
        let message = format!("the day of execution is from {today} on, within a year");
        errors.push(FieldError::new("/executionOn", "invalid_day", message));
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::InvalidPayments(errors)) }
}

/// These items, with what is open of them less what payments pay that are under way.
pub(crate) async fn payable(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    items: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, OpenItem>, Error> {
    let ids: BTreeSet<_> = items.map(Id::from_uuid).collect();
    let mut found = deps.ledger.items(tx, &ids).await?;
    let ids: Vec<Uuid> = found.iter().map(|item| item.id.uuid()).collect();
    let underway = payments::underway(tx, &ids).await?;
    for item in &mut found {
        item.open += underway.get(&item.id.uuid()).copied().unwrap_or_default();
    }
    Ok(found.into_iter().map(|item| (item.id.uuid(), item)).collect())
}

/// Reads all payments, or names all that is wrong with them.
fn read_all(
    input: &[NewPayment],
    currency: Currency,
    mut found: HashMap<Uuid, OpenItem>,
) -> Result<Vec<Payment>, Error> {
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for (line_no, payment) in (1..).zip(input) {
        let item = payment.item.map(|id| found.get_mut(&id).ok_or(id));
        match read_one(line_no, payment, currency, item) {
            Ok(payment) => read.push(payment),
            Err(faults) => errors.extend(faults.into_iter().map(|(field, (code, message))| {
                FieldError::new(format!("/payments/{}/{field}", line_no - 1), code, message)
            })),
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(Error::InvalidPayments(errors)) }
}

/// What is wrong with fields of a payment: codes and words.
type Faults = BTreeMap<&'static str, (&'static str, String)>;

fn read_one(
    line_no: i32,
    input: &NewPayment,
    currency: Currency,
    item: Option<Result<&mut OpenItem, Uuid>>,
) -> Result<Payment, Faults> {
    let mut faults = Faults::new();
    let iban =
        input.iban.parse().map_err(|error| faults.insert("iban", ("invalid_iban", format!("{error}")))).ok();
    let bic = input.bic.as_deref().map(str::parse).transpose();
    let bic = bic.map_err(|error| faults.insert("bic", ("invalid_bic", format!("{error}")))).ok().flatten();
    let reference = input.creditor_reference.as_deref().map(str::parse).transpose();
    let fault =
        |error: athyper_kernel_bank_files::payments::ReferenceError| ("invalid_reference", error.to_string());
    let reference =
        reference.map_err(|error| faults.insert("creditorReference", fault(error))).ok().flatten();
    if reference.is_some() && input.remittance.is_some() {
        faults.insert("remittance", ("not_both", "name either words or a reference".to_owned()));
    }
    if fold(input.name.as_str(), 70).chars().all(|c| !c.is_alphanumeric()) {
        faults.insert("name", ("no_letters", "no letter of it can be told to a bank".to_owned()));
    }
    let said = input.amount.as_deref().map(|text| money::read(text, currency)).transpose();
    let said = said.map_err(|message| faults.insert("amount", ("invalid_amount", message))).ok().flatten();
    let mut party = input.party;
    let mut amount = said;
    match item {
        None => {}
        Some(Err(_)) => {
            faults.insert("item", ("unknown_item", "there is no such open item".to_owned()));
        }
        Some(Ok(item)) => {
            party = party.or(Some(item.party));
            let owed = -item.open;
            amount = amount.or((owed > Decimal::ZERO).then_some(owed));
            if item.currency != currency {
                let message = format!("the item is in {}, and the account in {currency}", item.currency);
                faults.insert("item", ("other_currency", message));
            } else if party != Some(item.party) {
                faults.insert("party", ("other_party", "the item is that of another party".to_owned()));
            } else if owed <= Decimal::ZERO || amount.is_some_and(|amount| amount > owed) {
                let message = format!("{owed} is owed of the item, with what other payments pay of it");
                faults.insert("item", ("not_open", message));
            } else {
                // A second payment of the item has what the first leaves.
                item.open += amount.unwrap_or_default();
            }
        }
    }
    if !faults.contains_key("item") && amount.is_none_or(|amount| amount <= Decimal::ZERO) {
        faults
            .entry("amount")
            .or_insert(("required", "name an amount above zero, or an item that is owed".to_owned()));
    }
    let (Some(iban), Some(amount), true) = (iban, amount, faults.is_empty()) else { return Err(faults) };
    Ok(Payment {
        line_no,
        name: input.name.as_str().to_owned(),
        iban,
        bic,
        amount,
        end_to_end: String::new(),
        remittance: input.remittance.as_ref().map(|text| text.as_str().to_owned()),
        creditor_reference: reference,
        party,
        item: input.item,
        settled_by: None,
    })
}
