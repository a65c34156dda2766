//! Table `finance.allocation`.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_ledger::ItemId;
use athyper_kernel_types::Id;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::journal::JournalId;
use crate::model::legal_entity::EntityId;

/// One item settled by another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewAllocation {
    /// Its id.
    pub(crate) id: Uuid,
    /// The debit item.
    pub(crate) debit: ItemId,
    /// The credit item.
    pub(crate) credit: ItemId,
    /// How much of each, in their currency.
    pub(crate) amount: Decimal,
    /// What that takes off the debit item in base currency.
    pub(crate) debit_base: Decimal,
    /// What that takes off the credit item.
    pub(crate) credit_base: Decimal,
    /// The day.
    pub(crate) date: NaiveDate,
    /// The journal of the difference, if there is one.
    pub(crate) journal: Option<JournalId>,
}

/// Writes an allocation down.
pub(crate) async fn insert(tx: &mut TenantTx, allocation: &NewAllocation) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into finance.allocation (tenant_id, id, debit_id, credit_id, amount, debit_base, credit_base, \
         allocated_on, journal_id, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(tenant)
    .bind(allocation.id)
    .bind(allocation.debit.uuid())
    .bind(allocation.credit.uuid())
    .bind(allocation.amount)
    .bind(allocation.debit_base)
    .bind(allocation.credit_base)
    .bind(allocation.date)
    .bind(allocation.journal.map(Id::uuid))
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Id of an allocation.
pub(crate) type AllocationId = Id<StoredAllocation>;

/// An allocation as it was written down.
#[derive(Clone, Debug)]
pub(crate) struct StoredAllocation {
    /// Its id.
    pub(crate) id: AllocationId,
    /// In whose books.
    pub(crate) entity: EntityId,
    /// The debit item.
    pub(crate) debit: ItemId,
    /// The credit item.
    pub(crate) credit: ItemId,
    /// How much of each, in their currency.
    pub(crate) amount: Decimal,
    /// What that took off the debit item in base currency.
    pub(crate) debit_base: Decimal,
    /// What that took off the credit item.
    pub(crate) credit_base: Decimal,
    /// The day.
    pub(crate) date: NaiveDate,
    /// The journal of the difference, if there is one.
    pub(crate) journal: Option<JournalId>,
    /// From when on it no longer counts.
    pub(crate) undone_on: Option<NaiveDate>,
    /// Version.
    pub(crate) version: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    entity_id: Uuid,
    debit_id: Uuid,
    credit_id: Uuid,
    amount: Decimal,
    debit_base: Decimal,
    credit_base: Decimal,
    allocated_on: NaiveDate,
    journal_id: Option<Uuid>,
    undone_on: Option<NaiveDate>,
    version: i64,
}

impl From<Row> for StoredAllocation {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            entity: Id::from_uuid(row.entity_id),
            debit: Id::from_uuid(row.debit_id),
            credit: Id::from_uuid(row.credit_id),
            amount: row.amount,
            debit_base: row.debit_base,
            credit_base: row.credit_base,
            date: row.allocated_on,
            journal: row.journal_id.map(Id::from_uuid),
            undone_on: row.undone_on,
            version: row.version,
        }
    }
}

/// The allocation with this id, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: AllocationId) -> Result<Option<StoredAllocation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select allocation.id, item.entity_id, debit_id, credit_id, allocation.amount, debit_base, credit_base, allocated_on, \
         allocation.journal_id, undone_on, allocation.version from finance.allocation allocation \
         join finance.open_item item on item.tenant_id = allocation.tenant_id and item.id = allocation.debit_id \
         where allocation.tenant_id = $1 and allocation.id = $2 for update of allocation",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(StoredAllocation::from))
}

/// Marks a locked allocation as undone from a day on, with the journal that takes its difference back.
pub(crate) async fn mark_undone(
    tx: &mut TenantTx,
    id: AllocationId,
    (date, reason): (NaiveDate, &str),
    reversal: Option<JournalId>,
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "update finance.allocation set undone_on = $3, undone_at = $4, undone_by = $5, undo_reason = $6, undo_journal_id = $7, \
         version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(date)
    .bind(now)
    .bind(actor)
    .bind(reason)
    .bind(reversal.map(Id::uuid))
    .execute(tx.conn())
    .await?;
    Ok(())
}
