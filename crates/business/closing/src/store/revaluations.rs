//! Tables `closing.revaluation` and `closing.revaluation_line`.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::Id;
use sqlx::types::Json;

use crate::commands::create_revaluation::RevaluationBody;

/// Writes a revaluation down with its lines, unless the legal entity has one of the day. Says whether it was written.
pub(crate) async fn insert(tx: &mut TenantTx, body: &RevaluationBody) -> Result<bool, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let inserted = sqlx::query(
        "insert into closing.revaluation (tenant_id, id, entity, date, reverses_on, rates, difference, currency, \
         journal_id, reversal_id, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12) on conflict (tenant_id, entity, date) do nothing",
    )
    .bind(tenant)
    .bind(body.id.uuid())
    .bind(&body.entity)
    .bind(body.date)
    .bind(body.reverses_on)
    .bind(Json(&body.rates))
    .bind(body.difference)
    .bind(body.currency.code())
    .bind(body.journal)
    .bind(body.reversal)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    let lines = &body.lines;
    sqlx::query(
        "insert into closing.revaluation_line (tenant_id, revaluation_id, line_no, account, party_id, item_id, \
         reference, currency, amount, rate, carried, worth) \
         select $1, $2, new.line_no, new.account, new.party_id, new.item_id, new.reference, new.currency, new.amount, \
         new.rate, new.carried, new.worth \
         from unnest($3::int[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::numeric[], \
             $10::numeric[], $11::numeric[], $12::numeric[]) \
         as new (line_no, account, party_id, item_id, reference, currency, amount, rate, carried, worth)",
    )
    .bind(tenant)
    .bind(body.id.uuid())
    .bind((1_i32..).zip(lines).map(|(line_no, _)| line_no).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.account.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.party).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.item.map(Id::uuid)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.reference.as_deref()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.currency.code()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.amount).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.rate).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.carried).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.worth).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(true)
}
