//! Settling items against each other, and what that makes of the documents that they belong to.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_db::TenantTx;
use athyper_kernel_ledger::{Allocation, ItemId, OpenItem};
use athyper_kernel_types::Id;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::invoice::{InvoiceId, InvoiceState};
use crate::model::payment::{PaymentId, PaymentState};
use crate::model::settle::{Open, lay_over};
use crate::posting::PostingRights;
use crate::store::items::{ItemRow, NewSettlement, Settled};
use crate::store::{invoices, items, payments};
use athyper_kernel_ledger::tenant_defaults;

/// A note that settles what it corrects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Against {
    /// The note.
    pub(crate) note: InvoiceId,
    /// What it corrects.
    pub(crate) corrected: InvoiceId,
    /// The day.
    pub(crate) date: NaiveDate,
}

/// Settles one item by another, in the ledger and here, and gives the id of the allocation there. The documents are locked by the
/// caller.
///
/// # Errors
/// When the ledger refuses it.
pub(crate) async fn allocate(
    tx: &mut TenantTx,
    deps: &Deps,
    (debit, credit): (Uuid, Uuid),
    amount: Decimal,
    date: NaiveDate,
    rights: PostingRights,
) -> Result<Uuid, Error> {
    let ids = [debit, credit];
    let before = carried(tx, deps, &ids).await?;
    let allocation = Allocation {
        debit: Id::from_uuid(debit),
        credit: Id::from_uuid(credit),
        amount,
        date,
        into_soft_closed: rights.into_soft_closed,
    };
    let made = deps.ledger.allocate(tx, &allocation).await.map_err(Error::ledger)?;
    record(tx, deps, &ids, &before, (date, Settled::Allocation(made.id))).await?;
    Ok(made.id)
}

/// Locks what items belong to against changes, payments before documents as everybody does, and brings the items to what the ledger
/// says of them.
///
/// # Errors
/// When the ledger does not answer.
pub(crate) async fn lock_behind(
    tx: &mut TenantTx,
    deps: &Deps,
    ids: &[Uuid],
) -> Result<(Vec<InvoiceId>, Vec<PaymentId>), Error> {
    let found = items::find(tx, ids).await?;
    let documents = documents_of(&found);
    let of_payments: Vec<PaymentId> =
        found.iter().filter_map(|row| row.payment_id).map(Id::from_uuid).collect();
    payments::lock_all(tx, &of_payments).await?;
    invoices::lock_all(tx, &documents).await?;
    let behind = items::find(tx, ids).await?;
    catch_up(tx, deps, &behind).await?;
    Ok((documents, of_payments))
}

/// The documents that items belong to.
pub(crate) fn documents_of(rows: &[ItemRow]) -> Vec<InvoiceId> {
    let ids: BTreeSet<Uuid> = rows.iter().filter_map(|row| row.invoice_id).collect();
    ids.into_iter().map(Id::from_uuid).collect()
}

/// Brings items to what the ledger says of them: somebody may have settled them there. Their documents are locked by the caller,
/// who reads them anew.
///
/// # Errors
/// When the ledger does not answer.
pub(crate) async fn catch_up(tx: &mut TenantTx, deps: &Deps, rows: &[ItemRow]) -> Result<(), Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let there = carried(tx, deps, &ids).await?;
    let date = tenant_defaults::today(tx.context(), &deps.clock);
    let lost = |row: &ItemRow| {
        let is = there.get(&row.id)?;
        let (amount, book_amount) = (row.open - is.open, row.book_open - is.open_base);
        // Not before the item itself was there.
        let (date, by) = (date.max(row.date), Settled::Elsewhere);
        (!amount.is_zero()).then_some(NewSettlement { item: row.id, date, amount, book_amount, by })
    };
    let settlements: Vec<NewSettlement> = rows.iter().filter_map(lost).collect();
    Ok(items::settle(tx, &settlements).await?)
}

/// What items are carried at in the ledger, by their id.
pub(crate) async fn carried(
    tx: &mut TenantTx,
    deps: &Deps,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, OpenItem>, Error> {
    let wanted: BTreeSet<ItemId> = ids.iter().map(|id| Id::from_uuid(*id)).collect();
    let found = deps.ledger.items(tx, &wanted).await.map_err(Error::ledger)?;
    Ok(found.into_iter().map(|item| (item.id.uuid(), item)).collect())
}

/// Writes down what items lost in the ledger since they were carried so.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn record(
    tx: &mut TenantTx,
    deps: &Deps,
    ids: &[Uuid],
    before: &BTreeMap<Uuid, OpenItem>,
    (date, by): (NaiveDate, Settled),
) -> Result<(), Error> {
    let after = carried(tx, deps, ids).await?;
    let lost = |(id, was): (&Uuid, &OpenItem)| {
        let is = after.get(id)?;
        let amount = was.open - is.open;
        let book_amount = was.open_base - is.open_base;
        (!amount.is_zero()).then_some(NewSettlement { item: *id, date, amount, book_amount, by })
    };
    let settlements: Vec<NewSettlement> = before.iter().filter_map(lost).collect();
    Ok(items::settle(tx, &settlements).await?)
}

/// Settles what a note corrects, as far as both are open.
///
/// # Errors
/// When the ledger refuses it.
pub(crate) async fn offset(
    tx: &mut TenantTx,
    deps: &Deps,
    against: Against,
    rights: PostingRights,
) -> Result<(), Error> {
    let behind = items::of_invoices(tx, &[against.corrected]).await?;
    catch_up(tx, deps, &behind).await?;
    let of_note = items::of_invoices(tx, &[against.note]).await?;
    let of_corrected = items::of_invoices(tx, &[against.corrected]).await?;
    let mut open: Vec<Open> =
        of_corrected.iter().map(|row| Open { item: row.id, open: row.open.abs() }).collect();
    for row in &of_note {
        let (parts, _) = lay_over(&mut open, row.open.abs());
        for (item, amount) in parts {
            let pair = if row.amount.is_sign_positive() { (row.id, item) } else { (item, row.id) };
            allocate(tx, deps, pair, amount, against.date, rights).await?;
        }
    }
    Ok(())
}

/// Brings documents and payments, which are locked, to what is open of their items.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn refresh(
    tx: &mut TenantTx,
    documents: &[InvoiceId],
    of_payments: &[PaymentId],
) -> Result<(), Error> {
    let rows = items::of_invoices(tx, documents).await?;
    for id in documents.iter().collect::<BTreeSet<_>>() {
        let open: Decimal =
            rows.iter().filter(|row| row.invoice_id == Some(id.uuid())).map(|row| row.open.abs()).sum();
        if let Some(invoice) = invoices::find(tx, *id).await? {
            let state = InvoiceState::of(invoice.gross, open, invoice.credited);
            invoices::set_open(tx, *id, open, state).await?;
        }
    }
    for id in of_payments {
        let open: Decimal = items::of_payment(tx, *id).await?.iter().map(|row| row.open.abs()).sum();
        let state = if open.is_zero() { PaymentState::Matched } else { PaymentState::Posted };
        payments::set_unallocated(tx, *id, open, state).await?;
    }
    Ok(())
}
