//! Deletes a record so that it can be restored.

use std::collections::BTreeSet;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_entity::{EntityKey, FieldType, OnDelete};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, ProblemResponse, Reply};
use athyper_kernel_record_model::{Entity, Error, Record, RecordId, Slot};
use axum::extract::State;
use serde_json::{Value, json};

use crate::catalogue::Entities;
use crate::commands::{event, update_record};
use crate::guard::Guard;
use crate::path::RecordPath;
use crate::store::{records, references};
use crate::{Deps, write};

/// Most records that one deletion touches: itself, those that go with it, and those that forget it.
const MAX_TOUCHED: usize = 1_000;

/// Delete a record
///
/// It can be restored until it is purged. Records that refer to it keep it from being deleted, go with it, or forget it, as
/// the field that refers says.
#[utoipa::path(
    delete,
    path = "/v1/records/{entity}/{id}",
    operation_id = "records.delete_record",
    tag = "records",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is deleted")
    ),
    responses((status = 204, description = "It is deleted"), ChangeProblems)
)]
pub(crate) async fn delete_record(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.to_write(&mut cmd, &key).await?;
    let record = records::lock(&mut cmd.tx, &entity, id).await?.ok_or(Error::RecordNotFound)?;
    let guard = Guard::of(cmd.caller());
    guard.check(&entity, &record)?;
    cmd.require_version(record.version)?;
    let done = execute(&mut cmd.tx, &deps.entities, &entity, &guard, record).await?;
    cmd.finish(done.event, Reply::no_content()).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    record: Record,
) -> Result<Done<()>, Error> {
    guard.check(entity, &record)?;
    let changing = guard.instead("records.update_record");
    entity.must_be_written_here()?;
    update_record::check_open(entity, &record)?;
    let mut touched = BTreeSet::from([(entity.def.key.to_string(), record.id.uuid())]);
    let mut waiting = vec![(entity.clone(), record.clone())];
    let (mut deleted, mut forgot) = (Vec::new(), Vec::new());
    // A cascade is walked without recursion: the records that go, and then those that go with them.
    while let Some((of, going)) = waiting.pop() {
        let limit = u32::try_from(MAX_TOUCHED + 1).unwrap_or(u32::MAX);
        for (key, id, slot) in references::to(tx, of.def.key.as_str(), going.id, limit).await? {
            if touched.contains(&(key.clone(), id.uuid())) {
                continue;
            }
            let (other, named) = referring(tx, entities, &key, id).await?;
            match on_delete(&other, slot) {
                // What they may not delete or change themselves they do not by this either.
                OnDelete::Cascade if guard.check(&other, &named).is_err() => {
                    return Err(Error::Referenced { entity: key });
                }
                OnDelete::SetNull if changing.check(&other, &named).is_err() => {
                    return Err(Error::Referenced { entity: key });
                }
                OnDelete::Restrict => return Err(Error::Referenced { entity: key }),
                OnDelete::Cascade => {
                    update_record::check_open(&other, &named)?;
                    touched.insert((key, id.uuid()));
                    waiting.push((other, named));
                }
                OnDelete::SetNull => {
                    forget(tx, entities, &other, named, slot, going.id).await?;
                    forgot.push(json!({"entity": key, "id": id}));
                }
            }
            if touched.len() + forgot.len() > MAX_TOUCHED {
                return Err(Error::Referenced { entity: other_key(&of) });
            }
        }
        write::remove(tx, &of, &going, "delete").await?;
        if going.id != record.id {
            deleted.push(json!({"entity": of.def.key.as_str(), "id": going.id}));
        }
    }
    let event: AuditEvent = event("records.delete_record", entity, &record)
        .with("deleted", Value::Array(deleted))
        .with("forgot", Value::Array(forgot));
    Ok(Done::new((), event))
}

fn other_key(entity: &Entity) -> String {
    entity.def.key.to_string()
}

/// The record that refers to one that is deleted, locked, with its entity.
async fn referring(
    tx: &mut TenantTx,
    entities: &Entities,
    key: &str,
    id: RecordId,
) -> Result<(Entity, Record), Error> {
    let key = EntityKey::parse(key).map_err(|_| Error::EntityNotFound)?;
    let entity = entities.hold(tx, &key).await?;
    let record = records::lock(tx, &entity, id).await?.ok_or(Error::RecordNotFound)?;
    Ok((entity.as_ref().clone(), record))
}

/// What the field in this slot says of the deletion of what it names.
fn on_delete(entity: &Entity, slot: Slot) -> OnDelete {
    let field = entity.fields().find(|(_, of)| *of == slot).map(|(field, _)| &field.kind);
    match field {
        Some(FieldType::Reference(reference) | FieldType::References(reference)) => reference.on_delete,
        // The field is no more: nobody sees what it says.
        _ => OnDelete::SetNull,
    }
}

/// Takes a record out of what another one names.
async fn forget(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    record: Record,
    slot: Slot,
    gone: RecordId,
) -> Result<(), Error> {
    let mut values = record.values.clone();
    let key = entity.fields().find(|(_, of)| *of == slot).map(|(field, _)| field.key.to_string());
    if let Some(key) = key {
        match values.get_mut(&key) {
            Some(Value::Array(list)) => list.retain(|id| id.as_str() != Some(gone.to_string().as_str())),
            _ => drop(values.remove(&key)),
        }
    }
    let record = update_record::next(tx, record, values);
    write::store(tx, entities, entity, &record, "update").await
}
