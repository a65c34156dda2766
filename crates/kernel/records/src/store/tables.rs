//! Records that lie in tables of domains: how they are written.

use std::fmt::Write as _;

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_entity::SystemEntity;
use athyper_kernel_record_model::{Entity, Record, written};
use sqlx::AssertSqlSafe;
use sqlx::types::Json;

/// Enters a record, or its next version; where the commands of the domain write the domain's fields, only the values of the
/// fields that the tenant added and the version. While another definition is made ready, the record is named as one to look
/// at again.
pub(super) async fn put(
    tx: &mut TenantTx,
    entity: &Entity,
    system: &SystemEntity,
    record: &Record,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let stored = entity.to_stored(&record.values);
    let is_custom = |slot: &String| slot.parse().is_ok_and(|slot| !entity.is_column(slot));
    let (custom, columns): (serde_json::Map<_, _>, serde_json::Map<_, _>) =
        stored.into_iter().partition(|(slot, _)| is_custom(slot));
    let forgotten: Vec<String> =
        entity.fields().map(|(_, slot)| slot.to_string()).filter(|slot| is_custom(slot)).collect();
    let (deleted_at, deleted_by) = record.deleted.clone().unzip();
    let statement = if entity.is_written_by_commands() {
        change_custom(system)
    } else {
        enter(system, &written(system, &entity.def))
    };
    sqlx::query(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(entity.id.uuid())
        .bind(record.id.uuid())
        .bind(record.version)
        .bind(record.state.as_deref())
        .bind(Json(columns))
        .bind(Json(custom))
        .bind(forgotten)
        .bind(record.created_at)
        .bind(&record.created_by)
        .bind(record.updated_at)
        .bind(&record.updated_by)
        .bind(deleted_at)
        .bind(deleted_by)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What is bound, under names, so that each statement takes all of it and uses what its table has.
const NEW: &str = "with touched as (insert into records.touched (tenant_id, entity_id, record_id) \
     select e.tenant_id, e.id, $3 from records.entity e where e.tenant_id = $1 and e.id = $2 and e.preparing \
     on conflict (tenant_id, entity_id, record_id) do nothing), \
     new (tenant_id, id, version, state, data, custom, forgotten, created_at, created_by, updated_at, updated_by, \
     deleted_at, deleted_by) as (values ($1::uuid, $3::uuid, $4::bigint, $5::text, $6::jsonb, $7::jsonb, $8::text[], \
     $9::timestamptz, $10::text, $11::timestamptz, $12::text, $13::timestamptz, $14::text))";

/// What a table has of that, other than its key and who made the record.
fn parts(system: &SystemEntity) -> Vec<&'static str> {
    let parts = &system.parts;
    let of = |has: bool, columns: &[&'static str]| if has { columns.to_vec() } else { Vec::new() };
    [
        vec!["version"],
        of(parts.state, &["state"]),
        of(parts.updated, &["updated_at", "updated_by"]),
        of(parts.deleted, &["deleted_at", "deleted_by"]),
    ]
    .concat()
}

fn enter(system: &SystemEntity, fields: &[(&'static str, String)]) -> String {
    let parts = parts(system);
    let custom = if system.parts.custom { ", custom" } else { "" };
    let mut columns = String::from("tenant_id, id, created_at, created_by");
    let mut values = String::from("new.tenant_id, new.id, new.created_at, new.created_by");
    let mut changes = Vec::new();
    for part in &parts {
        let _ = write!(columns, ", {part}");
        let _ = write!(values, ", new.{part}");
        changes.push(format!("{part} = excluded.{part}"));
    }
    for (column, value) in fields {
        let _ = write!(columns, ", {column}");
        let _ = write!(values, ", {value}");
        changes.push(format!("{column} = excluded.{column}"));
    }
    if system.parts.custom {
        changes.push("custom = (r.custom - $8::text[]) || excluded.custom".to_owned());
    }
    let new_custom = if system.parts.custom { ", new.custom" } else { "" };
    format!(
        "{NEW} insert into {} as r ({columns}{custom}) select {values}{new_custom} from new \
         on conflict (tenant_id, id) do update set {}",
        system.table,
        changes.join(", ")
    )
}

fn change_custom(system: &SystemEntity) -> String {
    let updated =
        if system.parts.updated { ", updated_at = new.updated_at, updated_by = new.updated_by" } else { "" };
    format!(
        "{NEW} update {} r set version = new.version, custom = (r.custom - new.forgotten) || new.custom{updated} \
         from new where r.tenant_id = new.tenant_id and r.id = new.id",
        system.table
    )
}
