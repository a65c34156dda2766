//! Table `finance.allocation`.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_ledger::ItemId;
use athyper_kernel_types::Id;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::journal::JournalId;

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
