//! What the design of an entity asks of all its records, and how they are brought to another definition: their table,
//! `records.touched`, and the flag of `records.entity`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_record_model::{Entity, EntityId, RecordId, Relation, Slot};
use athyper_kernel_types::Id;
use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;
use sqlx::types::Json;
use uuid::Uuid;

/// A record as it is stored, whatever its definition.
#[derive(sqlx::FromRow)]
pub(crate) struct Stored {
    pub(crate) id: Uuid,
    pub(crate) state: Option<String>,
    pub(crate) data: Json<Map<String, Value>>,
    pub(crate) deleted: bool,
}

/// What a record becomes.
pub(crate) struct Redone<'r> {
    pub(crate) id: RecordId,
    pub(crate) state: Option<&'r str>,
    pub(crate) data: &'r Map<String, Value>,
}

/// How many records there are: not deleted, and in all.
pub(crate) async fn count(tx: &mut impl TenantConnection, entity: &Entity) -> Result<(i64, i64), DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, live, .. } = entity.relation();
    let statement = format!("select count(*) filter (where {live}), count(*) from {from} where {scope}");
    Ok(sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .fetch_one(tx.conn())
        .await?)
}

/// How many live records have a value in this slot, or have none, and the first of them.
pub(crate) async fn with_value(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    slot: Slot,
    is_there: bool,
    samples: i64,
) -> Result<(i64, Vec<Uuid>), DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, live, values, .. } = entity.relation();
    let statement = format!(
        "select (select count(*) from {from} where {found}), \
         array(select r.id from {from} where {found} order by r.id limit $5)",
        found = format_args!(
            "{scope} and {live} and (coalesce(jsonb_typeof({values} -> $3), 'null') <> 'null') = $4"
        )
    );
    Ok(sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(slot.to_string())
        .bind(is_there)
        .bind(samples)
        .fetch_one(tx.conn())
        .await?)
}

/// How many live records are in one of these states, or in any where none are named, and the first of them.
pub(crate) async fn in_states(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    states: &[String],
    samples: i64,
) -> Result<(i64, Vec<Uuid>), DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, live, state, .. } = entity.relation();
    let statement = format!(
        "select (select count(*) from {from} where {found}), \
         array(select r.id from {from} where {found} order by r.id limit $4)",
        found = format_args!(
            "{scope} and {live} and {state} is not null and (cardinality($3::text[]) = 0 or {state} = any($3))"
        )
    );
    Ok(sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(states)
        .bind(samples)
        .fetch_one(tx.conn())
        .await?)
}

/// At most `limit` records behind `after`, by id; those that are deleted only where `deleted` says so. Locked where `lock`
/// says so.
pub(crate) async fn page(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    after: Option<RecordId>,
    limit: i64,
    deleted: bool,
) -> Result<Vec<Stored>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, live, columns, .. } = entity.relation();
    let statement = format!(
        "select {columns}, not ({live}) as deleted from {from} \
         where {scope} and ($3::uuid is null or r.id > $3) and ($5 or {live}) order by r.id limit $4"
    );
    Ok(sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(after.map(Id::uuid))
        .bind(limit)
        .bind(deleted)
        .fetch_all(tx.conn())
        .await?)
}

/// As [`page`], all of them, locked until the transaction ends.
pub(crate) async fn lock_page(
    tx: &mut TenantTx,
    entity: &Entity,
    after: Option<RecordId>,
    limit: i64,
) -> Result<Vec<Stored>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let Relation { from, scope, live, columns, .. } = entity.relation();
    let statement = format!(
        "select {columns}, not ({live}) as deleted from {from} \
         where {scope} and ($3::uuid is null or r.id > $3) order by r.id limit $4 for update of r"
    );
    Ok(sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(after.map(Id::uuid))
        .bind(limit)
        .fetch_all(tx.conn())
        .await?)
}

/// At most `limit` of the records that were written since the other definition is made ready; they are no longer named.
pub(crate) async fn take_touched(
    tx: &mut TenantTx,
    entity: &Entity,
    limit: i64,
) -> Result<Vec<Stored>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let mut ids: Vec<Uuid> = sqlx::query_scalar(
        "delete from records.touched where (tenant_id, entity_id, record_id) in (\
           select tenant_id, entity_id, record_id from records.touched \
           where tenant_id = $1 and entity_id = $2 order by record_id limit $3) returning record_id",
    )
    .bind(tenant)
    .bind(entity.id.uuid())
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    ids.sort();
    let Relation { from, scope, live, columns, .. } = entity.relation();
    let statement = format!(
        "select {columns}, not ({live}) as deleted from {from} \
         where {scope} and r.id = any($3) order by r.id for update of r"
    );
    Ok(sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(&ids)
        .fetch_all(tx.conn())
        .await?)
}

/// Says whether another definition is made ready, and forgets what was written before.
pub(crate) async fn set_preparing(
    tx: &mut TenantTx,
    entity: EntityId,
    is_preparing: bool,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("update records.entity set preparing = $3 where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(entity.uuid())
        .bind(is_preparing)
        .execute(tx.conn())
        .await?;
    sqlx::query("delete from records.touched where tenant_id = $1 and entity_id = $2")
        .bind(tenant)
        .bind(entity.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Stores a record as the other definition wants it: a new version, which is kept.
pub(crate) async fn put(tx: &mut TenantTx, entity: &Entity, redone: &Redone<'_>) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let is_kept = |slot: &String| slot.parse().is_ok_and(|slot| !entity.is_column(slot));
    let kept: Map<String, Value> = redone
        .data
        .iter()
        .filter(|(slot, _)| is_kept(slot))
        .map(|(slot, value)| (slot.clone(), value.clone()))
        .collect();
    let statement = match entity.system() {
        None => {
            "update records.record r set state = $4, data = $8, version = r.version + 1, updated_at = $6, \
                 updated_by = $7 where r.tenant_id = $1 and r.entity_id = $2 and r.id = $3"
                .to_owned()
        }
        Some(system) => {
            let updated = if system.parts.updated { ", updated_at = $6, updated_by = $7" } else { "" };
            format!(
                "update {} r set custom = $8, version = r.version + 1{updated} where r.tenant_id = $1 and r.id = $3",
                system.table
            )
        }
    };
    let statement = format!(
        "with stored as ({statement} returning r.version) \
         insert into records.revision (tenant_id, entity_id, record_id, version, action, state, data, recorded_at, \
         recorded_by) select $1, $2, $3, version, 'convert', $4, $5, $6, $7 from stored"
    );
    sqlx::query(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(redone.id.uuid())
        .bind(redone.state)
        .bind(Json(redone.data))
        .bind(now)
        .bind(actor)
        .bind(Json(kept))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Removes the indexed values of a record other than those of these slots.
pub(crate) async fn keep_values(
    tx: &mut TenantTx,
    entity: EntityId,
    record: RecordId,
    slots: &[Slot],
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "delete from records.field_value \
         where tenant_id = $1 and entity_id = $2 and record_id = $3 and slot <> all($4)",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .bind(slots)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets references name the entity by its new key.
pub(crate) async fn rename_target(tx: &mut TenantTx, before: &str, after: &str) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update records.reference set target_entity = $3 where tenant_id = $1 and target_entity = $2",
    )
    .bind(tenant)
    .bind(before)
    .bind(after)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The keys of the other entities in force whose fields refer to this one.
pub(crate) async fn referring(
    tx: &mut impl TenantConnection,
    id: EntityId,
    key: &str,
) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select key from records.entity where tenant_id = $1 and id <> $2 and retired_at is null \
         and jsonb_path_exists(definition, \
         '$.fields[*].**.type.* ? (@.entity == $key)', jsonb_build_object('key', $3::text)) order by key",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(key)
    .fetch_all(tx.conn())
    .await?)
}
