//! Table `records.reference`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_record_model::{Entity, EntityId, RecordId, Relation, Slot, sorted_by};
use athyper_kernel_types::Id;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// Replaces what a record names.
pub(crate) async fn put(
    tx: &mut TenantTx,
    entity: EntityId,
    record: RecordId,
    references: &[(Slot, String, Uuid)],
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let slots: Vec<Slot> = references.iter().map(|(slot, _, _)| *slot).collect();
    let targets: Vec<Uuid> = references.iter().map(|(_, _, id)| *id).collect();
    let entities: Vec<&str> = references.iter().map(|(_, entity, _)| entity.as_str()).collect();
    sqlx::query(
        "with gone as (delete from records.reference r where r.tenant_id = $1 and r.entity_id = $2 \
         and r.record_id = $3 and not exists (select 1 from unnest($4::integer[], $6::uuid[]) as kept (slot, id) \
         where kept.slot = r.slot and kept.id = r.target_id)) \
         insert into records.reference (tenant_id, entity_id, record_id, slot, target_entity, target_id) \
         select $1, $2, $3, new.slot, new.entity, new.id \
         from unnest($4::integer[], $5::text[], $6::uuid[]) as new (slot, entity, id) \
         on conflict (tenant_id, entity_id, record_id, slot, target_id) do nothing",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(record.uuid())
    .bind(slots)
    .bind(entities)
    .bind(targets)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// At most `limit` records that name this one, with the key of their entity and the slot of the field.
pub(crate) async fn to(
    tx: &mut TenantTx,
    target_entity: &str,
    target: RecordId,
    limit: u32,
) -> Result<Vec<(String, RecordId, Slot)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(String, Uuid, Slot)> = sqlx::query_as(
        "select e.key, r.record_id, r.slot from records.reference r \
         join records.entity e on e.tenant_id = r.tenant_id and e.id = r.entity_id \
         where r.tenant_id = $1 and r.target_entity = $2 and r.target_id = $3 \
         order by e.key, r.slot, r.record_id limit $4",
    )
    .bind(tenant)
    .bind(target_entity)
    .bind(target.uuid())
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(entity, id, slot)| (entity, Id::from_uuid(id), slot)).collect())
}

/// Who refers to these records of `entity` by the field of `other` in this slot: what is referred to and who does, at most `most`
/// for each, in the order of their making.
pub(crate) async fn holders(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    other: &Entity,
    slot: Slot,
    targets: &[Uuid],
    most: i64,
) -> Result<Vec<(Uuid, Uuid)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let kind = other.fields().find(|(_, of)| *of == slot).map(|(field, _)| &field.kind);
    let column = other.system().zip(kind).filter(|_| other.is_column(slot) && other.is_written_by_commands());
    let pairs = match column.and_then(|(system, kind)| sorted_by(system, slot, kind)) {
        // What commands write has no rows of references.
        Some((column, _)) => {
            let Relation { from, scope, live, .. } = other.relation();
            format!(
                "select {column} as target, r.id as holder from {from} \
                 where {scope} and {live} and {column} = any($3) and $4::text is not null"
            )
        }
        None => format!(
            "select r.target_id as target, r.record_id as holder from records.reference r \
             where r.tenant_id = $1 and r.entity_id = $2 and r.slot = {slot} and r.target_entity = $4 \
             and r.target_id = any($3)"
        ),
    };
    let statement = format!(
        "select target, holder from (select p.target, p.holder, \
         row_number() over (partition by p.target order by p.holder) as place from ({pairs}) p) ranked \
         where place <= $5 order by target, holder"
    );
    Ok(sqlx::query_as(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(other.id.uuid())
        .bind(targets)
        .bind(entity.def.key.as_str())
        .bind(most)
        .fetch_all(tx.conn())
        .await?)
}
