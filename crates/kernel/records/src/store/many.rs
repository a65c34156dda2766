//! Many records of one entity in few statements: all tables of the records service at once.

use std::collections::HashMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_record_model::{Entity, EntityId, Record, Relation, Slot, Traces};
use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;
use sqlx::types::Json;
use uuid::Uuid;

use crate::store::matches;
use crate::store::records;

/// A record with what is stored beside it, and what is done to it.
pub(crate) struct Stored {
    /// The record as it will be.
    pub(crate) record: Record,
    /// What makes it found.
    pub(crate) traces: Traces,
    /// Whether it is there already.
    pub(crate) is_change: bool,
}

/// The records of these ids that are there, deleted or not, locked in the order of their ids until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, entity: &Entity, ids: &[Uuid]) -> Result<Vec<Record>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, columns, .. } = entity.relation();
    let statement = format!(
        "select {columns} from {from} where {scope} and r.id = any($3) order by r.id for update of r"
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(ids)
        .fetch_all(tx.conn())
        .await?;
    rows.iter().map(|row| records::record(row, entity)).collect()
}

/// The records that have these values that come once, by rule and value.
pub(crate) async fn owners(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    wanted: &[(&str, &str)],
) -> Result<HashMap<(String, String), Uuid>, DbError> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let tenant = tx.tenant_id().uuid();
    let (rules, values): (Vec<&str>, Vec<&str>) = wanted.iter().copied().unzip();
    let rows: Vec<(String, String, Uuid)> = sqlx::query_as(
        "select v.rule, v.value, v.record_id from unnest($3::text[], $4::text[]) as wanted (rule, value) \
         join records.unique_value v on v.tenant_id = $1 and v.entity_id = $2 and v.rule = wanted.rule \
         and v.value = wanted.value",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(rules)
    .bind(values)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(rule, value, record)| ((rule, value), record)).collect())
}

/// The records whose values in a column of a domain's table are these texts, by the places of the texts.
pub(crate) async fn owners_in_table(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    (column, sql_type): (&str, &str),
    texts: &[&str],
) -> Result<HashMap<usize, Uuid>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, live, .. } = entity.relation();
    let statement = format!(
        "select wanted.place, r.id from unnest($3::text[]) with ordinality as wanted (value, place) \
         join {from} on {column} = wanted.value::{sql_type} where {scope} and {live}"
    );
    let rows: Vec<(i64, Uuid)> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(texts)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().filter_map(|(place, id)| Some((usize::try_from(place - 1).ok()?, id))).collect())
}

/// Enters these records, or their next versions, with all that makes them found and their revisions. Says false where a value
/// that comes once was taken meanwhile; then nothing of it may be kept. While another definition is made ready, the records
/// are named as ones to look at again.
pub(crate) async fn put(tx: &mut TenantTx, entity: &Entity, stored: &[Stored]) -> Result<bool, DbError> {
    let changed: Vec<Uuid> = stored.iter().filter(|s| s.is_change).map(|s| s.record.id.uuid()).collect();
    if !put_unique(tx, entity.id, stored, &changed).await? {
        return Ok(false);
    }
    put_records(tx, entity, stored).await?;
    put_values(tx, entity.id, stored).await?;
    if entity.has_words() {
        put_words(tx, entity.id, stored, &changed).await?;
    }
    put_references(tx, entity.id, stored, &changed).await?;
    if !entity.def.duplicates.is_empty() {
        matches::put_many(tx, entity.id, stored, &changed).await?;
    }
    Ok(true)
}

async fn put_unique(
    tx: &mut TenantTx,
    entity: EntityId,
    stored: &[Stored],
    changed: &[Uuid],
) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let (mut rules, mut values, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for (record, value) in
        stored.iter().flat_map(|s| s.traces.unique.iter().map(|value| (s.record.id.uuid(), value)))
    {
        rules.push(value.rule.as_str());
        values.push(value.value.as_str());
        records.push(record);
    }
    if !changed.is_empty() {
        sqlx::query(
            "delete from records.unique_value v where v.tenant_id = $1 and v.entity_id = $2 \
             and v.record_id = any($3) and not exists (\
             select 1 from unnest($4::text[], $5::text[], $6::uuid[]) as kept (rule, value, record_id) \
             where kept.record_id = v.record_id and kept.rule = v.rule and kept.value = v.value)",
        )
        .bind(tenant)
        .bind(entity.uuid())
        .bind(changed)
        .bind(&rules)
        .bind(&values)
        .bind(&records)
        .execute(tx.conn())
        .await?;
    }
    if rules.is_empty() {
        return Ok(true);
    }
    // In the order of the key, so that two transactions never wait for each other. The database takes arrays for short ones and
    // would hold each value against each other one; a full join it can only hash or merge, and this one stays one, for what
    // follows it holds for missing rows too.
    let taken: i64 = sqlx::query_scalar(
        "with wanted as materialized (select new.rule, new.value, new.record_id \
         from unnest($3::text[], $4::text[], $5::uuid[]) as new (rule, value, record_id)), \
         done as (insert into records.unique_value as v (tenant_id, entity_id, rule, value, record_id) \
         select $1, $2, wanted.rule, wanted.value, wanted.record_id from wanted order by wanted.rule, wanted.value \
         on conflict (tenant_id, entity_id, rule, value) do update set record_id = v.record_id \
         returning rule, value, record_id) \
         select count(*) from wanted full join done using (rule, value) \
         where done.record_id is distinct from wanted.record_id",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(&rules)
    .bind(&values)
    .bind(&records)
    .fetch_one(tx.conn())
    .await?;
    Ok(taken == 0)
}

async fn put_records(tx: &mut TenantTx, entity: &Entity, stored: &[Stored]) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let actor = tx.context().actor().id.clone();
    let forgotten: Vec<String> = entity.fields().map(|(_, slot)| slot.to_string()).collect();
    let records = || stored.iter().map(|stored| &stored.record);
    let data: Vec<Json<Map<String, Value>>> =
        records().map(|record| Json(entity.to_stored(&record.values))).collect();
    sqlx::query(
        "with new as materialized (\
         select made.id, made.version, made.state, made.data, made.created_at, made.created_by, made.is_change \
         from unnest($3::uuid[], $4::bigint[], $5::text[], $6::jsonb[], $7::timestamptz[], $8::text[], $9::boolean[]) \
         as made (id, version, state, data, created_at, created_by, is_change)), \
         touched as (insert into records.touched (tenant_id, entity_id, record_id) \
         select e.tenant_id, e.id, new.id from records.entity e, new \
         where e.tenant_id = $1 and e.id = $2 and e.preparing \
         on conflict (tenant_id, entity_id, record_id) do nothing), \
         kept as (insert into records.revision (tenant_id, entity_id, record_id, version, action, state, data, \
         recorded_at, recorded_by) select $1, $2, new.id, new.version, \
         case when new.is_change then 'update' else 'create' end, new.state, new.data, $10, $11 from new) \
         insert into records.record as r (tenant_id, entity_id, id, version, state, data, created_at, created_by, \
         updated_at, updated_by) select $1, $2, new.id, new.version, new.state, new.data, new.created_at, \
         new.created_by, $10, $11 from new \
         on conflict (tenant_id, entity_id, id) do update set version = excluded.version, state = excluded.state, \
         data = (r.data - $12::text[]) || excluded.data, updated_at = excluded.updated_at, \
         updated_by = excluded.updated_by",
    )
    .bind(tenant)
    .bind(entity.id.uuid())
    .bind(records().map(|record| record.id.uuid()).collect::<Vec<_>>())
    .bind(records().map(|record| record.version).collect::<Vec<_>>())
    .bind(records().map(|record| record.state.as_deref()).collect::<Vec<_>>())
    .bind(data)
    .bind(records().map(|record| record.created_at).collect::<Vec<_>>())
    .bind(records().map(|record| record.created_by.as_str()).collect::<Vec<_>>())
    .bind(stored.iter().map(|stored| stored.is_change).collect::<Vec<_>>())
    .bind(now)
    .bind(actor)
    .bind(forgotten)
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn put_values(tx: &mut TenantTx, entity: EntityId, stored: &[Stored]) -> Result<(), DbError> {
    let (mut records, mut slots, mut values): (Vec<Uuid>, Vec<Slot>, Vec<Option<&str>>) = Default::default();
    for (record, (slot, value)) in
        stored.iter().flat_map(|s| s.traces.values.iter().map(|value| (s.record.id.uuid(), value)))
    {
        records.push(record);
        slots.push(*slot);
        values.push(value.as_deref());
    }
    if records.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into records.field_value as v (tenant_id, entity_id, record_id, slot, value) \
         select $1, $2, new.record_id, new.slot, new.value \
         from unnest($3::uuid[], $4::integer[], $5::text[]) as new (record_id, slot, value) \
         on conflict (tenant_id, entity_id, record_id, slot) do update set value = excluded.value \
         where v.value is distinct from excluded.value",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(records)
    .bind(slots)
    .bind(values)
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn put_words(
    tx: &mut TenantTx,
    entity: EntityId,
    stored: &[Stored],
    changed: &[Uuid],
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let (mut records, mut words, mut weights): (Vec<Uuid>, Vec<&str>, Vec<i16>) = Default::default();
    for (record, (word, weight)) in
        stored.iter().flat_map(|s| s.traces.words.iter().map(|word| (s.record.id.uuid(), word)))
    {
        records.push(record);
        words.push(word);
        weights.push(*weight);
    }
    sqlx::query(
        "with gone as (delete from records.word w where w.tenant_id = $1 and w.entity_id = $2 \
         and w.record_id = any($3) and not exists (\
         select 1 from unnest($4::uuid[], $5::text[]) as kept (record_id, word) \
         where kept.record_id = w.record_id and kept.word = w.word)) \
         insert into records.word as w (tenant_id, entity_id, record_id, word, weight) \
         select $1, $2, new.record_id, new.word, new.weight \
         from unnest($4::uuid[], $5::text[], $6::smallint[]) as new (record_id, word, weight) \
         on conflict (tenant_id, entity_id, word, record_id) do update set weight = excluded.weight \
         where w.weight <> excluded.weight",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(changed)
    .bind(records)
    .bind(words)
    .bind(weights)
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn put_references(
    tx: &mut TenantTx,
    entity: EntityId,
    stored: &[Stored],
    changed: &[Uuid],
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let (mut records, mut slots, mut entities, mut targets) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (record, (slot, other, target)) in
        stored.iter().flat_map(|s| s.traces.references.iter().map(|named| (s.record.id.uuid(), named)))
    {
        records.push(record);
        slots.push(*slot);
        entities.push(other.as_str());
        targets.push(*target);
    }
    if records.is_empty() && changed.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "with gone as (delete from records.reference r where r.tenant_id = $1 and r.entity_id = $2 \
         and r.record_id = any($3) and not exists (\
         select 1 from unnest($4::uuid[], $5::integer[], $7::uuid[]) as kept (record_id, slot, id) \
         where kept.record_id = r.record_id and kept.slot = r.slot and kept.id = r.target_id)) \
         insert into records.reference (tenant_id, entity_id, record_id, slot, target_entity, target_id) \
         select $1, $2, new.record_id, new.slot, new.entity, new.id \
         from unnest($4::uuid[], $5::integer[], $6::text[], $7::uuid[]) as new (record_id, slot, entity, id) \
         on conflict (tenant_id, entity_id, record_id, slot, target_id) do nothing",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(changed)
    .bind(records)
    .bind(slots)
    .bind(entities)
    .bind(targets)
    .execute(tx.conn())
    .await?;
    Ok(())
}
