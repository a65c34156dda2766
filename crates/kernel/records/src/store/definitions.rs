//! What is in force in a tenant, without its expressions compiled: table `records.entity`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_entity::{EntityDef, EntityKey};
use athyper_kernel_record_model::EntityId;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

/// Most entities that are looked at; a tenant has fewer.
const MAX_ENTITIES: i64 = 20_000;

/// An entity in force, by what tells one state of it from another.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InForce {
    /// Its id.
    pub id: Uuid,
    /// Its key.
    pub key: String,
    /// Its version.
    pub version: i64,
}

/// The entities in force, by key; only those of these keys, where some are named.
pub(crate) async fn in_force(
    tx: &mut impl TenantConnection,
    keys: Option<&[String]>,
) -> Result<Vec<InForce>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, key, version from records.entity \
         where tenant_id = $1 and retired_at is null and ($2::text[] is null or key = any($2)) order by key limit $3",
    )
    .bind(tenant)
    .bind(keys)
    .bind(MAX_ENTITIES)
    .fetch_all(tx.conn())
    .await?)
}

/// The definitions of these entities, in the order of their keys, whether they are still in force or not: what was listed a
/// moment ago is still found. The key is the one that was listed.
pub(crate) async fn of(
    tx: &mut impl TenantConnection,
    listed: &[InForce],
) -> Result<Vec<EntityDef>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let (ids, keys): (Vec<Uuid>, Vec<&str>) =
        listed.iter().map(|entity| (entity.id, entity.key.as_str())).unzip();
    let rows: Vec<(Uuid, Json<Value>)> = sqlx::query_as(
        "select e.id, jsonb_set(e.definition, '{key}', to_jsonb(listed.key)) from records.entity e \
         join unnest($2::uuid[], $3::text[]) as listed (id, key) on listed.id = e.id \
         where e.tenant_id = $1 order by listed.key",
    )
    .bind(tenant)
    .bind(ids)
    .bind(keys)
    .fetch_all(tx.conn())
    .await?;
    let read = |(id, definition): (Uuid, Json<Value>)| {
        serde_json::from_value(definition.0)
            .map_err(|error| DbError::Corrupt(format!("definition of entity {id}: {error}")))
    };
    rows.into_iter().map(read).collect()
}

/// The id of the entity that has this key, in force or retired.
pub(crate) async fn id_of(
    tx: &mut impl TenantConnection,
    key: &EntityKey,
) -> Result<Option<EntityId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let id: Option<Uuid> =
        sqlx::query_scalar("select id from records.entity where tenant_id = $1 and key = $2")
            .bind(tenant)
            .bind(key.as_str())
            .fetch_optional(tx.conn())
            .await?;
    Ok(id.map(EntityId::from_uuid))
}

/// The keys of the entities of these ids, in force or retired.
pub(crate) async fn keys_of(
    tx: &mut impl TenantConnection,
    ids: &[EntityId],
) -> Result<BTreeMap<EntityId, String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(Uuid, String)> =
        sqlx::query_as("select id, key from records.entity where tenant_id = $1 and id = any($2)")
            .bind(tenant)
            .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
            .fetch_all(tx.conn())
            .await?;
    Ok(rows.into_iter().map(|(id, key)| (EntityId::from_uuid(id), key)).collect())
}
