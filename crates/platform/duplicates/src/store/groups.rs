//! Tables `records.match_count` and `records.match_key`.

use std::collections::HashMap;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_records::{EntityId, MatchKey, RecordId};
use uuid::Uuid;

use crate::model::group::MOST_LOOKED_AT;

/// A key that several records have.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Several {
    /// What the rule compares.
    pub(crate) rule: String,
    /// What they agree in.
    pub(crate) key: String,
    /// How many records.
    pub(crate) records: i64,
}

/// At most `limit` keys of these rules that several records have, behind `after`, by rule and key.
pub(crate) async fn several(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    rules: &[String],
    after: Option<&(String, String)>,
    limit: u32,
) -> Result<Vec<Several>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let (rule, key) = after.map(|(rule, key)| (rule.as_str(), key.as_str())).unwrap_or_default();
    Ok(sqlx::query_as(
        "select rule, key, records from records.match_count \
         where tenant_id = $1 and entity_id = $2 and records > 1 and rule = any($3) and (rule, key) > ($4, $5) \
         order by rule, key limit $6",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(rules)
    .bind(rule)
    .bind(key)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?)
}

/// The records that have these keys, by rule and key; of each key as many as are looked at, by id.
pub(crate) async fn members(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    several: &[Several],
) -> Result<HashMap<(String, String), Vec<Uuid>>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let (rules, keys): (Vec<&str>, Vec<&str>) =
        several.iter().map(|one| (one.rule.as_str(), one.key.as_str())).unzip();
    let rows: Vec<(String, String, Uuid)> = sqlx::query_as(
        "select wanted.rule, wanted.key, k.record_id from unnest($3::text[], $4::text[]) as wanted (rule, key) \
         cross join lateral (select m.record_id from records.match_key m where m.tenant_id = $1 \
         and m.entity_id = $2 and m.rule = wanted.rule and m.key = wanted.key order by m.record_id limit $5) k",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(rules)
    .bind(keys)
    .bind(i64::try_from(MOST_LOOKED_AT).unwrap_or(i64::MAX))
    .fetch_all(tx.conn())
    .await?;
    let mut members: HashMap<(String, String), Vec<Uuid>> = HashMap::new();
    for (rule, key, record) in rows {
        members.entry((rule, key)).or_default().push(record);
    }
    for of_key in members.values_mut() {
        of_key.sort_unstable();
    }
    Ok(members)
}

/// At most `limit` records behind `after`, by id, that agree with this one by one of these rules and are not said to be
/// another thing, each with the rules.
pub(crate) async fn agreeing(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    record: RecordId,
    rules: &[String],
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<(Uuid, Vec<String>)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select k.record_id, array_agg(k.rule order by k.rule) from records.match_key own \
         join records.match_key k on k.tenant_id = own.tenant_id and k.entity_id = own.entity_id \
         and k.rule = own.rule and k.key = own.key and k.record_id <> own.record_id \
         where own.tenant_id = $1 and own.entity_id = $2 and own.record_id = $3 and own.rule = any($4) \
         and ($5::uuid is null or k.record_id > $5) \
         and not exists (select 1 from records.dismissal d where d.tenant_id = $1 and d.entity_id = $2 \
         and d.first_id = least(k.record_id, $3) and d.second_id = greatest(k.record_id, $3)) \
         group by k.record_id order by k.record_id limit $6",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .bind(rules)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?)
}

/// At most `limit` records, by id, that have one of these keys, each with the rules; without `except`.
pub(crate) async fn having(
    tx: &mut impl TenantConnection,
    entity: EntityId,
    keys: &[MatchKey],
    except: Option<Uuid>,
    limit: u32,
) -> Result<Vec<(Uuid, Vec<String>)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let (rules, words): (Vec<&str>, Vec<&str>) =
        keys.iter().map(|key| (key.rule.as_str(), key.key.as_str())).unzip();
    Ok(sqlx::query_as(
        "select k.record_id, array_agg(k.rule order by k.rule) \
         from unnest($3::text[], $4::text[]) as wanted (rule, key) \
         join records.match_key k on k.tenant_id = $1 and k.entity_id = $2 and k.rule = wanted.rule \
         and k.key = wanted.key where k.record_id is distinct from $5 \
         group by k.record_id order by k.record_id limit $6",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(rules)
    .bind(words)
    .bind(except)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?)
}
