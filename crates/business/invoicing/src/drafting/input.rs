//! What a caller sends of a document, and what is wrong with its form.

use std::collections::BTreeMap;

use athyper_kernel_error::FieldError;
use athyper_kernel_types::{Currency, Text};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::model::invoice::{InvoiceId, Kind, LINES, Line, MOST_CODES};
use crate::model::number::Number;
use crate::model::pricing::line_amount;
use crate::model::tax::RoundingPlace;
use crate::model::text::{Code, Memo, Reference};
use athyper_kernel_ledger::Day;

/// Most dimensions, and most facts, of a line.
const MOST_PAIRS: usize = 20;

/// What a draft says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = invoicing::DraftInvoice)]
pub(crate) struct DraftInvoice {
    /// What it is.
    pub(crate) kind: Kind,
    /// Code of the legal entity; may be left out where there is one.
    #[schema(value_type = Option<String>, max_length = 255)]
    pub(crate) entity: Option<Code>,
    /// Its day.
    #[schema(value_type = String, format = Date)]
    pub(crate) date: Day,
    /// Who it is with.
    pub(crate) party: DraftParty,
    /// The number that the supplier gave it: each once for a supplier.
    #[schema(value_type = Option<String>, max_length = 100)]
    pub(crate) supplier_number: Option<Reference>,
    /// The posted invoice that a note corrects.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) corrects: Option<InvoiceId>,
    /// Whether a note settles what it corrects when it is posted, as far as that is open.
    #[serde(default)]
    pub(crate) offsets: bool,
    /// Currency; that of the party, or else of the tenant, where it is left out.
    pub(crate) currency: Option<Currency>,
    /// Units of base currency for one of the currency; that of the day in the ledger where it is left out.
    #[schema(value_type = Option<String>, example = "0.9573")]
    pub(crate) rate: Option<Number<12>>,
    /// Code of the terms of payment; those of the party where it is left out, else all is due on its day.
    #[schema(value_type = Option<String>)]
    pub(crate) terms: Option<Code>,
    /// Where its taxes are rounded.
    #[serde(default)]
    pub(crate) rounding: RoundingPlace,
    /// A note.
    #[schema(value_type = Option<String>, max_length = 1000)]
    pub(crate) memo: Option<Memo>,
    /// Its lines.
    #[schema(min_items = 1, max_items = 1000)]
    pub(crate) lines: Vec<DraftLine>,
}

/// Who a draft is with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = invoicing::DraftParty)]
pub(crate) struct DraftParty {
    /// Id; need not be one of the parties kept here.
    pub(crate) id: Uuid,
    /// Name; that of the party kept here where it is left out.
    #[schema(value_type = Option<String>, max_length = 255)]
    pub(crate) name: Option<Code>,
}

/// What a line of a draft says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = invoicing::DraftLine)]
pub(crate) struct DraftLine {
    /// Code of the account; where it is left out, the rules of the ledger choose one for the role.
    #[schema(value_type = Option<String>)]
    account: Option<Code>,
    /// The part that the account plays; `revenue` or `expense` where it is left out.
    #[schema(value_type = Option<String>)]
    role: Option<Code>,
    /// What the rules for the account may look at, by name.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    facts: BTreeMap<String, Code>,
    /// What was delivered.
    #[schema(value_type = Option<String>, max_length = 1000)]
    text: Option<Memo>,
    /// How much of it, with at most 6 decimals; negative for what is taken back.
    #[schema(value_type = String, example = "3")]
    quantity: Number<6>,
    /// Price of one, with at most 6 decimals.
    #[schema(value_type = String, example = "65.53")]
    unit_price: Number<6>,
    /// Percent taken off, 0 to 100.
    #[schema(value_type = Option<String>, example = "12.5")]
    discount_percent: Option<Number<6>>,
    /// Its tax codes or groups of them; that of the party where they are left out.
    #[schema(value_type = Option<Vec<String>>)]
    tax_codes: Option<Vec<Code>>,
    /// What it is about beside its account: value by key of the dimension.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    dimensions: BTreeMap<String, Code>,
}

/// What is wrong with the form of a draft beside its lines.
pub(super) fn check_heading(input: &DraftInvoice) -> Result<(), Error> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: &str, code: &str, message: &str| {
        errors.push(FieldError::new(pointer, code, message));
    };
    if input.kind.corrects().is_none() && (input.corrects.is_some() || input.offsets) {
        wrong("/corrects", "not_a_note", "only a note corrects an invoice");
    }
    if input.offsets && input.corrects.is_none() {
        wrong("/corrects", "required", "a note that settles an invoice names it");
    }
    if input.supplier_number.is_some() && input.kind != Kind::Purchase && input.kind != Kind::DebitNote {
        wrong("/supplierNumber", "not_a_purchase", "a sale has no number of a supplier");
    }
    if input.rate.is_some_and(|rate| rate.decimal() <= Decimal::ZERO) {
        wrong("/rate", "not_positive", "a rate is above zero");
    }
    if !LINES.contains(&input.lines.len()) {
        let message =
            format!("send {} to {} lines, these are {}", LINES.start(), LINES.end(), input.lines.len());
        wrong("/lines", "line_count", &message);
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// The lines of a draft, or all that is wrong with them.
pub(super) fn read_lines(
    lines: &[DraftLine],
    currency: Currency,
    default_code: Option<&str>,
) -> Result<Vec<Line>, Error> {
    let mut read = Vec::with_capacity(lines.len());
    let mut errors = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let before = errors.len();
        let mut wrong = |field: &str, code: &str, message: &str| {
            errors.push(FieldError::new(format!("/lines/{at}/{field}"), code, message));
        };
        let discount = line.discount_percent.map_or(Decimal::ZERO, Number::decimal);
        if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&discount) {
            wrong("discountPercent", "out_of_range", "a discount is 0 to 100 percent");
        }
        if line.account.is_some() && (line.role.is_some() || !line.facts.is_empty()) {
            wrong("account", "and_role", "name either an account, or a role and what its rules look at");
        }
        let tax_codes: Vec<String> = match &line.tax_codes {
            Some(codes) => codes.iter().map(|code| code.as_str().to_owned()).collect(),
            None => default_code.map(str::to_owned).into_iter().collect(),
        };
        if tax_codes.len() > MOST_CODES {
            wrong("taxCodes", "too_many", "a line has at most 10 tax codes");
        }
        for (field, pairs) in [("dimensions", &line.dimensions), ("facts", &line.facts)] {
            let is_key = |key: &String| Text::<1, 60>::parse(key).is_ok_and(|text| text.as_str() == key);
            if pairs.len() > MOST_PAIRS || !pairs.keys().all(is_key) {
                wrong(field, "invalid", "there are at most 20, and their keys have 1 to 60 characters");
            }
        }
        let (quantity, unit_price) = (line.quantity.decimal(), line.unit_price.decimal());
        let Ok(amount) = line_amount(quantity, unit_price, discount, currency) else {
            wrong("unitPrice", "out_of_range", "quantity times price is too large");
            continue;
        };
        if errors.len() > before {
            continue;
        }
        read.push(Line {
            account: line.account.as_ref().map(|code| code.as_str().to_owned()),
            role: line.role.as_ref().map(|code| code.as_str().to_owned()),
            facts: texts(&line.facts),
            text: line.text.as_ref().and_then(Text::to_option),
            quantity,
            unit_price,
            discount_percent: discount,
            amount: amount.amount(),
            tax_codes,
            dimensions: texts(&line.dimensions),
        });
    }
    if errors.is_empty() { Ok(read) } else { Err(Error::Invalid(errors)) }
}

fn texts(pairs: &BTreeMap<String, Code>) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| (key.clone(), value.as_str().to_owned())).collect()
}
