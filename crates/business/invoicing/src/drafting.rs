//! What a draft of a document says: read, held against reference data, and priced. Writing, changing, trying out and posting all
//! go through here.

use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_types::{BusinessCalendar, Currency, Text};
use chrono::NaiveDate;
use rust_decimal::Decimal;

mod input;

pub(crate) use input::{DraftInvoice, DraftParty};

use input::{check_heading, read_lines};

use crate::Deps;
use crate::error::Error;
use crate::model::invoice::{Invoice, InvoiceId, ItemLine, Line, PartyName, TaxLine};
use crate::model::number::Number;
use crate::model::pricing::{Priced, price};
use crate::model::tax::TaxTotal;
use crate::model::terms::Terms;
use crate::model::text::Code;
use crate::store::invoices::{self, Draft};
use crate::store::reference;
use athyper_kernel_ledger::tenant_defaults;
use athyper_kernel_tenant_context::TenantContext;

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
    let calendar = calendar(tx.context());
    let mut tax_day = draft.date;
    if let Some(id) = draft.corrects {
        let corrected = invoices::find(tx, id).await?;
        check_corrected(&draft, corrected.as_ref())?;
        // What is taken back is taxed as it was.
        tax_day = corrected.map_or(tax_day, |corrected| corrected.date);
    }
    let priced = price_lines(tx, (&draft, tax_day), &lines, calendar.as_ref()).await?;
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
    (draft, tax_day): (&Draft, NaiveDate),
    lines: &[Line],
    calendar: Option<&BusinessCalendar>,
) -> Result<Priced, Error> {
    let codes = reference::tax_codes(tx, tax_day).await?;
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

/// The tenant's business calendar, if its configuration has one (`calendar`).
fn calendar(context: &TenantContext) -> Option<BusinessCalendar> {
    let value = context.resolved().defaults.values.get("calendar")?;
    serde_json::from_value(value.clone()).ok()
}
