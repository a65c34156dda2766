//! The records and files that a record's values name, and records that were merged into others.

use std::collections::BTreeMap;

use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use athyper_kernel_http::READ_RECORD;
use athyper_kernel_record_model::{
    Entity, Error, Successors, Traces, names_in_lines, references, references_in_lines, repoint,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::catalogue::Entities;
use crate::guard::Guard;
use crate::store::{matches, records};

/// Lets the values of a record that comes back name the records that those which it named were merged into meanwhile.
pub(crate) async fn follow(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    values: &mut Map<String, Value>,
) -> Result<(), Error> {
    let mut named: BTreeMap<String, Vec<Uuid>> = references_in_lines(entity, values);
    for (_, target, id) in Traces::of(entity, values).references {
        named.entry(target).or_default().push(id);
    }
    for (target, ids) in named {
        let Ok(target) = EntityKey::parse(&target) else { continue };
        let Some(other) = entities.find(tx, &target).await? else { continue };
        let successors: Successors = matches::merged_into(tx, other.id, &ids).await?.into_iter().collect();
        repoint(entity, &target, &successors, values);
    }
    Ok(())
}

/// Whether no line names a record that was merged into another one. Those that are named stay as they are until the
/// transaction ends.
pub(crate) async fn check_lines(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    values: &Map<String, Value>,
) -> Result<(), Error> {
    if !names_in_lines(entity) {
        return Ok(());
    }
    for (target, ids) in references_in_lines(entity, values) {
        let Ok(target) = EntityKey::parse(&target) else { continue };
        let Some(other) = entities.find(tx, &target).await? else { continue };
        records::existing(tx, &other, &ids).await?;
        if let Some((gone, survivor)) = matches::merged_into(tx, other.id, &ids).await?.first() {
            let message = format!("record {gone} of {target} was merged into {survivor}");
            return Err(Error::Invalid(vec![FieldError::new("", "unknown_record", message)]));
        }
    }
    Ok(())
}

/// Whether records that a client lets a record name are such as they may read: others are not there for them.
///
/// # Errors
/// The fields that name another one.
pub(crate) async fn check_readable(
    tx: &mut TenantTx,
    entities: &Entities,
    guard: &Guard,
    entity: &Entity,
    (before, given): (&Map<String, Value>, &Map<String, Value>),
) -> Result<(), Error> {
    let reads = guard.instead(READ_RECORD);
    let mut faults = Vec::new();
    let all = |key: &String, values: &Map<String, Value>| {
        let own: Map<_, _> = values.get(key).map(|value| (key.clone(), value.clone())).into_iter().collect();
        let mut named = references_in_lines(entity, &own);
        for (_, target, id) in references(entity, &own) {
            named.entry(target).or_default().push(id);
        }
        named
    };
    for key in given.keys() {
        let known = all(key, before);
        for (target, mut ids) in all(key, given) {
            // What it names already may stay.
            let known = known.get(&target).map(Vec::as_slice).unwrap_or_default();
            ids.retain(|id| !known.contains(id));
            let Ok(parsed) = EntityKey::parse(&target) else { continue };
            let Some(other) = entities.find(tx, &parsed).await?.filter(|other| !reads.is_free(other)) else {
                continue;
            };
            let found = records::by_ids(tx, &other, &ids).await?;
            if found.iter().any(|record| reads.shown(&other, record).is_none()) {
                let message = format!("there is no such record of {target}");
                faults.push(FieldError::new(format!("/{key}"), "unknown_record", message));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}
