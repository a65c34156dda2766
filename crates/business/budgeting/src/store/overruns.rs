//! Table `budgeting.overrun`.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::{Currency, Id};
use uuid::Uuid;

use crate::model::figures::Overrun;

/// Marker of the ids of what went beyond a budget.
#[derive(Clone, Copy, Debug)]
enum Row {}

/// Writes down that something went beyond a line that warns.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    overrun: &Overrun,
    (subject, id): (&str, Uuid),
    currency: Currency,
    message: &str,
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let own = Id::<Row>::new(tx.clock()).uuid();
    sqlx::query(
        "insert into budgeting.overrun (tenant_id, id, line_id, line_key, subject, subject_id, excess, currency, message, version, \
         created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11)",
    )
    .bind(tenant)
    .bind(own)
    .bind(overrun.line.uuid())
    .bind(&overrun.key)
    .bind(subject)
    .bind(id)
    .bind(overrun.excess)
    .bind(currency.code())
    .bind(message)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}
