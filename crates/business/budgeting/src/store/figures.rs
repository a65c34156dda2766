//! What lines have and what is set aside on them, by month, over all their tables.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_types::Id;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::figures::{Figures, Sheet};
use crate::model::line::LineId;

#[derive(sqlx::FromRow)]
struct Row {
    line_id: Uuid,
    month: NaiveDate,
    budget: Decimal,
    reserved: Decimal,
    committed: Decimal,
    consumed: Decimal,
}

/// Budget, with all transfers, and commitments of these lines by month. What was posted is the ledger's to say.
pub(crate) async fn of_lines(
    tx: &mut (impl TenantConnection + ?Sized),
    lines: &[LineId],
) -> Result<Sheet, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "with part as ( \
             select line_id, month, amount as budget, 0 as reserved, 0 as committed, 0 as consumed \
             from budgeting.line_amount where tenant_id = $1 and line_id = any($2) \
             union all \
             select line_id, month, amount, 0, 0, 0 from budgeting.transfer_line where tenant_id = $1 and line_id = any($2) \
             union all \
             select line_id, date_trunc('month', date)::date, 0, reserved, committed, consumed \
             from budgeting.commitment where tenant_id = $1 and line_id = any($2) and reserved + committed + consumed > 0 \
         ) select line_id, month, sum(budget) as budget, sum(reserved) as reserved, sum(committed) as committed, \
         sum(consumed) as consumed from part group by line_id, month",
    )
    .bind(tenant)
    .bind(lines.iter().map(|line| line.uuid()).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let figures = Figures {
                budget: row.budget,
                reserved: row.reserved,
                committed: row.committed,
                consumed: row.consumed,
                actual: Decimal::ZERO,
            };
            ((Id::from_uuid(row.line_id), row.month), figures)
        })
        .collect())
}
