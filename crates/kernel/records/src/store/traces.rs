//! What makes records found, tables `records.field_value`, `records.word` and `records.effective_time`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_record_model::{EffectiveTime, EntityId, RecordId, Slot};
use chrono::NaiveDate;

/// Enters the indexed values of a record, or changes those that differ.
pub(crate) async fn put_values(
    tx: &mut TenantTx,
    entity: EntityId,
    record: RecordId,
    values: &[(Slot, Option<String>)],
) -> Result<(), DbError> {
    if values.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id().uuid();
    let (slots, values): (Vec<Slot>, Vec<Option<&str>>) =
        values.iter().map(|(slot, value)| (*slot, value.as_deref())).unzip();
    sqlx::query(
        "insert into records.field_value as v (tenant_id, entity_id, record_id, slot, value) \
         select $1, $2, $3, new.slot, new.value from unnest($4::integer[], $5::text[]) as new (slot, value) \
         on conflict (tenant_id, entity_id, record_id, slot) do update set value = excluded.value \
         where v.value is distinct from excluded.value",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .bind(slots)
    .bind(values)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Replaces the words of a record.
pub(crate) async fn put_words(
    tx: &mut TenantTx,
    entity: EntityId,
    record: RecordId,
    words: &BTreeMap<String, i16>,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let (words, weights): (Vec<&str>, Vec<i16>) =
        words.iter().map(|(word, weight)| (word.as_str(), *weight)).unzip();
    sqlx::query(
        "with gone as (delete from records.word w where w.tenant_id = $1 and w.entity_id = $2 and w.record_id = $3 \
         and w.word <> all($4)) \
         insert into records.word as w (tenant_id, entity_id, record_id, word, weight) \
         select $1, $2, $3, new.word, new.weight from unnest($4::text[], $5::smallint[]) as new (word, weight) \
         on conflict (tenant_id, entity_id, word, record_id) do update set weight = excluded.weight \
         where w.weight <> excluded.weight",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .bind(words)
    .bind(weights)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes all that makes a record found: it is deleted.
pub(crate) async fn clear(tx: &mut TenantTx, entity: EntityId, record: RecordId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "with found as (delete from records.field_value where tenant_id = $1 and entity_id = $2 and record_id = $3), \
         words as (delete from records.word where tenant_id = $1 and entity_id = $2 and record_id = $3), \
         held as (delete from records.effective_time where tenant_id = $1 and entity_id = $2 and record_id = $3), \
         named as (delete from records.reference where tenant_id = $1 and entity_id = $2 and record_id = $3), \
         matched as (delete from records.match_key where tenant_id = $1 and entity_id = $2 and record_id = $3) \
         delete from records.unique_value where tenant_id = $1 and entity_id = $2 and record_id = $3",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Enters when a record holds, and gives a record that holds for some of these days too, if there is one.
pub(crate) async fn hold(
    tx: &mut TenantTx,
    entity: EntityId,
    record: RecordId,
    time: &EffectiveTime,
) -> Result<Option<(NaiveDate, Option<NaiveDate>)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    // Two transactions do not see each other's rows: whoever holds this lock is the only one to look.
    let lock = format!("records.effective_time {tenant} {entity} {}", time.within);
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(lock)
        .execute(tx.conn())
        .await?;
    let other = sqlx::query_as(
        "select starts_on, ends_on from records.effective_time \
         where tenant_id = $1 and entity_id = $2 and within = $3 and record_id <> $4 \
         and starts_on <= coalesce($6, 'infinity'::date) and coalesce(ends_on, 'infinity'::date) >= $5 \
         order by starts_on limit 1",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(&time.within)
    .bind(record.uuid())
    .bind(time.starts_on)
    .bind(time.ends_on)
    .fetch_optional(tx.conn())
    .await?;
    sqlx::query(
        "insert into records.effective_time (tenant_id, entity_id, within, record_id, starts_on, ends_on) \
         values ($1, $2, $3, $4, $5, $6) \
         on conflict (tenant_id, entity_id, record_id) do update set within = excluded.within, \
         starts_on = excluded.starts_on, ends_on = excluded.ends_on",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(&time.within)
    .bind(record.uuid())
    .bind(time.starts_on)
    .bind(time.ends_on)
    .execute(tx.conn())
    .await?;
    Ok(other)
}
