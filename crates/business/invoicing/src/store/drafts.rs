//! Drafts of documents and payments that are dated in a period.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_ledger::FiscalPeriod;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

/// A draft.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Draft {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its day.
    pub(crate) date: NaiveDate,
    /// Whose it is.
    pub(crate) party_name: String,
    /// Its currency.
    pub(crate) currency: String,
    /// What it comes to.
    pub(crate) amount: Decimal,
}

/// Drafts of invoices and notes of the legal entity, by day.
pub(crate) async fn of_invoices(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
    limit: i64,
) -> Result<Vec<Draft>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, date, party_name, currency, gross as amount from invoicing.invoice \
         where tenant_id = $1 and entity = $2 and state = 'draft' and date between $3 and $4 order by date, id limit $5",
    )
    .bind(tenant)
    .bind(&period.entity.code)
    .bind(period.starts_on)
    .bind(period.ends_on)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Drafts of payments of the legal entity, by day.
pub(crate) async fn of_payments(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
    limit: i64,
) -> Result<Vec<Draft>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, date, party_name, currency, amount from invoicing.payment \
         where tenant_id = $1 and entity = $2 and state = 'draft' and date between $3 and $4 order by date, id limit $5",
    )
    .bind(tenant)
    .bind(&period.entity.code)
    .bind(period.starts_on)
    .bind(period.ends_on)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}
