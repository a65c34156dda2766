//! What reports read: taxes, open items on any day, and what happened with a party.

use athyper_kernel_db::{DbError, TenantConnection};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

/// A tax code over a period, in the currency of the books; what notes take back counts negative.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct TaxSum {
    /// Whether it is of sales or purchases: `receivable` or `payable`.
    pub(crate) side: String,
    /// Code.
    pub(crate) code: String,
    /// What becomes of it.
    pub(crate) part: String,
    /// What it is of.
    pub(crate) base: Decimal,
    /// The tax.
    pub(crate) tax: Decimal,
    /// How many documents have it.
    pub(crate) documents: i64,
}

/// The taxes of the documents of a legal entity in a period.
pub(crate) async fn taxes(
    tx: &mut impl TenantConnection,
    entity: &str,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<TaxSum>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select case when document.kind in ('sale', 'credit_note') then 'receivable' else 'payable' end as side, \
         tax.code, tax.part, \
         sum(case when document.kind in ('sale', 'purchase') then tax.book_base else -tax.book_base end) as base, \
         sum(case when document.kind in ('sale', 'purchase') then tax.book_tax else -tax.book_tax end) as tax, \
         count(*) as documents \
         from invoicing.invoice document \
         join invoicing.invoice_tax tax on tax.tenant_id = document.tenant_id and tax.invoice_id = document.id \
         where document.tenant_id = $1 and document.entity = $2 and document.date between $3 and $4 \
         and document.state <> 'draft' group by 1, 2, 3 order by 1, 2, 3",
    )
    .bind(tenant)
    .bind(entity)
    .bind(from)
    .bind(to)
    .fetch_all(tx.conn())
    .await?)
}

/// Which items a report is about.
#[derive(Clone, Debug)]
pub(crate) struct Which {
    /// The day at whose end they are open.
    pub(crate) as_of: NaiveDate,
    /// One control account alone.
    pub(crate) side: Option<&'static str>,
    /// One party alone.
    pub(crate) party: Option<Uuid>,
}

/// An item that is open at the end of a day.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct OpenRow {
    /// Id in the ledger.
    pub(crate) id: Uuid,
    /// The document that made it.
    pub(crate) invoice_id: Option<Uuid>,
    /// The payment that made it.
    pub(crate) payment_id: Option<Uuid>,
    /// Which control account.
    pub(crate) side: String,
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// Number of the document.
    pub(crate) number: String,
    /// Who owes or is owed.
    pub(crate) party_id: Uuid,
    /// Their name.
    pub(crate) party_name: String,
    /// Day of the document.
    pub(crate) date: NaiveDate,
    /// When it falls due.
    pub(crate) due_on: NaiveDate,
    /// Currency.
    pub(crate) currency: String,
    /// What is open of it, debit positive.
    pub(crate) open: Decimal,
    /// The same in the currency of the books, at what it is carried at before any revaluation.
    pub(crate) book_open: Decimal,
}

/// What is open at the end of `$2`, of one side (`$3`) and one party (`$4`) where they are named.
const OPEN: &str = "select item.id, item.invoice_id, item.payment_id, item.side, item.entity, item.number, item.party_id, \
     item.party_name, item.date, item.due_on, item.currency, item.amount - coalesce(gone.amount, 0) as open, \
     item.book_amount - coalesce(gone.book_amount, 0) as book_open \
     from invoicing.item item left join lateral (select sum(settlement.amount) as amount, \
     sum(settlement.book_amount) as book_amount from invoicing.settlement settlement \
     where settlement.tenant_id = item.tenant_id and settlement.item_id = item.id and settlement.date <= $2) gone on true \
     where item.tenant_id = $1 and item.date <= $2 and ($3::text is null or item.side = $3) \
     and ($4::uuid is null or item.party_id = $4) and item.amount <> coalesce(gone.amount, 0)";

/// A page of open items, by what falls due first, after this place.
pub(crate) async fn open_items(
    tx: &mut impl TenantConnection,
    which: &Which,
    after: Option<(NaiveDate, Uuid)>,
    limit: i64,
) -> Result<Vec<OpenRow>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "{OPEN} and ($5::date is null or (item.due_on, item.id) > ($5, $6)) order by item.due_on, item.id limit $7"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(which.as_of)
        .bind(which.side)
        .bind(which.party)
        .bind(after.map(|(due_on, _)| due_on))
        .bind(after.map(|(_, id)| id))
        .bind(limit)
        .fetch_all(tx.conn())
        .await?)
}

/// What is open of a party, by how long it is overdue.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct AgeRow {
    /// Who owes or is owed.
    pub(crate) party_id: Uuid,
    /// Their name.
    pub(crate) party_name: String,
    /// Which control account.
    pub(crate) side: String,
    /// Currency.
    pub(crate) currency: String,
    /// Not overdue.
    pub(crate) not_due: Decimal,
    /// 1 to 30 days.
    pub(crate) to_30: Decimal,
    /// 31 to 60 days.
    pub(crate) to_60: Decimal,
    /// 61 to 90 days.
    pub(crate) to_90: Decimal,
    /// More than 90 days.
    pub(crate) over_90: Decimal,
    /// All of it.
    pub(crate) total: Decimal,
}

/// A page of what is open by age, by party, after this place.
pub(crate) async fn ages(
    tx: &mut impl TenantConnection,
    which: &Which,
    after: Option<&(Uuid, String, String)>,
    limit: i64,
) -> Result<Vec<AgeRow>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "with open as ({OPEN}) select open.party_id, max(open.party_name) as party_name, open.side, open.currency, \
         coalesce(sum(open.open) filter (where $2 - open.due_on <= 0), 0) as not_due, \
         coalesce(sum(open.open) filter (where $2 - open.due_on between 1 and 30), 0) as to_30, \
         coalesce(sum(open.open) filter (where $2 - open.due_on between 31 and 60), 0) as to_60, \
         coalesce(sum(open.open) filter (where $2 - open.due_on between 61 and 90), 0) as to_90, \
         coalesce(sum(open.open) filter (where $2 - open.due_on > 90), 0) as over_90, sum(open.open) as total \
         from open where $5::uuid is null or (open.party_id, open.side, open.currency) > ($5, $6, $7) \
         group by open.party_id, open.side, open.currency order by open.party_id, open.side, open.currency limit $8"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(which.as_of)
        .bind(which.side)
        .bind(which.party)
        .bind(after.map(|(party, _, _)| *party))
        .bind(after.map(|(_, side, _)| side.as_str()))
        .bind(after.map(|(_, _, currency)| currency.as_str()))
        .bind(limit)
        .fetch_all(tx.conn())
        .await?)
}

/// What changed what a party owes: a document, a payment, or its bouncing.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Movement {
    /// The day.
    pub(crate) date: NaiveDate,
    /// What it was: the kind of a document, `payment` or `bounce`.
    pub(crate) kind: String,
    /// Its number.
    pub(crate) number: String,
    /// Currency.
    pub(crate) currency: String,
    /// How much more is owed to us.
    pub(crate) amount: Decimal,
}

/// Movements of a party (`$2`) up to a day (`$3`). Items that settle each other change nothing that is owed.
const MOVEMENTS: &str = "select item.date, document.kind, item.number, item.currency, sum(item.amount) as amount \
     from invoicing.item item join invoicing.invoice document \
     on document.tenant_id = item.tenant_id and document.id = item.invoice_id \
     where item.tenant_id = $1 and item.party_id = $2 and item.date <= $3 \
     group by item.date, document.kind, item.number, item.currency \
     union all select item.date, 'payment', item.number, item.currency, item.amount from invoicing.item item \
     where item.tenant_id = $1 and item.party_id = $2 and item.date <= $3 and item.payment_id is not null \
     union all select settlement.date, settlement.reason, payment.number, item.currency, -sum(settlement.amount) \
     from invoicing.settlement settlement \
     join invoicing.item item on item.tenant_id = settlement.tenant_id and item.id = settlement.item_id \
     join invoicing.payment payment on payment.tenant_id = settlement.tenant_id and payment.id = settlement.payment_id \
     where settlement.tenant_id = $1 and item.party_id = $2 and settlement.date <= $3 \
     group by settlement.date, settlement.reason, payment.number, item.currency";

/// What was owed before a day, by currency.
pub(crate) async fn balances_before(
    tx: &mut impl TenantConnection,
    party: Uuid,
    before: NaiveDate,
) -> Result<Vec<(String, Decimal)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "select moved.currency, sum(moved.amount) from ({MOVEMENTS}) moved where moved.date < $3 \
         group by moved.currency order by moved.currency"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(party)
        .bind(before)
        .fetch_all(tx.conn())
        .await?)
}

/// What happened with a party in a period, by currency and day: at most so many.
pub(crate) async fn movements(
    tx: &mut impl TenantConnection,
    party: Uuid,
    (from, to): (NaiveDate, NaiveDate),
    limit: i64,
) -> Result<Vec<Movement>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "select moved.date, moved.kind, moved.number, moved.currency, sum(moved.amount) as amount \
         from ({MOVEMENTS}) moved where moved.date >= $4 \
         group by moved.date, moved.kind, moved.number, moved.currency \
         order by moved.currency, moved.date, moved.number, moved.kind limit $5"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(party)
        .bind(to)
        .bind(from)
        .bind(limit)
        .fetch_all(tx.conn())
        .await?)
}
