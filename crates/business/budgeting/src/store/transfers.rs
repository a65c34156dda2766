//! Tables `budgeting.transfer` and `budgeting.transfer_line`.

use athyper_kernel_db::{DbError, TenantTx};

use crate::model::transfer::Transfer;

/// Writes a transfer with its lines down. The database refuses one that does not sum to zero.
pub(crate) async fn insert(tx: &mut TenantTx, transfer: &Transfer) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into budgeting.transfer (tenant_id, id, kind, budget_id, into_id, reason, total, currency, version, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10)",
    )
    .bind(tenant)
    .bind(transfer.id.uuid())
    .bind(transfer.kind)
    .bind(transfer.budget.uuid())
    .bind(transfer.into.uuid())
    .bind(&transfer.reason)
    .bind(transfer.total)
    .bind(transfer.currency.code())
    .bind(transfer.created_at)
    .bind(&transfer.created_by)
    .execute(tx.conn())
    .await?;
    let lines = &transfer.lines;
    sqlx::query(
        "insert into budgeting.transfer_line (tenant_id, transfer_id, line_no, line_id, key, month, amount) \
         select $1, $2, new.line_no, new.line_id, new.key, new.month, new.amount \
         from unnest($3::int[], $4::uuid[], $5::text[], $6::date[], $7::numeric[]) as new (line_no, line_id, key, month, amount)",
    )
    .bind(tenant)
    .bind(transfer.id.uuid())
    .bind((1_i32..).zip(lines).map(|(line_no, _)| line_no).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.line.uuid()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.key.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.month).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.amount).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}
