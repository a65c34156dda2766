//! What refers to records that are merged into another one.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_entity::{EntityKey, FieldDef, FieldType, Stored};
use athyper_kernel_record_model::{Entity, EntityId, Relation, SystemEntities};
use athyper_kernel_types::Id;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// A record that refers to one of those.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Referring {
    /// Its entity.
    pub(crate) entity_id: Uuid,
    /// The entity's key.
    pub(crate) key: String,
    /// The record.
    pub(crate) record_id: Uuid,
}

/// At most `limit` records whose fields refer to these records of `target`.
pub(crate) async fn referring(
    tx: &mut TenantTx,
    target: &str,
    ids: &[Uuid],
    limit: i64,
) -> Result<Vec<Referring>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select distinct r.entity_id, e.key, r.record_id from records.reference r \
         join records.entity e on e.tenant_id = r.tenant_id and e.id = r.entity_id \
         where r.tenant_id = $1 and r.target_entity = $2 and r.target_id = any($3) \
         order by r.entity_id, r.record_id limit $4",
    )
    .bind(tenant)
    .bind(target)
    .bind(ids)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// The entities, in force or not, whose lines refer to records of `target`.
pub(crate) async fn with_lines(
    tx: &mut TenantTx,
    system: &SystemEntities,
    target: &str,
) -> Result<Vec<(EntityId, String)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "select id, key from records.entity where tenant_id = $1 and jsonb_path_exists(definition, \
         '$.fields[*].type.child.fields[*].type.* ? (@.entity == $key)', jsonb_build_object('key', $2::text)) \
         order by id",
    )
    .bind(tenant)
    .bind(target)
    .fetch_all(tx.conn())
    .await?;
    let mut found: Vec<(EntityId, String)> =
        rows.into_iter().map(|(id, key)| (Id::from_uuid(id), key)).collect();
    for entity in system.iter().filter(|entity| !entity.is_written_by_commands()) {
        let is_listed = found.iter().any(|(id, _)| *id == entity.id);
        let refers = entity.def.fields.iter().any(|field| !lines_to(field, target).is_empty());
        if refers && !is_listed {
            found.push((entity.id, entity.def.key.to_string()));
        }
    }
    Ok(found)
}

/// The keys of a line's fields that refer to records of `target`.
fn lines_to<'f>(field: &'f FieldDef, target: &str) -> Vec<&'f str> {
    let FieldType::Child(child) = &field.kind else { return Vec::new() };
    let own = child.fields.iter().filter(|own| refers(own, target));
    own.map(|own| own.key.as_str()).collect()
}

fn refers(field: &FieldDef, target: &str) -> bool {
    match &field.kind {
        FieldType::Reference(reference) | FieldType::References(reference) => {
            reference.entity.as_str() == target
        }
        _ => false,
    }
}

/// At most `limit` live records of an entity whose lines refer to these records of `target`. Lines are in no index: all
/// records of the entity are read.
pub(crate) async fn referring_lines(
    tx: &mut TenantTx,
    entity: &Entity,
    target: &EntityKey,
    ids: &[Uuid],
    limit: i64,
) -> Result<Vec<Uuid>, DbError> {
    let (tenant, texts) = (tx.tenant_id().uuid(), texts(ids));
    let Relation { from, scope, live, values, .. } = entity.relation();
    let statement = format!(
        "select r.id from {from} where {scope} and {live} and exists (select 1 from jsonb_array_elements(\
         case jsonb_typeof({values} -> $3) when 'array' then {values} -> $3 else '[]' end) line, \
         unnest($4::text[]) as named (key) where (line -> named.key) ?| $5) order by r.id limit $6"
    );
    let mut found = Vec::new();
    for (field, slot) in entity.fields() {
        let keys = lines_to(field, target.as_str());
        if keys.is_empty() {
            continue;
        }
        let rows: Vec<Uuid> = sqlx::query_scalar(AssertSqlSafe(statement.clone()))
            .bind(tenant)
            .bind(entity.id.uuid())
            .bind(slot.to_string())
            .bind(keys)
            .bind(&texts)
            .bind(limit)
            .fetch_all(tx.conn())
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

fn texts(ids: &[Uuid]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// A record of a domain's entity that refers to one of these records of `target` in what only the domain's operations write.
pub(crate) async fn held(
    tx: &mut TenantTx,
    entity: &Entity,
    target: &EntityKey,
    ids: &[Uuid],
) -> Result<Option<Uuid>, DbError> {
    let Some(system) = entity.system() else { return Ok(None) };
    for (field, slot) in entity.fields() {
        let stored = system.stored(slot);
        let found = match stored {
            Some(Stored::Lines(lines)) => {
                let named = lines_to(field, target.as_str());
                let columns =
                    lines.columns.iter().filter(|(key, _)| named.contains(key)).map(|(_, column)| *column);
                let mut found = None;
                for column in columns {
                    let from = format!("{} l", lines.table);
                    let id = format!("l.{}", lines.record);
                    found = found.or(named_by(tx, &from, &id, &format!("l.{column}"), ids).await?);
                }
                found
            }
            Some(Stored::Column(column))
                if entity.is_written_by_commands() && refers(field, target.as_str()) =>
            {
                in_column(tx, entity, field, column, ids).await?
            }
            Some(Stored::Column(_)) if entity.is_written_by_commands() => {
                let lines = lines_to(field, target.as_str());
                if lines.is_empty() { None } else { referring_lines(tx, entity, target, ids, 1).await?.pop() }
            }
            _ => None,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

async fn in_column(
    tx: &mut TenantTx,
    entity: &Entity,
    field: &FieldDef,
    column: &str,
    ids: &[Uuid],
) -> Result<Option<Uuid>, DbError> {
    let Relation { from, live, .. } = entity.relation();
    if matches!(field.kind, FieldType::Reference(_)) {
        let from = from.clone();
        return named_by(tx, &from, "r.id", &format!("r.{column}"), ids).await;
    }
    let (tenant, texts) = (tx.tenant_id().uuid(), texts(ids));
    let statement =
        format!("select r.id from {from} where r.tenant_id = $1 and {live} and r.{column} ?| $2 limit 1");
    Ok(sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(texts)
        .fetch_optional(tx.conn())
        .await?)
}

/// A row, told by `id`, whose column is one of these ids; whether its record is deleted is not asked.
async fn named_by(
    tx: &mut TenantTx,
    from: &str,
    id: &str,
    column: &str,
    ids: &[Uuid],
) -> Result<Option<Uuid>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let alias = column.split('.').next().unwrap_or_default();
    let statement =
        format!("select {id} from {from} where {alias}.tenant_id = $1 and {column} = any($2) limit 1");
    Ok(sqlx::query_scalar(AssertSqlSafe(statement)).bind(tenant).bind(ids).fetch_optional(tx.conn()).await?)
}
