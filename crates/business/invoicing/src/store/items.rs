//! Tables `invoicing.item` and `invoicing.settlement`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::invoice::{InvoiceId, ItemLine, Side};
use crate::model::payment::PaymentId;
use crate::store::invoices::in_units;

/// The document that made an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An invoice or a note.
    Invoice(InvoiceId),
    /// A payment.
    Payment(PaymentId),
}

impl Origin {
    fn columns(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Invoice(id) => (Some(id.uuid()), None),
            Self::Payment(id) => (None, Some(id.uuid())),
        }
    }
}

/// An open item of the ledger that a document made.
#[derive(Clone, Debug)]
pub(crate) struct NewItem {
    /// Its id in the ledger.
    pub(crate) id: Uuid,
    /// The document.
    pub(crate) origin: Origin,
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// Which control account.
    pub(crate) side: Side,
    /// Who owes or is owed: id and name.
    pub(crate) party: (Uuid, String),
    /// Number of the document.
    pub(crate) number: String,
    /// Code of the control account.
    pub(crate) account: String,
    /// Day of the document.
    pub(crate) date: NaiveDate,
    /// When it falls due.
    pub(crate) due_on: NaiveDate,
    /// Currency.
    pub(crate) currency: Currency,
    /// How much, debit positive.
    pub(crate) amount: Decimal,
    /// The same in the currency of the books.
    pub(crate) book_amount: Decimal,
}

/// Keeps the items that a document made, in the order of their dues.
pub(crate) async fn insert(tx: &mut TenantTx, items: &[NewItem]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    for (position, item) in (1_i32..).zip(items) {
        let (invoice, payment) = item.origin.columns();
        sqlx::query(
            "insert into invoicing.item (tenant_id, id, invoice_id, payment_id, position, entity, side, party_id, \
             party_name, number, account, date, due_on, currency, amount, book_amount) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(tenant)
        .bind(item.id)
        .bind(invoice)
        .bind(payment)
        .bind(position)
        .bind(&item.entity)
        .bind(item.side.as_str())
        .bind(item.party.0)
        .bind(&item.party.1)
        .bind(&item.number)
        .bind(&item.account)
        .bind(item.date)
        .bind(item.due_on)
        .bind(item.currency.code())
        .bind(item.amount)
        .bind(item.book_amount)
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// An item with what is open of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ItemRow {
    /// Id in the ledger.
    pub(crate) id: Uuid,
    /// The document that made it.
    pub(crate) invoice_id: Option<Uuid>,
    /// The payment that made it.
    pub(crate) payment_id: Option<Uuid>,
    /// Code of the control account.
    pub(crate) account: String,
    /// Who owes or is owed.
    pub(crate) party_id: Uuid,
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// Currency.
    pub(crate) currency: String,
    /// Day of the document.
    pub(crate) date: NaiveDate,
    /// When it falls due.
    pub(crate) due_on: NaiveDate,
    /// What it was made with, debit positive.
    pub(crate) amount: Decimal,
    /// What is open of it, debit positive.
    pub(crate) open: Decimal,
    /// What that is carried at in the currency of the books.
    pub(crate) book_open: Decimal,
}

const SELECT: &str = "select item.id, item.invoice_id, item.payment_id, item.account, item.party_id, item.entity, \
     item.currency, item.date, item.due_on, item.amount, item.amount - coalesce(gone.amount, 0) as open, \
     item.book_amount - coalesce(gone.book_amount, 0) as book_open \
     from invoicing.item item left join lateral (select sum(settlement.amount) as amount, \
     sum(settlement.book_amount) as book_amount from invoicing.settlement settlement \
     where settlement.tenant_id = item.tenant_id and settlement.item_id = item.id) gone on true";

/// The items with these ids.
pub(crate) async fn find(tx: &mut impl TenantConnection, ids: &[Uuid]) -> Result<Vec<ItemRow>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!("{SELECT} where item.tenant_id = $1 and item.id = any($2) order by item.id");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(tenant).bind(ids).fetch_all(tx.conn()).await?)
}

/// The items of these documents, what falls due first before what falls due later.
pub(crate) async fn of_invoices(
    tx: &mut impl TenantConnection,
    ids: &[InvoiceId],
) -> Result<Vec<ItemRow>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "{SELECT} where item.tenant_id = $1 and item.invoice_id = any($2) order by item.due_on, item.position"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .fetch_all(tx.conn())
        .await?)
}

/// The items of a payment.
pub(crate) async fn of_payment(
    tx: &mut impl TenantConnection,
    id: PaymentId,
) -> Result<Vec<ItemRow>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement =
        format!("{SELECT} where item.tenant_id = $1 and item.payment_id = $2 order by item.position");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(id.uuid())
        .fetch_all(tx.conn())
        .await?)
}

/// As a document shows its items: amounts as positive as the document.
pub(crate) fn as_lines(rows: &[ItemRow], currency: Currency) -> Vec<ItemLine> {
    let line = |row: &ItemRow| ItemLine {
        id: Some(row.id),
        due_on: row.due_on,
        amount: in_units(row.amount.abs(), currency),
        open: in_units(row.open.abs(), currency),
    };
    rows.iter().map(line).collect()
}

/// Why an item lost something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// By the posting of a payment.
    Payment(PaymentId),
    /// Against another item, by this allocation of the ledger.
    Allocation(Uuid),
    /// That allocation was undone: what it settled is open again.
    Undo(Uuid),
    /// In the ledger itself, by somebody else.
    Elsewhere,
    /// A payment was taken back: what it settled is open again, what it opened is gone.
    Bounce(PaymentId),
}

/// What an item loses, with the item's sign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewSettlement {
    /// The item.
    pub(crate) item: Uuid,
    /// The day.
    pub(crate) date: NaiveDate,
    /// How much.
    pub(crate) amount: Decimal,
    /// The same in the currency of the books, at what the item was carried at.
    pub(crate) book_amount: Decimal,
    /// Why.
    pub(crate) by: Settled,
}

/// Writes down what items lost.
pub(crate) async fn settle(tx: &mut TenantTx, settlements: &[NewSettlement]) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    for settlement in settlements {
        let (payment, allocation, reason) = match settlement.by {
            Settled::Payment(id) => (Some(id.uuid()), None, "payment"),
            Settled::Allocation(id) => (None, Some(id), "allocation"),
            Settled::Undo(id) => (None, Some(id), "undo"),
            Settled::Elsewhere => (None, None, "elsewhere"),
            Settled::Bounce(id) => (Some(id.uuid()), None, "bounce"),
        };
        let id: Id<NewSettlement> = Id::new(tx.clock());
        sqlx::query(
            "insert into invoicing.settlement (tenant_id, id, item_id, date, amount, book_amount, payment_id, \
             allocation_id, reason, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(tenant)
        .bind(id.uuid())
        .bind(settlement.item)
        .bind(settlement.date)
        .bind(settlement.amount)
        .bind(settlement.book_amount)
        .bind(payment)
        .bind(allocation)
        .bind(reason)
        .bind(now)
        .bind(&actor)
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// What an allocation settled: the items, and its day.
pub(crate) async fn allocated_by(
    tx: &mut impl TenantConnection,
    allocation: Uuid,
) -> Result<Vec<(Uuid, NaiveDate)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select item_id, date from invoicing.settlement \
         where tenant_id = $1 and allocation_id = $2 and reason = 'allocation' order by item_id",
    )
    .bind(tenant)
    .bind(allocation)
    .fetch_all(tx.conn())
    .await?)
}

/// What a payment settled: item, amount, and amount in the currency of the books.
pub(crate) async fn settled_by(
    tx: &mut impl TenantConnection,
    id: PaymentId,
) -> Result<Vec<(Uuid, Decimal, Decimal)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select item_id, amount, book_amount from invoicing.settlement \
         where tenant_id = $1 and payment_id = $2 and reason = 'payment' order by id",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?)
}
