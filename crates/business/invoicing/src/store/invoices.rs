//! Table `invoicing.invoice`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::invoice::{Invoice, InvoiceId, InvoiceState, Kind, PartyName};
use crate::model::tax::RoundingPlace;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    entity: String,
    date: NaiveDate,
    party_id: Uuid,
    party_name: String,
    supplier_number: Option<String>,
    corrects_id: Option<Uuid>,
    offsets: bool,
    currency: String,
    rate: Option<Decimal>,
    terms: Option<String>,
    rounding: String,
    memo: Option<String>,
    net: Decimal,
    gross: Decimal,
    open: Option<Decimal>,
    credited: Decimal,
    due_on: Option<NaiveDate>,
    discount_until: Option<NaiveDate>,
    discount_amount: Option<Decimal>,
    state: String,
    number: Option<String>,
    journal: Option<String>,
    posted_at: Option<DateTime<Utc>>,
    posted_by: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for Invoice {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of invoice {}", row.id));
        let currency = Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?;
        let money = |amount: Decimal| in_units(amount, currency);
        Ok(Self {
            id: Id::from_uuid(row.id),
            kind: Kind::parse(&row.kind).ok_or_else(|| corrupt("kind"))?,
            number: row.number,
            entity: row.entity,
            date: row.date,
            party: PartyName { id: row.party_id, name: row.party_name },
            supplier_number: row.supplier_number,
            corrects: row.corrects_id.map(Id::from_uuid),
            offsets: row.offsets,
            currency,
            rate: row.rate.map(|rate| rate.normalize()),
            terms: row.terms,
            rounding: RoundingPlace::parse(&row.rounding).ok_or_else(|| corrupt("rounding"))?,
            memo: row.memo,
            net: money(row.net),
            gross: money(row.gross),
            open: row.open.map(money),
            credited: money(row.credited),
            due_on: row.due_on,
            discount_until: row.discount_until,
            discount_amount: row.discount_amount.map(money),
            state: InvoiceState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            journal: row.journal,
            posted_at: row.posted_at,
            posted_by: row.posted_by,
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        })
    }
}

/// An amount with the decimals of its currency.
pub(crate) fn in_units(amount: Decimal, currency: Currency) -> Decimal {
    let mut amount = amount;
    amount.rescale(currency.minor_units());
    amount
}

/// What a draft says beside its lines.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Id.
    pub(crate) id: InvoiceId,
    /// What it is.
    pub(crate) kind: Kind,
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// Its day.
    pub(crate) date: NaiveDate,
    /// Who it is with.
    pub(crate) party: PartyName,
    /// The number that the supplier gave it.
    pub(crate) supplier_number: Option<String>,
    /// The invoice that it corrects.
    pub(crate) corrects: Option<InvoiceId>,
    /// Whether it settles that when it is posted.
    pub(crate) offsets: bool,
    /// Currency.
    pub(crate) currency: Currency,
    /// Stated rate.
    pub(crate) rate: Option<Decimal>,
    /// Code of the terms of payment.
    pub(crate) terms: Option<String>,
    /// Where its taxes are rounded.
    pub(crate) rounding: RoundingPlace,
    /// A note.
    pub(crate) memo: Option<String>,
    /// Without taxes.
    pub(crate) net: Decimal,
    /// What is paid.
    pub(crate) gross: Decimal,
    /// When the last of it falls due.
    pub(crate) due_on: Option<NaiveDate>,
    /// The last day for paying less, and how much less.
    pub(crate) discount: Option<(NaiveDate, Decimal)>,
}

/// Writes down a draft, at version 1.
pub(crate) async fn insert(tx: &mut TenantTx, draft: &Draft) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into invoicing.invoice (tenant_id, id, kind, entity, date, party_id, party_name, supplier_number, \
         corrects_id, offsets, currency, rate, terms, rounding, memo, net, gross, due_on, discount_until, \
         discount_amount, state, version, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
         $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 'draft', 1, $21, $22)",
    )
    .bind(tenant)
    .bind(draft.id.uuid())
    .bind(draft.kind.as_str())
    .bind(&draft.entity)
    .bind(draft.date)
    .bind(draft.party.id)
    .bind(&draft.party.name)
    .bind(&draft.supplier_number)
    .bind(draft.corrects.map(Id::uuid))
    .bind(draft.offsets)
    .bind(draft.currency.code())
    .bind(draft.rate)
    .bind(&draft.terms)
    .bind(draft.rounding.as_str())
    .bind(&draft.memo)
    .bind(draft.net)
    .bind(draft.gross)
    .bind(draft.due_on)
    .bind(draft.discount.map(|(until, _)| until))
    .bind(draft.discount.map(|(_, amount)| amount))
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what a draft says, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, draft: &Draft) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update invoicing.invoice set kind = $3, entity = $4, date = $5, party_id = $6, party_name = $7, \
         supplier_number = $8, corrects_id = $9, offsets = $10, currency = $11, rate = $12, terms = $13, \
         rounding = $14, memo = $15, net = $16, gross = $17, due_on = $18, discount_until = $19, \
         discount_amount = $20, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(draft.id.uuid())
    .bind(draft.kind.as_str())
    .bind(&draft.entity)
    .bind(draft.date)
    .bind(draft.party.id)
    .bind(&draft.party.name)
    .bind(&draft.supplier_number)
    .bind(draft.corrects.map(Id::uuid))
    .bind(draft.offsets)
    .bind(draft.currency.code())
    .bind(draft.rate)
    .bind(&draft.terms)
    .bind(draft.rounding.as_str())
    .bind(&draft.memo)
    .bind(draft.net)
    .bind(draft.gross)
    .bind(draft.due_on)
    .bind(draft.discount.map(|(until, _)| until))
    .bind(draft.discount.map(|(_, amount)| amount))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes a draft, whose lines must be gone.
pub(crate) async fn delete(tx: &mut TenantTx, id: InvoiceId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from invoicing.invoice where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Makes a draft a posted document, all of which is open.
pub(crate) async fn mark_posted(
    tx: &mut TenantTx,
    id: InvoiceId,
    (number, journal): (&str, &str),
    rate: Decimal,
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update invoicing.invoice set state = 'posted', number = $3, journal = $4, rate = $5, open = gross, \
         posted_at = $6, posted_by = $7, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(number)
    .bind(journal)
    .bind(rate)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds to what notes took back of a document.
pub(crate) async fn add_credited(tx: &mut TenantTx, id: InvoiceId, amount: Decimal) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update invoicing.invoice set credited = credited + $3, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(amount)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what is open of a posted document, and its state.
pub(crate) async fn set_open(
    tx: &mut TenantTx,
    id: InvoiceId,
    open: Decimal,
    state: InvoiceState,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update invoicing.invoice set open = $3, state = $4, version = version + 1 \
         where tenant_id = $1 and id = $2 and (open <> $3 or state <> $4)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(open)
    .bind(state.as_str())
    .execute(tx.conn())
    .await?;
    Ok(())
}

const COLUMNS: &str = "id, kind, entity, date, party_id, party_name, supplier_number, corrects_id, offsets, currency, rate, \
     terms, rounding, memo, net, gross, open, credited, due_on, discount_until, discount_amount, state, number, journal, \
     posted_at, posted_by, version, created_at, created_by";

/// The document with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: InvoiceId) -> Result<Option<Invoice>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!("select {COLUMNS} from invoicing.invoice where tenant_id = $1 and id = $2");
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(id.uuid())
        .fetch_optional(tx.conn())
        .await?;
    row.map(Invoice::try_from).transpose()
}

/// The document with this id, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: InvoiceId) -> Result<Option<Invoice>, DbError> {
    Ok(lock_all(tx, &[id]).await?.pop())
}

/// The documents with these ids, locked in the order of their ids.
pub(crate) async fn lock_all(tx: &mut TenantTx, ids: &[InvoiceId]) -> Result<Vec<Invoice>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "select {COLUMNS} from invoicing.invoice where tenant_id = $1 and id = any($2) order by id for update"
    );
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter().map(Invoice::try_from).collect()
}
