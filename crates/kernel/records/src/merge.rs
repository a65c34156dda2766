//! Merges records of an entity into one of them: whatever refers to the others refers to it afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_entity::{EntityKey, EntityKind, FieldDef, FieldType};
use athyper_kernel_http::Caller;
use athyper_kernel_record_model::{
    Entity, EntityId, Error, Record, RecordId, Successors, check, named_files, repoint, take_files, terms,
};
use athyper_kernel_types::Id;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::catalogue::Entities;
use crate::commands::update_record::{changed_values, check_open, next};
use crate::files;
use crate::guard::Guard;
use crate::store::merges::{self, Referring};
use crate::store::{entities as stored, matches, records};
use crate::{check_write, write};

/// Most records that one merge changes because they refer to one that goes.
const MAX_MOVED: usize = 1_000;
/// Deepest tree that is walked up.
const MAX_DEPTH: usize = 1_000;
/// The action of its revisions.
const ACTION: &str = "merge";

/// What is merged into what. All records are locked ([`lock_records`](crate::lock_records)).
#[derive(Clone, Debug)]
pub struct Merge {
    /// The record that stays.
    pub survivor: Record,
    /// Those that go.
    pub others: Vec<Record>,
    /// Values that the one that stays gets, in their stored form; null takes a value away.
    pub values: Map<String, Value>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The record that stays, as it is now.
    pub record: Record,
    /// The fields of it that have other values.
    pub changed: Vec<String>,
    /// The records that refer to it now: the keys of their entities and their ids.
    pub moved: Vec<(String, RecordId)>,
}

/// Merges records of an entity that is held ([`Entities::hold`]). The others are deleted for good but for a purge: they can be
/// read, with where they went, and cannot be restored.
///
/// What refers to them is changed whatever its state and whatever is read only in it, because it says what it said before; a rule that
/// held of it must hold still, and what comes once comes once.
///
/// # Errors
/// When one of the records cannot be changed now, the result breaks a rule of the entity, a domain's operations alone can
/// change what refers to them, too much does, or the caller may not do that to one of all these records.
pub async fn merge_records(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    caller: &Caller,
    merge: Merge,
) -> Result<Merged, Error> {
    let guard = Guard::of(caller);
    let (changing, removing) = (guard.doing("records.update_record"), guard.doing("records.delete_record"));
    let shown = changing.check(entity, &merge.survivor)?;
    for other in &merge.others {
        removing.check(entity, other)?;
    }
    entity.must_be_written_here()?;
    for record in std::iter::once(&merge.survivor).chain(&merge.others) {
        check_open(entity, record)?;
    }
    let Merge { survivor, others, values: given } = merge;
    let (stays, gone): (RecordId, Vec<Uuid>) =
        (survivor.id, others.iter().map(|other| other.id.uuid()).collect());
    check_domains(tx, entities, entity, &gone).await?;
    // Records are merged because they are duplicates: no rule about those is in the way.
    let entity = entity.allowing_duplicates();
    let taken = named_files(&entity, &given);
    for other in &others {
        let mut kept = other.values.clone();
        if take_files(&entity, &taken, &mut kept) {
            files::hold(tx, entities, &entity, other.id, &kept).await?;
        }
        write::remove(tx, &entity, other, ACTION).await?;
    }
    matches::set_merged(tx, entity.id, &gone, stays).await?;
    matches::move_pairs(tx, entity.id, &gone, stays).await?;

    let successors: Successors = gone.iter().map(|id| (*id, stays.uuid())).collect();
    let moved = move_references(tx, entities, &entity, (caller, &guard), &successors, stays).await?;

    let context = terms::context(tx.context(), tx.now());
    let mut values = survivor.values.clone();
    values.extend(given);
    repoint(&entity, &entity.def.key, &successors, &mut values);
    leave_itself(&entity, stays, &others, &successors, &mut values);
    let values = changed_values(&entity, &context, &survivor, &values).map_err(|error| shown.told(error))?;
    let changed = check::changed(&survivor.values, &values);
    let record = next(tx, survivor, values);
    changing.check_after(&entity, &record)?;
    write::store(tx, entities, &entity, &record, ACTION).await.map_err(|error| shown.told(error))?;
    check_tree(tx, &entity, &record).await?;
    Ok(Merged { record, changed, moved })
}

/// Whether nothing that only operations of a domain can change refers to these records.
async fn check_domains(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    gone: &[Uuid],
) -> Result<(), Error> {
    let keys: Vec<EntityKey> = entities.system().keys().cloned().collect();
    for key in keys {
        let Some(other) = entities.find(tx, &key).await? else { continue };
        if let Some(id) = merges::held(tx, &other, &entity.def.key, gone).await? {
            return Err(Error::HeldByDomain { entity: key.to_string(), id: Id::from_uuid(id) });
        }
    }
    Ok(())
}

/// Lets all that refers to records that go refer to the one that stays. Gives what was changed.
async fn move_references(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    (caller, guard): (&Caller, &Guard),
    successors: &Successors,
    stays: RecordId,
) -> Result<Vec<(String, RecordId)>, Error> {
    let mut moved = Vec::new();
    let changing = guard.instead("records.update_record");
    for (id, key, records) in referring(tx, entities, entity, successors).await? {
        let other =
            if id == entity.id { Arc::new(entity.clone()) } else { held_of(tx, entities, id, &key).await? };
        check_write(caller, &other)?;
        for record in records.into_iter().filter(|record| *record != stays.uuid()) {
            let id = Id::from_uuid(record);
            move_one(tx, entities, &other, &changing, (&entity.def.key, successors), id).await.map_err(
                |error| match error {
                    // Not even its id is told of a record that they may not read.
                    Error::Refused(_) => error,
                    error => refused(&key, id, error),
                },
            )?;
            moved.push((key.clone(), id));
        }
    }
    Ok(moved)
}

fn refused(entity: &str, id: RecordId, error: Error) -> Error {
    Error::ReferenceRefused { entity: entity.to_owned(), id, error: Box::new(error) }
}

/// An entity whose records refer to one that goes, held; one that is out of force as well, because it may come back.
async fn held_of(
    tx: &mut TenantTx,
    entities: &Entities,
    id: EntityId,
    key: &str,
) -> Result<Arc<Entity>, Error> {
    if let Ok(key) = EntityKey::parse(key) {
        match entities.hold(tx, &key).await {
            Err(Error::EntityNotFound) => {}
            found => return Ok(Arc::new(found?.allowing_duplicates())),
        }
    }
    let found = stored::lock(tx, entities.system(), id).await?.ok_or(Error::EntityNotFound)?;
    Ok(Arc::new(found.allowing_duplicates()))
}

/// The records that refer to those that go, by their entity, in the order of their ids.
async fn referring(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    successors: &Successors,
) -> Result<Vec<(EntityId, String, BTreeSet<Uuid>)>, Error> {
    let gone: Vec<Uuid> = successors.keys().copied().collect();
    let target = entity.def.key.as_str();
    let limit = i64::try_from(MAX_MOVED + 1).unwrap_or(i64::MAX);
    let mut found: BTreeMap<(Uuid, String), BTreeSet<Uuid>> = BTreeMap::new();
    for Referring { entity_id, key, record_id } in merges::referring(tx, target, &gone, limit).await? {
        found.entry((entity_id, key)).or_default().insert(record_id);
    }
    // References of lines are in no index.
    for (id, key) in merges::with_lines(tx, entities.system(), target).await? {
        let other = held_of(tx, entities, id, &key).await?;
        for record in merges::referring_lines(tx, &other, &entity.def.key, &gone, limit).await? {
            found.entry((id.uuid(), key.clone())).or_default().insert(record);
        }
    }
    if found.values().map(BTreeSet::len).sum::<usize>() > MAX_MOVED {
        return Err(Error::TooManyReferences { most: MAX_MOVED });
    }
    Ok(found.into_iter().map(|((id, key), records)| (Id::from_uuid(id), key, records)).collect())
}

async fn move_one(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    (target, successors): (&EntityKey, &Successors),
    id: RecordId,
) -> Result<(), Error> {
    let Some(record) = records::lock(tx, entity, id).await? else { return Ok(()) };
    let mut values = record.values.clone();
    if record.deleted.is_some() || !repoint(entity, target, successors, &mut values) {
        return Ok(());
    }
    // Whoever may not change what refers to a record cannot let it go.
    let shown =
        guard.check(entity, &record).map_err(|_| Error::Refused("duplicates.merge_records".into()))?;
    let context = terms::context(tx.context(), tx.now());
    let before = (record.state.as_deref(), &record.values);
    let rules =
        |values: &mut Map<String, Value>| entity.rules().check_again(&entity.def, &context, before, values);
    let held = rules(&mut record.values.clone()).is_ok();
    match rules(&mut values) {
        Err(faults) if held => return Err(shown.told(Error::Invalid(faults))),
        _ => {}
    }
    let record = next(tx, record, values);
    guard.check_after(entity, &record)?;
    write::store(tx, entities, entity, &record, ACTION).await.map_err(|error| shown.told(error))
}

/// In a tree, a record that lay below one that goes takes that one's place.
fn leave_itself(
    entity: &Entity,
    stays: RecordId,
    others: &[Record],
    successors: &Successors,
    values: &mut Map<String, Value>,
) {
    let own = stays.to_string();
    let parent =
        |values: &Map<String, Value>| values.get("parent").and_then(Value::as_str).map(str::to_owned);
    if entity.def.kind != EntityKind::Tree || parent(values).as_deref() != Some(own.as_str()) {
        return;
    }
    let is_elsewhere = |parent: &String| {
        *parent != own && Uuid::parse_str(parent).is_ok_and(|id| !successors.contains_key(&id))
    };
    let above = others.iter().filter_map(|other| parent(&other.values)).find(is_elsewhere);
    values.insert("parent".to_owned(), above.map_or(Value::Null, Value::String));
}

/// Whether a record of a tree does not lie below itself.
async fn check_tree(tx: &mut TenantTx, entity: &Entity, record: &Record) -> Result<(), Error> {
    let is_parent = |field: &FieldDef| matches!(field.kind, FieldType::Reference(_));
    if entity.def.kind != EntityKind::Tree || !entity.def.field("parent").is_some_and(is_parent) {
        return Ok(());
    }
    let parent = |record: &Record| Uuid::parse_str(record.values.get("parent")?.as_str()?).ok();
    let mut above = parent(record);
    for _ in 0..MAX_DEPTH {
        let Some(id) = above else { return Ok(()) };
        if id == record.id.uuid() {
            return Err(Error::Circular);
        }
        above = records::find(tx, entity, Id::from_uuid(id)).await?.as_ref().and_then(parent);
    }
    Err(Error::Circular)
}

/// The records of these ids that are not deleted.
///
/// # Errors
/// When the database does not answer.
pub async fn find_records(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    ids: &[RecordId],
) -> Result<Vec<Record>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    Ok(records::by_ids(tx, entity, &ids).await?)
}
