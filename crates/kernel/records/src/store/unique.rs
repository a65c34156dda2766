//! Table `records.unique_value`.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_record_model::{EntityId, RecordId, UniqueValue};

/// Gives free what a record had and has no more, now that it has `values`.
pub(crate) async fn free(
    tx: &mut TenantTx,
    entity: EntityId,
    record: RecordId,
    values: &[UniqueValue],
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let (rules, words) = columns(values);
    sqlx::query(
        "delete from records.unique_value v where v.tenant_id = $1 and v.entity_id = $2 and v.record_id = $3 \
         and not exists (select 1 from unnest($4::text[], $5::text[]) as kept (rule, value) \
         where kept.rule = v.rule and kept.value = v.value)",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .bind(rules)
    .bind(words)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes values for a record. Gives the places of those in `values` that another record has.
pub(crate) async fn take(
    tx: &mut TenantTx,
    entity: EntityId,
    record: RecordId,
    values: &[UniqueValue],
) -> Result<Vec<usize>, DbError> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant_id().uuid();
    let (rules, words) = columns(values);
    // A value that a transaction has taken which is still open is waited for. In the order of the key, so that two
    // transactions never wait for each other.
    let taken: Vec<i64> = sqlx::query_scalar(
        "with wanted as materialized (select rule, value, place \
         from unnest($4::text[], $5::text[]) with ordinality as wanted (rule, value, place)), \
         done as (insert into records.unique_value as v (tenant_id, entity_id, rule, value, record_id) \
         select $1, $2, rule, value, $3 from wanted order by rule, value \
         on conflict (tenant_id, entity_id, rule, value) do update set record_id = v.record_id \
         returning rule, value, record_id) \
         select wanted.place from wanted join done using (rule, value) where done.record_id <> $3",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .bind(rules)
    .bind(words)
    .fetch_all(tx.conn())
    .await?;
    Ok(taken.into_iter().filter_map(|place| usize::try_from(place - 1).ok()).collect())
}

/// Rules and values, each by itself.
fn columns(values: &[UniqueValue]) -> (Vec<&str>, Vec<&str>) {
    values.iter().map(|value| (value.rule.as_str(), value.value.as_str())).unzip()
}
