//! Tables `records.match_key`, `records.dismissal` and `records.merged`, as far as writing and reading records needs them.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_record_model::{EntityId, MatchKey, RecordId};
use athyper_kernel_types::Id;
use uuid::Uuid;

use crate::store::many::Stored;

/// Replaces what a record agrees in with its duplicates. Gives what is new.
pub(crate) async fn put(
    tx: &mut TenantTx,
    entity: EntityId,
    record: RecordId,
    keys: &[MatchKey],
) -> Result<Vec<MatchKey>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let (rules, words): (Vec<&str>, Vec<&str>) =
        keys.iter().map(|key| (key.rule.as_str(), key.key.as_str())).unzip();
    let rows: Vec<(String, String)> = sqlx::query_as(
        "with gone as (delete from records.match_key k where k.tenant_id = $1 and k.entity_id = $2 \
         and k.record_id = $3 and not exists (select 1 from unnest($4::text[], $5::text[]) as kept (rule, key) \
         where kept.rule = k.rule and kept.key = k.key)) \
         insert into records.match_key (tenant_id, entity_id, rule, key, record_id) \
         select $1, $2, new.rule, new.key, $3 from unnest($4::text[], $5::text[]) as new (rule, key) \
         on conflict (tenant_id, entity_id, rule, key, record_id) do nothing returning rule, key",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .bind(rules)
    .bind(words)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(rule, key)| MatchKey { rule, key }).collect())
}

/// As [`put`], of many records, of which those that are `changed` had keys before.
pub(crate) async fn put_many(
    tx: &mut TenantTx,
    entity: EntityId,
    stored: &[Stored],
    changed: &[Uuid],
) -> Result<(), DbError> {
    let (mut rules, mut words, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for (record, key) in
        stored.iter().flat_map(|s| s.traces.matches.iter().map(|key| (s.record.id.uuid(), key)))
    {
        rules.push(key.rule.as_str());
        words.push(key.key.as_str());
        records.push(record);
    }
    if records.is_empty() && changed.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "with gone as (delete from records.match_key k where k.tenant_id = $1 and k.entity_id = $2 \
         and k.record_id = any($3) and not exists (\
         select 1 from unnest($4::text[], $5::text[], $6::uuid[]) as kept (rule, key, record_id) \
         where kept.record_id = k.record_id and kept.rule = k.rule and kept.key = k.key)) \
         insert into records.match_key (tenant_id, entity_id, rule, key, record_id) \
         select $1, $2, new.rule, new.key, new.record_id \
         from unnest($4::text[], $5::text[], $6::uuid[]) as new (rule, key, record_id) \
         on conflict (tenant_id, entity_id, rule, key, record_id) do nothing",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(changed)
    .bind(rules)
    .bind(words)
    .bind(records)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// At most `most` other records that have one of these keys, and are not said to be another thing: the rule and the record.
pub(crate) async fn others(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    record: RecordId,
    keys: &[MatchKey],
    most: i64,
) -> Result<Vec<(String, RecordId)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let (rules, words): (Vec<&str>, Vec<&str>) =
        keys.iter().map(|key| (key.rule.as_str(), key.key.as_str())).unzip();
    let rows: Vec<(String, Uuid)> = sqlx::query_as(
        "select k.rule, k.record_id from unnest($4::text[], $5::text[]) as wanted (rule, key) \
         join records.match_key k on k.tenant_id = $1 and k.entity_id = $2 and k.rule = wanted.rule \
         and k.key = wanted.key and k.record_id <> $3 \
         where not exists (select 1 from records.dismissal p where p.tenant_id = $1 and p.entity_id = $2 \
         and p.first_id = least(k.record_id, $3) and p.second_id = greatest(k.record_id, $3)) \
         order by k.rule, k.record_id limit $6",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .bind(rules)
    .bind(words)
    .bind(most)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(rule, id)| (rule, Id::from_uuid(id))).collect())
}

/// Into which records these were merged, where they were.
pub(crate) async fn merged_into(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    records: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select record_id, survivor_id from records.merged \
         where tenant_id = $1 and entity_id = $2 and record_id = any($3)",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(records)
    .fetch_all(tx.conn())
    .await?)
}

/// Says that these records were merged into another one; so were those that were merged into them before.
pub(crate) async fn set_merged(
    tx: &mut TenantTx,
    entity: EntityId,
    records: &[Uuid],
    survivor: RecordId,
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "with earlier as (update records.merged set survivor_id = $4 \
         where tenant_id = $1 and entity_id = $2 and survivor_id = any($3)) \
         insert into records.merged (tenant_id, entity_id, record_id, survivor_id, merged_at, merged_by) \
         select $1, $2, gone.id, $4, $5, $6 from unnest($3::uuid[]) as gone (id)",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(records)
    .bind(survivor.uuid())
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was said of merged records holds of the one that is left: that others are no duplicates of it.
pub(crate) async fn move_pairs(
    tx: &mut TenantTx,
    entity: EntityId,
    records: &[Uuid],
    survivor: RecordId,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "with gone as (delete from records.dismissal where tenant_id = $1 and entity_id = $2 \
         and (first_id = any($3) or second_id = any($3)) \
         returning id, case when first_id = any($3) then $4 else first_id end as one, \
         case when second_id = any($3) then $4 else second_id end as other, reason, made_at, made_by) \
         insert into records.dismissal (tenant_id, id, entity_id, first_id, second_id, reason, made_at, made_by) \
         select distinct on (least(one, other), greatest(one, other)) $1, id, $2, least(one, other), \
         greatest(one, other), reason, made_at, made_by from gone where one <> other \
         and not exists (select 1 from records.dismissal p where p.tenant_id = $1 and p.entity_id = $2 \
         and p.first_id = least(one, other) and p.second_id = greatest(one, other)) \
         order by least(one, other), greatest(one, other), made_at",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(records)
    .bind(survivor.uuid())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets what was said of a record that is gone for good.
pub(crate) async fn forget(tx: &mut TenantTx, entity: EntityId, record: RecordId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "with pairs as (delete from records.dismissal \
         where tenant_id = $1 and entity_id = $2 and (first_id = $3 or second_id = $3)) \
         delete from records.merged where tenant_id = $1 and entity_id = $2 and (record_id = $3 or survivor_id = $3)",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .execute(tx.conn())
    .await?;
    Ok(())
}
