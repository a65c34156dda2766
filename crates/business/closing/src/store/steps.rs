//! Tables `closing.close_step` and `closing.period_close_step`: what people do.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::close::{ManualStep, PeriodCloseId, StepId};

#[derive(sqlx::FromRow)]
struct Row {
    step_id: Uuid,
    text: String,
    who: Option<String>,
    ticked_at: Option<DateTime<Utc>>,
    ticked_by: Option<String>,
    note: Option<String>,
}

/// Gives a close the steps of the template as they are now: those of its legal entity and of all.
pub(crate) async fn copy_template(
    tx: &mut TenantTx,
    close: PeriodCloseId,
    entity: &str,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into closing.period_close_step (tenant_id, close_id, step_id, position, text, who) \
         select tenant_id, $2, id, position, text, who from closing.close_step \
         where tenant_id = $1 and deleted_at is null and (entity is null or entity = $3)",
    )
    .bind(tenant)
    .bind(close.uuid())
    .bind(entity)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The steps of a close in their order.
pub(crate) async fn of_close(
    tx: &mut (impl TenantConnection + ?Sized),
    close: PeriodCloseId,
) -> Result<Vec<ManualStep>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select step_id, text, who, ticked_at, ticked_by, note from closing.period_close_step \
         where tenant_id = $1 and close_id = $2 order by position, step_id",
    )
    .bind(tenant)
    .bind(close.uuid())
    .fetch_all(tx.conn())
    .await?;
    let step = |row: Row| ManualStep {
        id: row.step_id,
        text: row.text,
        who: row.who,
        ticked_at: row.ticked_at,
        ticked_by: row.ticked_by,
        note: row.note,
    };
    Ok(rows.into_iter().map(step).collect())
}

/// Ticks a step with this note, or takes the tick back, which has none. Says whether there is such a step.
pub(crate) async fn set_ticked(
    tx: &mut TenantTx,
    (close, step): (PeriodCloseId, StepId),
    is_ticked: bool,
    note: Option<&str>,
) -> Result<bool, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let updated = sqlx::query(
        "update closing.period_close_step set ticked_at = $4, ticked_by = $5, note = $6 \
         where tenant_id = $1 and close_id = $2 and step_id = $3",
    )
    .bind(tenant)
    .bind(close.uuid())
    .bind(step.uuid())
    .bind(is_ticked.then_some(now))
    .bind(is_ticked.then_some(actor))
    .bind(note)
    .execute(tx.conn())
    .await?;
    Ok(updated.rows_affected() == 1)
}
