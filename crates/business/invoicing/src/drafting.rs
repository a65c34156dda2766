//! What a draft of a document says: read, held against reference data, and priced. Writing, changing, trying out and posting all
//! go through here.

use std::collections::BTreeMap;

use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_types::{BusinessCalendar, Currency, Text};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::day::Day;
use crate::model::invoice::{
    Invoice, InvoiceId, ItemLine, Kind, LINES, Line, MOST_CODES, PartyName, TaxLine,
};
use crate::model::number::Number;
use crate::model::pricing::{Priced, line_amount, price};
use crate::model::tax::{RoundingPlace, TaxTotal};
use crate::model::terms::Terms;
use crate::model::text::{Code, Memo, Reference};
use crate::store::invoices::{self, Draft};
use crate::store::reference;
use crate::tenant_defaults;

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

/// A draft that was read and priced.
#[derive(Debug)]
pub(crate) struct Drafted {
    /// What it says beside its lines.
    pub(crate) draft: Draft,
    /// Its lines.
    pub(crate) lines: Vec<Line>,
    /// What it comes to.
    pub(crate) priced: Priced,
}

/// Reads what a draft says, fills in what it leaves out, and prices it.
///
/// # Errors
/// All that is wrong with its fields, or the first thing that is wrong with what it names.
pub(crate) async fn read(
    tx: &mut TenantTx,
    deps: &Deps,
    id: InvoiceId,
    input: &DraftInvoice,
) -> Result<Drafted, Error> {
    check_heading(input)?;
    let entity = entity_code(tx, deps, input.entity.as_ref()).await?;
    let known = reference::party(tx, input.party.id).await?;
    let known_name = known.as_ref().map(|party| party.name.clone());
    let name = input.party.name.as_ref().map(|name| name.as_str().to_owned()).or(known_name);
    let name =
        name.ok_or_else(|| invalid("/party/name", "required", "no party of this id is kept here: name it"))?;
    let known = known.unwrap_or_default();
    let currency = currency_of(tx, input.currency, known.currency.as_deref())?;
    let lines = read_lines(&input.lines, currency, known.tax_code.as_deref())?;
    let terms = input.terms.as_ref().map(|code| code.as_str().to_owned()).or(known.terms);
    let draft = Draft {
        id,
        kind: input.kind,
        entity,
        date: input.date.date(),
        party: PartyName { id: input.party.id, name },
        supplier_number: input.supplier_number.as_ref().and_then(Text::to_option),
        corrects: input.corrects,
        offsets: input.offsets,
        currency,
        rate: input.rate.map(Number::decimal),
        terms,
        rounding: input.rounding,
        memo: input.memo.as_ref().and_then(Text::to_option),
        net: Decimal::ZERO,
        gross: Decimal::ZERO,
        due_on: None,
        discount: None,
    };
    finish(tx, draft, lines).await
}

/// Prices a draft by the reference data as it is now.
///
/// # Errors
/// As [`read`].
pub(crate) async fn finish(tx: &mut TenantTx, draft: Draft, lines: Vec<Line>) -> Result<Drafted, Error> {
    let calendar = tenant_defaults::calendar(tx.context());
    if let Some(id) = draft.corrects {
        let corrected = invoices::find(tx, id).await?;
        check_corrected(&draft, corrected.as_ref())?;
    }
    let priced = price_lines(tx, &draft, &lines, calendar.as_ref()).await?;
    let draft = Draft {
        net: priced.taxed.net.amount(),
        gross: priced.taxed.gross.amount(),
        due_on: priced.instalments.iter().map(|part| part.due_on).max(),
        discount: priced.discount.map(|discount| (discount.until, discount.amount.amount())),
        ..draft
    };
    Ok(Drafted { draft, lines, priced })
}

async fn price_lines(
    tx: &mut impl TenantConnection,
    draft: &Draft,
    lines: &[Line],
    calendar: Option<&BusinessCalendar>,
) -> Result<Priced, Error> {
    let codes = reference::tax_codes(tx, draft.date).await?;
    let terms = match &draft.terms {
        None => Terms::immediate(),
        Some(code) => reference::terms(tx, code)
            .await?
            .ok_or_else(|| Error::TermsNotFound { code: code.clone() })?
            .map_err(|fault| Error::FaultyTerms { code: code.clone(), fault })?,
    };
    Ok(price(lines, (draft.date, draft.currency, draft.rounding), &codes, &terms, calendar)?)
}

/// What a stored draft says.
pub(crate) fn stored(invoice: &Invoice) -> Draft {
    Draft {
        id: invoice.id,
        kind: invoice.kind,
        entity: invoice.entity.clone(),
        date: invoice.date,
        party: invoice.party.clone(),
        supplier_number: invoice.supplier_number.clone(),
        corrects: invoice.corrects,
        offsets: invoice.offsets,
        currency: invoice.currency,
        rate: invoice.rate,
        terms: invoice.terms.clone(),
        rounding: invoice.rounding,
        memo: invoice.memo.clone(),
        net: invoice.net,
        gross: invoice.gross,
        due_on: invoice.due_on,
        discount: None,
    }
}

/// The legal entity of a document, by its code or as the only one.
pub(crate) async fn entity_code(
    tx: &mut TenantTx,
    deps: &Deps,
    code: Option<&Code>,
) -> Result<String, Error> {
    let entity = deps.ledger.entity(tx, code.map(Text::as_str)).await.map_err(Error::ledger)?;
    Ok(entity.code)
}

/// The currency of a document: stated, the party's, or the tenant's.
pub(crate) fn currency_of(
    tx: &TenantTx,
    stated: Option<Currency>,
    of_party: Option<&str>,
) -> Result<Currency, Error> {
    stated
        .or_else(|| of_party.and_then(|code| Currency::parse(code).ok()))
        .or_else(|| tenant_defaults::currency(tx.context()))
        .ok_or(Error::CurrencyRequired)
}

/// One field that is wrong.
pub(crate) fn invalid(pointer: &str, code: &str, message: &str) -> Error {
    Error::Invalid(vec![FieldError::new(pointer, code, message)])
}

fn check_heading(input: &DraftInvoice) -> Result<(), Error> {
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

/// Whether a note may correct this document at all; how much of it is said when it is posted.
pub(crate) fn check_corrected(draft: &Draft, corrected: Option<&Invoice>) -> Result<(), Error> {
    let wrong = |what| Err(Error::WrongCorrected { what });
    let Some(corrected) = corrected else {
        return wrong("there is no such invoice to correct");
    };
    if draft.kind.corrects() != Some(corrected.kind) {
        return wrong("a credit note corrects a sale, and a debit note a purchase");
    }
    if corrected.number.is_none() {
        return wrong("the invoice is a draft: change it instead");
    }
    if corrected.party.id != draft.party.id || corrected.entity != draft.entity {
        return wrong("a note is with the party and of the legal entity of what it corrects");
    }
    if corrected.currency != draft.currency {
        return wrong("a note is in the currency of what it corrects");
    }
    if draft.date < corrected.date {
        return wrong("a note is not dated before what it corrects");
    }
    Ok(())
}

fn read_lines(
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

impl Drafted {
    /// The taxes as a document shows them.
    pub(crate) fn tax_lines(&self) -> Vec<TaxLine> {
        self.priced.taxed.taxes.iter().map(tax_line).collect()
    }

    /// What falls due, as a document shows it that is not posted.
    pub(crate) fn item_lines(&self) -> Vec<ItemLine> {
        let line = |part: &crate::model::terms::Instalment| ItemLine {
            id: None,
            due_on: part.due_on,
            amount: part.amount.amount(),
            open: part.amount.amount(),
        };
        self.priced.instalments.iter().map(line).collect()
    }
}

/// A tax as a document shows it.
pub(crate) fn tax_line(total: &TaxTotal) -> TaxLine {
    TaxLine {
        code: total.code.clone(),
        part: total.part,
        base: total.base.amount(),
        tax: total.tax.amount(),
        non_recoverable: total.non_recoverable.amount(),
    }
}
