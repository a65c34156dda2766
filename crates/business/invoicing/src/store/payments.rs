//! Tables `invoicing.payment` and `invoicing.payment_allocation`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::invoice::{PartyName, Side};
use crate::model::payment::{Direction, Payment, PaymentAllocation, PaymentId, PaymentState};
use crate::store::invoices::in_units;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    direction: String,
    side: String,
    entity: String,
    date: NaiveDate,
    party_id: Uuid,
    party_name: String,
    bank_account: Option<String>,
    currency: String,
    amount: Decimal,
    rate: Option<Decimal>,
    unallocated: Option<Decimal>,
    reference: Option<String>,
    memo: Option<String>,
    state: String,
    number: Option<String>,
    journal: Option<String>,
    posted_at: Option<DateTime<Utc>>,
    posted_by: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for Payment {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of payment {}", row.id));
        let currency = Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?;
        Ok(Self {
            id: Id::from_uuid(row.id),
            direction: Direction::parse(&row.direction).ok_or_else(|| corrupt("direction"))?,
            side: Side::parse(&row.side).ok_or_else(|| corrupt("side"))?,
            number: row.number,
            entity: row.entity,
            date: row.date,
            party: PartyName { id: row.party_id, name: row.party_name },
            bank_account: row.bank_account,
            currency,
            amount: in_units(row.amount, currency),
            rate: row.rate.map(|rate| rate.normalize()),
            unallocated: row.unallocated.map(|amount| in_units(amount, currency)),
            reference: row.reference,
            memo: row.memo,
            state: PaymentState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            journal: row.journal,
            posted_at: row.posted_at,
            posted_by: row.posted_by,
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        })
    }
}

/// What a draft says.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Id.
    pub(crate) id: PaymentId,
    /// Where the money went.
    pub(crate) direction: Direction,
    /// The control account of its rest.
    pub(crate) side: Side,
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// Its day.
    pub(crate) date: NaiveDate,
    /// Who paid, or was paid.
    pub(crate) party: PartyName,
    /// Code of the bank account.
    pub(crate) bank_account: Option<String>,
    /// Currency.
    pub(crate) currency: Currency,
    /// How much.
    pub(crate) amount: Decimal,
    /// Stated rate.
    pub(crate) rate: Option<Decimal>,
    /// What the bank or the party calls it.
    pub(crate) reference: Option<String>,
    /// A note.
    pub(crate) memo: Option<String>,
    /// What it settles.
    pub(crate) allocations: Vec<PaymentAllocation>,
}

/// Writes down a draft with what it settles, at version 1.
pub(crate) async fn insert(tx: &mut TenantTx, draft: &Draft) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into invoicing.payment (tenant_id, id, direction, side, entity, date, party_id, party_name, \
         bank_account, currency, amount, rate, reference, memo, state, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'draft', 1, $15, $16)",
    )
    .bind(tenant)
    .bind(draft.id.uuid())
    .bind(draft.direction.as_str())
    .bind(draft.side.as_str())
    .bind(&draft.entity)
    .bind(draft.date)
    .bind(draft.party.id)
    .bind(&draft.party.name)
    .bind(&draft.bank_account)
    .bind(draft.currency.code())
    .bind(draft.amount)
    .bind(draft.rate)
    .bind(&draft.reference)
    .bind(&draft.memo)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    insert_allocations(tx, draft.id, &draft.allocations).await
}

/// Stores what a draft says, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, draft: &Draft) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update invoicing.payment set direction = $3, side = $4, entity = $5, date = $6, party_id = $7, \
         party_name = $8, bank_account = $9, currency = $10, amount = $11, rate = $12, reference = $13, memo = $14, \
         version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(draft.id.uuid())
    .bind(draft.direction.as_str())
    .bind(draft.side.as_str())
    .bind(&draft.entity)
    .bind(draft.date)
    .bind(draft.party.id)
    .bind(&draft.party.name)
    .bind(&draft.bank_account)
    .bind(draft.currency.code())
    .bind(draft.amount)
    .bind(draft.rate)
    .bind(&draft.reference)
    .bind(&draft.memo)
    .execute(tx.conn())
    .await?;
    delete_allocations(tx, draft.id).await?;
    insert_allocations(tx, draft.id, &draft.allocations).await
}

async fn insert_allocations(
    tx: &mut TenantTx,
    id: PaymentId,
    allocations: &[PaymentAllocation],
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let count = i32::try_from(allocations.len()).unwrap_or(i32::MAX);
    sqlx::query(
        "insert into invoicing.payment_allocation (tenant_id, payment_id, position, invoice_id, amount, discount, \
         write_off) select $1, $2, new.position, new.invoice_id, new.amount, new.discount, new.write_off \
         from unnest($3::int[], $4::uuid[], $5::numeric[], $6::numeric[], $7::numeric[]) \
         as new (position, invoice_id, amount, discount, write_off)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind((1..=count).collect::<Vec<i32>>())
    .bind(allocations.iter().map(|part| part.invoice.uuid()).collect::<Vec<_>>())
    .bind(allocations.iter().map(|part| part.amount).collect::<Vec<_>>())
    .bind(allocations.iter().map(|part| part.discount).collect::<Vec<_>>())
    .bind(allocations.iter().map(|part| part.write_off).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn delete_allocations(tx: &mut TenantTx, id: PaymentId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from invoicing.payment_allocation where tenant_id = $1 and payment_id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Deletes a draft with what it says to settle.
pub(crate) async fn delete(tx: &mut TenantTx, id: PaymentId) -> Result<(), DbError> {
    delete_allocations(tx, id).await?;
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from invoicing.payment where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Makes a draft a posted payment.
pub(crate) async fn mark_posted(
    tx: &mut TenantTx,
    id: PaymentId,
    (number, journal): (&str, &str),
    rate: Decimal,
    (unallocated, state): (Decimal, PaymentState),
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update invoicing.payment set state = $3, number = $4, journal = $5, rate = $6, unallocated = $7, \
         posted_at = $8, posted_by = $9, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(state.as_str())
    .bind(number)
    .bind(journal)
    .bind(rate)
    .bind(unallocated)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores how much of a posted payment settles nothing, and its state.
pub(crate) async fn set_unallocated(
    tx: &mut TenantTx,
    id: PaymentId,
    unallocated: Decimal,
    state: PaymentState,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update invoicing.payment set unallocated = $3, state = $4, version = version + 1 \
         where tenant_id = $1 and id = $2 and (unallocated <> $3 or state <> $4)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(unallocated)
    .bind(state.as_str())
    .execute(tx.conn())
    .await?;
    Ok(())
}

const COLUMNS: &str = "id, direction, side, entity, date, party_id, party_name, bank_account, currency, amount, rate, \
     unallocated, reference, memo, state, number, journal, posted_at, posted_by, version, created_at, created_by";

/// The payment with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: PaymentId) -> Result<Option<Payment>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!("select {COLUMNS} from invoicing.payment where tenant_id = $1 and id = $2");
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(id.uuid())
        .fetch_optional(tx.conn())
        .await?;
    row.map(Payment::try_from).transpose()
}

/// The payments with these ids, locked against changes in the order of their ids.
pub(crate) async fn lock_all(tx: &mut TenantTx, ids: &[PaymentId]) -> Result<Vec<Payment>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "select {COLUMNS} from invoicing.payment where tenant_id = $1 and id = any($2) order by id for update"
    );
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(tenant)
        .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter().map(Payment::try_from).collect()
}

/// The payment with this id, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: PaymentId) -> Result<Option<Payment>, DbError> {
    Ok(lock_all(tx, &[id]).await?.pop())
}

/// What a payment says to settle.
pub(crate) async fn allocations(
    tx: &mut impl TenantConnection,
    id: PaymentId,
    currency: Currency,
) -> Result<Vec<PaymentAllocation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(Uuid, Decimal, Decimal, Decimal)> = sqlx::query_as(
        "select invoice_id, amount, discount, write_off from invoicing.payment_allocation \
         where tenant_id = $1 and payment_id = $2 order by position",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?;
    let part = |(invoice, amount, discount, write_off)| PaymentAllocation {
        invoice: Id::from_uuid(invoice),
        amount: in_units(amount, currency),
        discount: in_units(discount, currency),
        write_off: in_units(write_off, currency),
    };
    Ok(rows.into_iter().map(part).collect())
}

/// What posted payments kept of a document for being early.
pub(crate) async fn discount_taken(
    tx: &mut impl TenantConnection,
    id: crate::model::invoice::InvoiceId,
) -> Result<Decimal, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select coalesce(sum(part.discount), 0) from invoicing.payment_allocation part \
         join invoicing.payment payment on payment.tenant_id = part.tenant_id and payment.id = part.payment_id \
         where part.tenant_id = $1 and part.invoice_id = $2 and payment.state in ('posted', 'matched')",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_one(tx.conn())
    .await?)
}
