//! Posting a document: number, journal, open items, taxes, and what a note takes back.

use athyper_kernel_db::{TenantTx, take_numbers};
use athyper_kernel_ledger::{Entity, Posted, Posting, Source};
use athyper_kernel_types::{Currency, Money, MoneyError, Rounding};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::Deps;
use crate::drafting::{self, Drafted, invalid, tax_line};
use crate::entities::INVOICE;
use crate::error::Error;
use crate::model::invoice::{Invoice, InvoiceState};
use crate::model::journal::{JournalLines, book, journal_lines};
use crate::model::pricing::PricingError;
use crate::model::tax::{Part, TaxError};
use crate::settling::{self, Against};
use crate::store::items::{NewItem, Origin};
use crate::store::lines::PostedTax;
use crate::store::{invoices, items, lines, reference};

/// What whoever posts may do beside posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PostingRights {
    /// Post into periods that are soft-closed.
    pub(crate) into_soft_closed: bool,
}

/// Posts a locked draft.
///
/// # Errors
/// When it is none, cannot be priced any more, takes back more than is left, or the ledger refuses it.
pub(crate) async fn post(
    tx: &mut TenantTx,
    deps: &Deps,
    invoice: &Invoice,
    rights: PostingRights,
) -> Result<(), Error> {
    if invoice.state != InvoiceState::Draft {
        return Err(Error::InvoiceNotDraft);
    }
    let written = lines::of_invoice(tx, invoice.id, invoice.currency).await?;
    let drafted = drafting::finish(tx, drafting::stored(invoice), written).await?;
    let corrected = lock_corrected(tx, &drafted).await?;
    let entity = deps.ledger.entity(tx, Some(&invoice.entity)).await.map_err(Error::ledger)?;
    let rate = rate_of(tx, deps, &entity, (invoice.currency, invoice.rate, invoice.date)).await?;
    let group = reference::party(tx, invoice.party.id).await?.and_then(|party| party.account_group);
    let journal = journal_lines(
        invoice.kind,
        (invoice.party.id, group.as_deref()),
        &drafted.lines,
        &drafted.priced.taxed,
        &drafted.priced.instalments,
    )
    .map_err(out_of_range)?;

    let number = next_number(tx, invoice.kind.as_str(), &entity, invoice.date).await?;
    let posting = posting_of(invoice, &entity, rate, &number, &journal, rights);
    let posted = deps.ledger.post(tx, &posting).await.map_err(Error::ledger)?;
    if (invoice.net, invoice.gross, invoice.due_on)
        != (drafted.draft.net, drafted.draft.gross, drafted.draft.due_on)
    {
        // Taxes or terms are others than on the day on which it was written.
        invoices::update(tx, &drafted.draft).await?;
    }
    invoices::mark_posted(tx, invoice.id, (&number, &posted.number), rate)
        .await
        .map_err(Error::of_constraint)?;
    items::insert(tx, &items_of(invoice, &number, &posting, &journal, &posted)?).await?;
    lines::insert_taxes(tx, invoice.id, &taxes_of(&drafted, &journal, &posted, rate)?).await?;
    if let Some(corrected) = corrected {
        invoices::add_credited(tx, corrected.id, drafted.draft.gross).await?;
        if invoice.offsets {
            let note = Against { note: invoice.id, corrected: corrected.id, date: invoice.date };
            settling::offset(tx, deps, note, rights).await?;
        }
        settling::refresh(tx, &[corrected.id, invoice.id], &[]).await?;
    }
    Ok(())
}

/// Locks what a note corrects, and holds the note against what is left of it.
async fn lock_corrected(tx: &mut TenantTx, drafted: &Drafted) -> Result<Option<Invoice>, Error> {
    let Some(id) = drafted.draft.corrects else { return Ok(None) };
    let corrected = invoices::lock(tx, id).await?;
    drafting::check_corrected(&drafted.draft, corrected.as_ref())?;
    let Some(corrected) = corrected else { return Err(Error::InvoiceNotFound) };
    let left = corrected.gross - corrected.credited;
    if drafted.draft.gross > left {
        return Err(Error::AboveRest {
            left,
            currency: corrected.currency,
            number: corrected.number.unwrap_or_default(),
            gross: drafted.draft.gross,
        });
    }
    Ok(Some(corrected))
}

/// The rate of a document: stated, or recorded for its day. That of the base currency is one.
///
/// # Errors
/// When another one is stated for the base currency, or none is recorded.
pub(crate) async fn rate_of(
    tx: &mut TenantTx,
    deps: &Deps,
    entity: &Entity,
    (currency, stated, date): (Currency, Option<Decimal>, NaiveDate),
) -> Result<Decimal, Error> {
    match stated {
        Some(rate) if currency == entity.base_currency && rate != Decimal::ONE => {
            Err(invalid("/rate", "base_currency", "the books are kept in this currency: its rate is 1"))
        }
        Some(rate) => Ok(rate),
        None if currency == entity.base_currency => Ok(Decimal::ONE),
        None => deps.ledger.rate(tx, entity, currency, date).await.map_err(Error::ledger),
    }
}

/// The next number of a kind in a legal entity; nobody else gets one before the transaction ends.
///
/// # Errors
/// When the series cannot be used.
pub(crate) async fn next_number(
    tx: &mut TenantTx,
    kind: &'static str,
    entity: &Entity,
    date: NaiveDate,
) -> Result<String, Error> {
    let series = reference::series(tx, kind, (&entity.code, entity.fiscal_year_start)).await?;
    let series = series.map_err(|error| Error::FaultySeries { kind, fault: error.to_string() })?;
    let (name, day) = (format!("invoicing.{kind}.{}", entity.code), series.day(date));
    let number = take_numbers(tx, &name, &series.pattern, day, 1).await?;
    Ok(series.pattern.format(day, number))
}

fn posting_of(
    invoice: &Invoice,
    entity: &Entity,
    rate: Decimal,
    number: &str,
    journal: &JournalLines,
    rights: PostingRights,
) -> Posting {
    let is_foreign = invoice.currency != entity.base_currency;
    Posting {
        entity: Some(invoice.entity.clone()),
        book: book(invoice.kind),
        date: invoice.date,
        source: Source::new(INVOICE, invoice.id.uuid(), "post"),
        reference: Some(number.to_owned()),
        payee: Some(invoice.party.name.clone()),
        narration: invoice.memo.clone(),
        rates: is_foreign.then_some((invoice.currency, rate)).into_iter().collect(),
        lines: journal.lines.clone(),
        into_soft_closed: rights.into_soft_closed,
    }
}

/// The open items that the journal made.
fn items_of(
    invoice: &Invoice,
    number: &str,
    posting: &Posting,
    journal: &JournalLines,
    posted: &Posted,
) -> Result<Vec<NewItem>, Error> {
    let control = posting.lines.iter().zip(&posted.lines).take(journal.instalments);
    control
        .map(|(line, made)| {
            let id = made.item.ok_or_else(|| not_open(&made.account))?;
            Ok(NewItem {
                id: id.uuid(),
                origin: Origin::Invoice(invoice.id),
                entity: invoice.entity.clone(),
                side: invoice.kind.side(),
                party: (invoice.party.id, invoice.party.name.clone()),
                number: number.to_owned(),
                account: made.account.clone(),
                date: invoice.date,
                due_on: line.due_on.unwrap_or(invoice.date),
                currency: invoice.currency,
                amount: line.amount.amount(),
                book_amount: made.base,
            })
        })
        .collect()
}

/// The rules chose an account on which nothing stays open.
pub(crate) fn not_open(account: &str) -> Error {
    let message = format!("{account} was chosen as control account, but it keeps no open items");
    invalid("/party", "no_control_account", &message)
}

/// The taxes as they are reported: bases at the rate of the document, taxes as the ledger has them.
fn taxes_of(
    drafted: &Drafted,
    journal: &JournalLines,
    posted: &Posted,
    rate: Decimal,
) -> Result<Vec<PostedTax>, Error> {
    let base_currency = posted.base_currency;
    let converted = |amount: Money| {
        let exact = amount.amount().checked_mul(rate).ok_or(MoneyError::OutOfRange)?;
        Ok(Money::rounded(exact, base_currency, Rounding::HalfUp)?.amount())
    };
    let mut taxes = Vec::new();
    for (place, total) in drafted.priced.taxed.taxes.iter().enumerate() {
        let line = journal.tax_lines.get(&place).and_then(|line| posted.lines.get(*line));
        // Where a part of the tax is in the cost, no line has all of it.
        let whole = line.filter(|_| total.non_recoverable.is_zero() || total.part == Part::Withheld);
        let book_tax = match whole {
            Some(line) if total.tax.amount().is_sign_negative() => -line.base.abs(),
            Some(line) => line.base.abs(),
            None => converted(total.tax).map_err(out_of_range)?,
        };
        let book_base = converted(total.base).map_err(out_of_range)?;
        taxes.push(PostedTax { line: tax_line(total), book_base, book_tax });
    }
    Ok(taxes)
}

/// A sum beyond the range of money.
pub(crate) fn out_of_range(error: MoneyError) -> Error {
    Error::Pricing(PricingError::Tax(TaxError::Money(error)))
}
