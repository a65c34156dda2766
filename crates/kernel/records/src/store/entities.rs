//! Table `records.entity`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_entity::{EntityDef, EntityKey, Overlay};
use athyper_kernel_error::FieldError;
use athyper_kernel_record_model::{Entity, EntityId, Slot, SystemEntities};
use athyper_kernel_types::Id;
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

/// Slots by key of the field.
type Slots = Json<BTreeMap<String, Slot>>;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    version: i64,
    definition: Json<Value>,
    slots: Slots,
}

impl Row {
    /// The entity: the tenant's own, or one of a domain with what the tenant changes of it.
    fn into_entity(self, system: &SystemEntities) -> Result<Entity, DbError> {
        let corrupt = |what: String| DbError::Corrupt(format!("definition of entity {}: {what}", self.id));
        let told = |errors: Vec<FieldError>| {
            let first = errors.into_iter().next();
            corrupt(first.map(|error| format!("{} {}", error.pointer, error.message)).unwrap_or_default())
        };
        let id = Id::from_uuid(self.id);
        let Some(base) = system.by_id(id) else {
            let def: EntityDef =
                serde_json::from_value(self.definition.0).map_err(|error| corrupt(error.to_string()))?;
            return Entity::new(id, self.version, def, self.slots.0).map_err(told);
        };
        let overlay: Overlay =
            serde_json::from_value(self.definition.0).map_err(|error| corrupt(error.to_string()))?;
        base.overlaid(&overlay, self.version, self.slots.0).map_err(told)
    }
}

/// The entity in force of this key.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    key: &EntityKey,
) -> Result<Option<Entity>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, version, definition, slots from records.entity \
         where tenant_id = $1 and key = $2 and retired_at is null",
    )
    .bind(tenant)
    .bind(key.as_str())
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| row.into_entity(system)).transpose()
}

/// The entity of this id, retired or not, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut TenantTx,
    system: &SystemEntities,
    id: EntityId,
) -> Result<Option<Entity>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, version, definition, slots from records.entity where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| row.into_entity(system)).transpose()
}

/// The entity of this id, retired or not, to be held against another one: see [`Entity::uncompiled`].
pub(crate) async fn stored(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    id: EntityId,
) -> Result<Option<Entity>, DbError> {
    if system.by_id(id).is_some() {
        return by_id(tx, system, id).await;
    }
    let tenant = tx.tenant_id().uuid();
    let row: Option<(i64, Json<EntityDef>, Slots)> = sqlx::query_as(
        "select version, definition, slots from records.entity where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|(version, def, slots)| Entity::uncompiled(id, version, def.0, slots.0)))
}

/// The version of the entity of this id, retired or not, locked until the transaction ends.
pub(crate) async fn lock_version(tx: &mut TenantTx, id: EntityId) -> Result<Option<i64>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select version from records.entity where tenant_id = $1 and id = $2 for update")
        .bind(tenant)
        .bind(id.uuid())
        .fetch_optional(tx.conn())
        .await?)
}

/// The slots of the entity of this id, retired or not.
pub(crate) async fn slots(
    tx: &mut impl TenantConnection,
    id: EntityId,
) -> Result<BTreeMap<String, Slot>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let slots: Option<Slots> =
        sqlx::query_scalar("select slots from records.entity where tenant_id = $1 and id = $2")
            .bind(tenant)
            .bind(id.uuid())
            .fetch_optional(tx.conn())
            .await?;
    Ok(slots.map(|slots| slots.0).unwrap_or_default())
}

/// The entity of this id, retired or not.
pub(crate) async fn by_id(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    id: EntityId,
) -> Result<Option<Entity>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, version, definition, slots from records.entity where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| row.into_entity(system)).transpose()
}

/// Whether this version of the entity is in force; if so, it stays until the transaction ends.
pub(crate) async fn hold(tx: &mut TenantTx, entity: &Entity) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let version: Option<i64> = sqlx::query_scalar(
        "select version from records.entity \
         where tenant_id = $1 and id = $2 and key = $3 and retired_at is null for key share",
    )
    .bind(tenant)
    .bind(entity.id.uuid())
    .bind(entity.def.key.as_str())
    .fetch_optional(tx.conn())
    .await?;
    Ok(version == Some(entity.version))
}

/// Enters an entity of a domain of which the tenant has changed nothing yet, so that it can be held.
pub(crate) async fn begin(tx: &mut TenantTx, entity: &Entity) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into records.entity (tenant_id, id, key, version, definition, slots, published_at, published_by) \
         values ($1, $2, $3, 0, '{}', '{}', $4, $5) on conflict (tenant_id, id) do nothing",
    )
    .bind(tenant)
    .bind(entity.id.uuid())
    .bind(entity.def.key.as_str())
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which of these keys are those of entities in force.
pub(crate) async fn existing_keys(
    tx: &mut impl TenantConnection,
    keys: &[EntityKey],
) -> Result<Vec<EntityKey>, DbError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant_id().uuid();
    let found: Vec<String> = sqlx::query_scalar(
        "select key from records.entity where tenant_id = $1 and key = any($2) and retired_at is null",
    )
    .bind(tenant)
    .bind(keys.iter().map(EntityKey::as_str).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(keys.iter().filter(|key| found.iter().any(|found| found == key.as_str())).cloned().collect())
}

/// The keys of the entities in force with a reference to this one which calls those that refer so.
pub(crate) async fn with_inverse(
    tx: &mut impl TenantConnection,
    target: &EntityKey,
    name: &str,
) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select key from records.entity where tenant_id = $1 and retired_at is null \
         and jsonb_path_exists(definition, '$.fields[*].type.* ? (@.entity == $target && @.inverse == $name)', \
         jsonb_build_object('target', $2::text, 'name', $3::text)) order by key",
    )
    .bind(tenant)
    .bind(target.as_str())
    .bind(name)
    .fetch_all(tx.conn())
    .await?)
}

/// At most `limit` entities in force whose key comes after `after`, by key.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Entity>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, version, definition, slots from records.entity \
         where tenant_id = $1 and retired_at is null and ($2::text is null or key > $2) order by key limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(|row| row.into_entity(system)).collect()
}

/// Puts a tenant's change of a domain's entity in force.
pub(crate) async fn put_overlay(
    tx: &mut TenantTx,
    entity: &Entity,
    overlay: &Overlay,
) -> Result<(), DbError> {
    put_definition(tx, entity, overlay).await
}

/// Puts a definition in force, as the entity's next version. The constraint `entity_key` where another entity has its key.
pub(crate) async fn put(tx: &mut TenantTx, entity: &Entity) -> Result<(), DbError> {
    put_definition(tx, entity, &entity.def).await
}

async fn put_definition(
    tx: &mut TenantTx,
    entity: &Entity,
    definition: &(impl Serialize + Sync),
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into records.entity (tenant_id, id, key, version, definition, slots, published_at, published_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) \
         on conflict (tenant_id, id) do update set key = excluded.key, version = excluded.version, \
         definition = excluded.definition, slots = excluded.slots, published_at = excluded.published_at, \
         published_by = excluded.published_by, retired_at = null",
    )
    .bind(tenant)
    .bind(entity.id.uuid())
    .bind(entity.def.key.as_str())
    .bind(entity.version)
    .bind(Json(definition))
    .bind(Json(entity.slots()))
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes an entity out of force. Its records stay as they are.
pub(crate) async fn retire(tx: &mut TenantTx, id: EntityId) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query("update records.entity set retired_at = $3 where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}
