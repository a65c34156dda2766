//! Posting a payment: which items it settles, what is kept or written off, and what is left as an advance.

use std::collections::BTreeMap;

use athyper_kernel_db::TenantTx;
use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{AccountRef, Book, Entity, Posted, Posting, PostingLine, Settles, Source};
use athyper_kernel_types::{Id, Money};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Deps;
use crate::entities::PAYMENT;
use crate::error::Error;
use crate::model::invoice::{Invoice, InvoiceId, Side};
use crate::model::journal::control_account;
use crate::model::payment::{Direction, Payment, PaymentAllocation, PaymentState};
use crate::model::settle::{Open, lay_over};
use crate::posting::{PostingRights, next_number, not_open, out_of_range, rate_of};
use crate::settling;
use crate::store::items::{ItemRow, NewItem, Origin, Settled};
use crate::store::{invoices, items, payments, reference};

/// What a payment settles, laid over the items of its documents.
#[derive(Debug, Default)]
struct Plan {
    /// How much of each item is settled, positive, with the item.
    parts: Vec<(ItemRow, Decimal)>,
    /// What is kept for paying early, by control account.
    discounts: BTreeMap<&'static str, Decimal>,
    /// What is written off.
    write_off: Decimal,
    /// What settles nothing yet.
    rest: Decimal,
}

/// Posts a locked draft.
///
/// # Errors
/// When it is none, settles what it cannot settle, or the ledger refuses it.
pub(crate) async fn post(
    tx: &mut TenantTx,
    deps: &Deps,
    payment: &Payment,
    rights: PostingRights,
) -> Result<(), Error> {
    if payment.state != PaymentState::Draft {
        return Err(Error::PaymentNotDraft);
    }
    let allocations = payments::allocations(tx, payment.id, payment.currency).await?;
    let documents: Vec<InvoiceId> = allocations.iter().map(|part| part.invoice).collect();
    let plan = plan(tx, deps, payment, (&allocations, &documents)).await?;
    let entity = deps.ledger.entity(tx, Some(&payment.entity)).await.map_err(Error::ledger)?;
    let rate = rate_of(tx, deps, &entity, (payment.currency, payment.rate, payment.date)).await?;
    let group = reference::party(tx, payment.party.id).await?.and_then(|party| party.account_group);
    let ids: Vec<Uuid> = plan.parts.iter().map(|(item, _)| item.id).collect();
    let before = settling::carried(tx, deps, &ids).await?;

    let number = next_number(tx, payment.direction.series(), &entity, payment.date).await?;
    let lines = journal_lines(payment, &plan, group.as_deref())?;
    let posting = posting_of(payment, &entity, rate, &number, lines, rights);
    let posted = deps.ledger.post(tx, &posting).await.map_err(Error::ledger)?;
    let state = if plan.rest.is_zero() { PaymentState::Matched } else { PaymentState::Posted };
    payments::mark_posted(tx, payment.id, (&number, &posted.number), rate, (plan.rest, state))
        .await
        .map_err(Error::of_constraint)?;
    if !plan.rest.is_zero() {
        items::insert(tx, &[advance(payment, &number, &posting, &posted)?]).await?;
    }
    settling::record(tx, deps, &ids, &before, (payment.date, Settled::Payment(payment.id))).await?;
    settling::refresh(tx, &documents, &[]).await
}

/// Takes a locked, posted payment back: what it settled is open again, and its rest is gone.
///
/// # Errors
/// When it is not posted, or its rest settles something already.
pub(crate) async fn bounce(
    tx: &mut TenantTx,
    deps: &Deps,
    payment: &Payment,
    (date, narration): (chrono::NaiveDate, Option<&str>),
    rights: PostingRights,
) -> Result<(), Error> {
    if !matches!(payment.state, PaymentState::Posted | PaymentState::Matched) {
        return Err(Error::PaymentNotPosted { state: payment.state.as_str() });
    }
    let settled = items::settled_by(tx, payment.id).await?;
    let ids: Vec<Uuid> = settled.iter().map(|(item, _, _)| *item).collect();
    let documents = settling::documents_of(&items::find(tx, &ids).await?);
    invoices::lock_all(tx, &documents).await?;
    let behind = items::find(tx, &ids).await?;
    settling::catch_up(tx, deps, &behind).await?;
    let own = items::of_payment(tx, payment.id).await?;
    let all: Vec<Uuid> = ids.iter().copied().chain(own.iter().map(|item| item.id)).collect();
    let before = settling::carried(tx, deps, &all).await?;

    let source = Source::new(PAYMENT, payment.id.uuid(), "post");
    deps.ledger
        .reverse(tx, &source, Some(date), narration, rights.into_soft_closed)
        .await
        .map_err(Error::ledger)?;
    settling::record(tx, deps, &all, &before, (date, Settled::Bounce(payment.id))).await?;
    payments::set_unallocated(tx, payment.id, Decimal::ZERO, PaymentState::Bounced).await?;
    settling::refresh(tx, &documents, &[]).await
}

/// Lays what a payment says to settle over the items of its documents, which are locked by it.
async fn plan(
    tx: &mut TenantTx,
    deps: &Deps,
    payment: &Payment,
    (allocations, documents): (&[PaymentAllocation], &[InvoiceId]),
) -> Result<Plan, Error> {
    let locked: BTreeMap<InvoiceId, Invoice> =
        invoices::lock_all(tx, documents).await?.into_iter().map(|invoice| (invoice.id, invoice)).collect();
    let behind = items::of_invoices(tx, documents).await?;
    settling::catch_up(tx, deps, &behind).await?;
    let rows = items::of_invoices(tx, documents).await?;
    let limit = reference::write_off_limit(tx, payment.currency).await?;
    let mut plan = Plan { rest: payment.amount, ..Plan::default() };
    let mut errors = Vec::new();
    for (at, part) in allocations.iter().enumerate() {
        let mut wrong = |field: &str, code: &str, message: String| {
            errors.push(FieldError::new(format!("/allocations/{at}/{field}"), code, message));
        };
        let Some(invoice) = locked.get(&part.invoice) else {
            wrong("invoice", "unknown", "there is no such document".to_owned());
            continue;
        };
        if let Some(message) = unfit(payment, invoice) {
            wrong("invoice", "does_not_fit", message.to_owned());
            continue;
        }
        if !part.discount.is_zero() {
            let taken = payments::discount_taken(tx, part.invoice).await?;
            if let Some(message) = too_much_kept(payment, invoice, part.discount, taken) {
                wrong("discount", "not_granted", message);
            }
        }
        if part.write_off > limit {
            wrong("writeOff", "above_limit", format!("at most {limit} may be written off"));
        }
        let own: Vec<&ItemRow> =
            rows.iter().filter(|row| row.invoice_id == Some(part.invoice.uuid())).collect();
        let mut open: Vec<Open> = own.iter().map(|row| Open { item: row.id, open: row.open.abs() }).collect();
        let (laid, left) = lay_over(&mut open, part.amount + part.discount + part.write_off);
        if !left.is_zero() {
            let is_open: Decimal = own.iter().map(|row| row.open.abs()).sum();
            wrong("amount", "above_open", format!("{is_open} are open of it"));
        }
        let with_rows = laid.into_iter().filter_map(|(id, amount)| {
            own.iter().find(|row| row.id == id).map(|row| ((*row).clone(), amount))
        });
        plan.parts.extend(with_rows);
        *plan.discounts.entry(discount_role(invoice.kind.side())).or_default() += part.discount;
        plan.write_off += part.write_off;
        plan.rest -= part.amount;
    }
    if plan.rest.is_sign_negative() && !plan.rest.is_zero() {
        let message = format!("the payment is over {}, and settles more", payment.amount);
        errors.push(FieldError::new("/allocations", "above_amount", message));
    }
    if errors.is_empty() { Ok(plan) } else { Err(Error::Allocations(errors)) }
}

/// Why a payment cannot settle this document, if it cannot.
fn unfit(payment: &Payment, invoice: &Invoice) -> Option<&'static str> {
    if invoice.number.is_none() {
        return Some("the document is a draft: post it first");
    }
    if invoice.party.id != payment.party.id || invoice.entity != payment.entity {
        return Some("the document is of another party or legal entity");
    }
    if invoice.currency != payment.currency {
        return Some("the document is in another currency: a payment settles items of its own currency");
    }
    let is_owed_to_us = invoice.kind.is_debit();
    match (payment.direction, is_owed_to_us) {
        (Direction::In, false) => Some("money that comes in settles what is owed to us"),
        (Direction::Out, true) => Some("money that goes out settles what we owe"),
        _ => None,
    }
}

/// Why so much cannot be kept for paying early, if it cannot; `taken` was kept before.
fn too_much_kept(payment: &Payment, invoice: &Invoice, kept: Decimal, taken: Decimal) -> Option<String> {
    let Some((until, amount)) = invoice.discount_until.zip(invoice.discount_amount) else {
        return Some("no discount was granted".to_owned());
    };
    if payment.date > until {
        return Some(format!("a discount was granted until {until}"));
    }
    (kept + taken > amount).then(|| format!("{} may still be kept", amount - taken))
}

const fn discount_role(side: Side) -> &'static str {
    match side {
        Side::Receivable => "discount_allowed",
        Side::Payable => "discount_received",
    }
}

/// The lines of a payment's journal: bank, items, discounts, what is written off, and last the advance.
fn journal_lines(payment: &Payment, plan: &Plan, group: Option<&str>) -> Result<Vec<PostingLine>, Error> {
    let money = |amount: Decimal| Money::new(amount, payment.currency).map_err(out_of_range);
    // The bank is debited by what comes in; all that it settles is on the other side.
    let of_bank = |amount: Money| if payment.direction == Direction::In { amount } else { -amount };
    let bank = match &payment.bank_account {
        Some(code) => AccountRef::Code(code.clone()),
        None => AccountRef::role("bank").with("currency", payment.currency.code()),
    };
    let mut lines = vec![PostingLine::new(bank, of_bank(money(payment.amount)?))];
    for (item, amount) in &plan.parts {
        let account = AccountRef::Code(item.account.clone());
        lines.push(PostingLine {
            party: Some(item.party_id),
            settles: Some(Settles { item: Id::from_uuid(item.id) }),
            ..PostingLine::new(account, -of_bank(money(*amount)?))
        });
    }
    for (role, amount) in plan.discounts.iter().filter(|(_, amount)| !amount.is_zero()) {
        lines.push(PostingLine::new(AccountRef::role(role), of_bank(money(*amount)?)));
    }
    if !plan.write_off.is_zero() {
        lines.push(PostingLine::new(AccountRef::role("write_off"), of_bank(money(plan.write_off)?)));
    }
    if !plan.rest.is_zero() {
        lines.push(PostingLine {
            party: Some(payment.party.id),
            due_on: Some(payment.date),
            ..PostingLine::new(control_account(payment.side, group), -of_bank(money(plan.rest)?))
        });
    }
    Ok(lines)
}

fn posting_of(
    payment: &Payment,
    entity: &Entity,
    rate: Decimal,
    number: &str,
    lines: Vec<PostingLine>,
    rights: PostingRights,
) -> Posting {
    let is_foreign = payment.currency != entity.base_currency;
    Posting {
        entity: Some(payment.entity.clone()),
        book: Book::Bank,
        date: payment.date,
        source: Source::new(PAYMENT, payment.id.uuid(), "post"),
        reference: Some(number.to_owned()),
        payee: Some(payment.party.name.clone()),
        narration: payment.memo.clone(),
        rates: is_foreign.then_some((payment.currency, rate)).into_iter().collect(),
        lines,
        into_soft_closed: rights.into_soft_closed,
    }
}

/// The open item of what a payment does not settle yet: the last line of its journal.
fn advance(payment: &Payment, number: &str, posting: &Posting, posted: &Posted) -> Result<NewItem, Error> {
    let last = posting.lines.iter().zip(&posted.lines).next_back();
    let (line, made) = last.ok_or_else(|| not_open("nothing"))?;
    let id = made.item.ok_or_else(|| not_open(&made.account))?;
    Ok(NewItem {
        id: id.uuid(),
        origin: Origin::Payment(payment.id),
        entity: payment.entity.clone(),
        side: payment.side,
        party: (payment.party.id, payment.party.name.clone()),
        number: number.to_owned(),
        account: made.account.clone(),
        date: payment.date,
        due_on: payment.date,
        currency: payment.currency,
        amount: line.amount.amount(),
        book_amount: made.base,
    })
}
