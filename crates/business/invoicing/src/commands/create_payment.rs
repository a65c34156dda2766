//! Writes down a draft of a payment.

use std::collections::BTreeSet;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Currency, Id, Money, Text};
use axum::extract::State;
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::drafting::{DraftParty, currency_of, entity_code, invalid};
use crate::entities::PAYMENT;
use crate::error::Error;
use crate::model::invoice::{InvoiceId, PartyName, Side};
use crate::model::number::Number;
use crate::model::payment::{
    Direction, MOST_ALLOCATIONS, PaymentAllocation, PaymentId, PaymentWithAllocations,
};
use crate::model::text::{Code, Memo, Reference};
use crate::queries::get_payment;
use crate::store::payments::{self, Draft};
use crate::store::{invoices, reference};
use athyper_kernel_ledger::Day;

/// What a draft of a payment says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = invoicing::DraftPayment)]
pub(crate) struct DraftPayment {
    /// Where the money went.
    direction: Direction,
    /// The control account of what it does not settle yet: what comes in is a customer's, what goes out a supplier's, where it is
    /// left out.
    side: Option<Side>,
    /// Code of the legal entity; may be left out where there is one.
    #[schema(value_type = Option<String>, max_length = 255)]
    entity: Option<Code>,
    /// Its day.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// Who paid, or was paid.
    party: DraftParty,
    /// Code of the bank account in the ledger; where it is left out, its rules choose one for the role `bank` and the currency.
    #[schema(value_type = Option<String>)]
    bank_account: Option<Code>,
    /// Currency; that of the party, or else of the tenant, where it is left out.
    currency: Option<Currency>,
    /// How much, above zero.
    #[schema(example = "119.00")]
    amount: String,
    /// Units of base currency for one of the currency; that of the day in the ledger where it is left out.
    #[schema(value_type = Option<String>, example = "0.9573")]
    rate: Option<Number<12>>,
    /// What the bank or the party calls it.
    #[schema(value_type = Option<String>, max_length = 100)]
    reference: Option<Reference>,
    /// A note.
    #[schema(value_type = Option<String>, max_length = 1000)]
    memo: Option<Memo>,
    /// What it settles; the rest stays as an advance.
    #[serde(default)]
    #[schema(max_items = 500)]
    allocations: Vec<DraftAllocation>,
}

/// What a payment settles of a document: what falls due first before what falls due later.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = invoicing::DraftAllocation)]
pub(crate) struct DraftAllocation {
    /// The posted document, each once.
    #[schema(value_type = String, format = Uuid)]
    invoice: InvoiceId,
    /// How much money for it.
    #[schema(example = "116.62")]
    amount: String,
    /// How much beside that is kept for paying early.
    #[schema(example = "2.38")]
    discount: Option<String>,
    /// How much beside that is written off, within the limit of the currency.
    write_off: Option<String>,
}

/// Write a draft of a payment
///
/// It counts nowhere and changes freely until it is posted.
#[utoipa::path(
    post,
    path = "/v1/invoicing/payments",
    operation_id = "invoicing.create_payment",
    tag = "invoicing",
    request_body(
        content = DraftPayment,
        example = json!({"direction": "in", "date": "2025-03-10", "currency": "EUR", "amount": "116.62",
            "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"}, "bankAccount": "1000",
            "allocations": [{"invoice": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "amount": "116.62", "discount": "2.38"}]})
    ),
    responses((status = 201, description = "The draft", body = PaymentWithAllocations), CreateProblems)
)]
pub(crate) async fn create_payment(
    State(deps): State<Deps>,
    mut cmd: Command<Json<DraftPayment>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await?;
    let payment = &done.output.payment;
    let location = format!("/v1/invoicing/payments/{}", payment.id);
    let reply = Reply::created(location, &done.output)?.version(payment.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &DraftPayment,
) -> Result<Done<PaymentWithAllocations>, Error> {
    let id = Id::new(tx.clock());
    let draft = read(tx, deps, id, input).await?;

    payments::insert(tx, &draft).await?;

    let written = get_payment::load(tx, id).await?;
    let event = AuditEvent::info("invoicing.create_payment")
        .about(PAYMENT, id)
        .with("direction", written.payment.direction.as_str())
        .with("date", written.payment.date.to_string())
        .with("amount", written.payment.amount.to_string())
        .with("currency", written.payment.currency.code());
    Ok(Done::new(written, event))
}

/// Reads what a draft says, and looks for what it settles. How much of that is open is asked when it is posted.
///
/// # Errors
/// All that is wrong with its fields, or the first thing that is wrong with what it names.
pub(crate) async fn read(
    tx: &mut TenantTx,
    deps: &Deps,
    id: PaymentId,
    input: &DraftPayment,
) -> Result<Draft, Error> {
    let entity = entity_code(tx, deps, input.entity.as_ref()).await?;
    let known = reference::party(tx, input.party.id).await?;
    let known_name = known.as_ref().map(|party| party.name.clone());
    let name = input.party.name.as_ref().map(|name| name.as_str().to_owned()).or(known_name);
    let name =
        name.ok_or_else(|| invalid("/party/name", "required", "no party of this id is kept here: name it"))?;
    let currency = currency_of(tx, input.currency, known.and_then(|party| party.currency).as_deref())?;
    if input.rate.is_some_and(|rate| rate.decimal() <= Decimal::ZERO) {
        return Err(invalid("/rate", "not_positive", "a rate is above zero"));
    }
    let mut errors = Vec::new();
    let amount = amount(&mut errors, "/amount", &input.amount, currency, true);
    let allocations = read_allocations(&mut errors, &input.allocations, currency);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    for (at, part) in allocations.iter().enumerate() {
        if invoices::find(tx, part.invoice).await?.is_none() {
            let pointer = format!("/allocations/{at}/invoice");
            return Err(invalid(&pointer, "unknown", "there is no such document"));
        }
    }
    Ok(Draft {
        id,
        direction: input.direction,
        side: input.side.unwrap_or_else(|| input.direction.side()),
        entity,
        date: input.date.date(),
        party: PartyName { id: input.party.id, name },
        bank_account: input.bank_account.as_ref().map(|code| code.as_str().to_owned()),
        currency,
        amount,
        rate: input.rate.map(Number::decimal),
        reference: input.reference.as_ref().and_then(Text::to_option),
        memo: input.memo.as_ref().and_then(Text::to_option),
        allocations,
    })
}

fn read_allocations(
    errors: &mut Vec<FieldError>,
    parts: &[DraftAllocation],
    currency: Currency,
) -> Vec<PaymentAllocation> {
    if parts.len() > MOST_ALLOCATIONS {
        let message = format!("a payment settles at most {MOST_ALLOCATIONS} documents");
        errors.push(FieldError::new("/allocations", "too_many", message));
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut read = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        if !seen.insert(part.invoice) {
            let pointer = format!("/allocations/{at}/invoice");
            errors.push(FieldError::new(pointer, "twice", "name each document once"));
        }
        let mut optional = |field: &str, text: Option<&String>| {
            let pointer = format!("/allocations/{at}/{field}");
            text.map_or(Decimal::ZERO, |text| amount(errors, &pointer, text, currency, false))
        };
        let (discount, write_off) =
            (optional("discount", part.discount.as_ref()), optional("writeOff", part.write_off.as_ref()));
        let amount = amount(errors, &format!("/allocations/{at}/amount"), &part.amount, currency, true);
        read.push(PaymentAllocation { invoice: part.invoice, amount, discount, write_off });
    }
    read
}

/// An amount that is not below zero; zero where it is wrong, which is then among the errors.
pub(crate) fn amount(
    errors: &mut Vec<FieldError>,
    pointer: &str,
    text: &str,
    currency: Currency,
    must_be_positive: bool,
) -> Decimal {
    const MOST: Decimal = Decimal::from_parts(0xA4C6_8000, 0x0003_8D7E, 0, false, 0);
    match Money::parse_amount(text, currency) {
        Err(error) => errors.push(FieldError::new(pointer, "invalid", error.to_string())),
        Ok(money) if money.amount() >= MOST => {
            errors.push(FieldError::new(
                pointer,
                "too_large",
                "an amount has at most 15 digits before the point",
            ));
        }
        Ok(money) if money.amount().is_sign_negative() || (must_be_positive && money.is_zero()) => {
            errors.push(FieldError::new(pointer, "not_positive", "the amount must be above zero"));
        }
        Ok(money) => return money.amount(),
    }
    Decimal::ZERO
}
