//! How a definition comes in force: at once where records are few or stay as they are, else by a job.

use std::sync::Arc;

use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use athyper_kernel_jobs::{NewJob, Operation, OperationState, find_operation, start_operation};
use athyper_kernel_records::{
    Entity, EntityId, RecordCount, Redesign, Redo, SystemEntities, begin_redesign, count_all, end_redesign,
    entity_of, lock_version, publish_in_slots, publish_overlay, put_next, rename_references,
};

use crate::error::Error;
use crate::jobs::publish_entity::PublishEntity;
use crate::model::change::{Change, ChangeClass, Step};
use crate::model::design::Design;
use crate::model::document::{self, Document};
use crate::model::slots::Slots;
use crate::planning::{Sketch, plan, sketch};
use crate::store::publications::{Publication, Work};
use crate::store::versions::Version;
use crate::store::{designs, plans, publications, versions};

/// Most records that are brought to a definition by the transaction that puts it in force.
pub(crate) const AT_ONCE: i64 = 500;
/// Most records for which times can be changed: each of their groups is held by a lock.
const MOST_WITH_TIMES: i64 = 2_000;
/// Records that are looked at by one statement.
const PAGE: u32 = 100;

/// What whoever publishes says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// The token of the plan, where it destroys something.
    pub(crate) confirm: Option<String>,
    /// Why.
    pub(crate) note: Option<String>,
    /// Entities that the same transaction puts in force.
    pub(crate) coming: Vec<EntityKey>,
    /// The only field that may be different from what is in force.
    pub(crate) only: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    /// The design as it is now.
    pub(crate) design: Design,
    /// What changes.
    pub(crate) changes: Vec<Change>,
    /// The operation that ends it; none where it is in force.
    pub(crate) operation: Option<Operation>,
}

/// Puts the draft of a design, which the caller has locked, in force.
pub(crate) async fn publish(
    tx: &mut TenantTx,
    system: &SystemEntities,
    design: Design,
    asked: Asked,
) -> Result<Published, Error> {
    check_idle(tx, &design).await?;
    let found = Box::new(Box::pin(sketch(tx, system, &design, &asked.coming)).await?);
    if found.diff.steps.is_empty() && design.archived_at.is_none() {
        return Err(Error::NothingToPublish);
    }
    if asked.only.is_some() {
        let is_other = |step: &Step| step.change.field != asked.only;
        if found.base.is_none() || found.diff.steps.iter().any(is_other) {
            return Err(Error::OtherChanges);
        }
    }
    let redesign = if found.rewrites() { found.redesign().map(Box::new) } else { None };
    let records = match &redesign {
        Some(redesign) => count_all(tx, &redesign.before).await?,
        None => RecordCount { live: 0, all: 0 },
    };
    let is_large = records.all > AT_ONCE;
    let by_job = redesign.as_ref().filter(|redesign| is_large && redesign.can_be_prepared());
    if let Some(redesign) = by_job {
        let changes = agree(tx, &design, &found, &asked).await?;
        return start(tx, system, design, &found, redesign, changes, asked.note).await;
    }
    if is_large && records.all > MOST_WITH_TIMES {
        return Err(Error::TooManyRecords);
    }
    // Nobody writes from here on, so what is counted stays true.
    lock_base(tx, system, &found).await?;
    let changes = agree(tx, &design, &found, &asked).await?;
    if let Some(redesign) = &redesign {
        redo_all(tx, redesign).await?;
    }
    let entity = put_in_force(tx, system, design.id, &found, &asked.coming).await?;
    if found.base.is_some() {
        // What a job that was cancelled has begun ends here.
        end_redesign(tx, design.id).await?;
    }
    let design = settle(tx, design, &entity, changes.clone(), asked.note).await?;
    Ok(Published { design, changes, operation: None })
}

/// Whether no job publishes the design now.
pub(crate) async fn check_idle(tx: &mut TenantTx, design: &Design) -> Result<(), Error> {
    let Some(id) = design.operation else { return Ok(()) };
    let operation = find_operation(tx, id).await?;
    let runs = |state| matches!(state, OperationState::Queued | OperationState::Running);
    if operation.is_some_and(|operation| runs(operation.state)) { Err(Error::UnderWay) } else { Ok(()) }
}

/// Keeps writers waiting until the transaction ends.
async fn lock_base(tx: &mut TenantTx, system: &SystemEntities, sketch: &Sketch) -> Result<(), Error> {
    let Some(base) = &sketch.base else { return Ok(()) };
    let locked = match base.system() {
        Some(_) => Some(entity_of(tx, system, base.id).await?.version),
        None => lock_version(tx, base.id).await?,
    };
    if locked == Some(base.version) { Ok(()) } else { Err(Error::Overtaken) }
}

/// Counts what the publication concerns, and holds it against what whoever publishes has said.
async fn agree(
    tx: &mut TenantTx,
    design: &Design,
    sketch: &Sketch,
    asked: &Asked,
) -> Result<Vec<Change>, Error> {
    let changes = match sketch.asks_for_a_job(tx).await? {
        Some((base, _)) => plans::find(tx, design, base.version).await?.changes.ok_or(Error::PlanNeeded)?,
        None => sketch.count(tx).await?,
    };
    let planned = plan(design, sketch, changes);
    let named = |wanted: fn(&Change) -> bool| -> Vec<FieldError> {
        let changes = planned.changes.iter().filter(|change| wanted(change));
        let error = |change: &Change| {
            let message = format!("{} ({} records)", change.message, change.affected);
            FieldError::new(&change.pointer, &change.code, message)
        };
        changes.map(error).collect()
    };
    if planned.is_blocked {
        return Err(Error::Blocked(named(|change| change.is_blocked)));
    }
    if planned.confirm.is_some() && planned.confirm != asked.confirm {
        return Err(Error::Unconfirmed(named(|change| change.class == ChangeClass::Destructive)));
    }
    Ok(planned.changes)
}

/// Brings all records to the definition.
async fn redo_all(tx: &mut TenantTx, redesign: &Redesign) -> Result<(), Error> {
    let mut after = None;
    loop {
        let (count, last) = redesign.redo_page(tx, after, PAGE, Redo::Instead).await?;
        if count < PAGE as usize {
            return Ok(());
        }
        after = last;
    }
}

async fn put_in_force(
    tx: &mut TenantTx,
    system: &SystemEntities,
    id: EntityId,
    sketch: &Sketch,
    coming: &[EntityKey],
) -> Result<Entity, Error> {
    if let Some(base) = &sketch.base {
        if base.def.key != sketch.after.def.key {
            rename_references(tx, &base.def.key, &sketch.after.def.key).await?;
        }
        if base.system().is_none() {
            put_next(tx, Some(&base.def.key), &sketch.after).await?;
            return Ok(sketch.after.clone());
        }
    }
    put_document(tx, system, id, &sketch.document, sketch.diff.slots.clone(), coming).await
}

/// Puts what a document says in force.
async fn put_document(
    tx: &mut TenantTx,
    system: &SystemEntities,
    id: EntityId,
    document: &Document,
    slots: Slots,
    coming: &[EntityKey],
) -> Result<Entity, Error> {
    let coming: Vec<EntityKey> = system.keys().chain(coming).cloned().collect();
    Ok(match document {
        Document::Entity(def) => publish_in_slots(tx, id, Arc::clone(def), slots, &coming).await?,
        Document::Overlay(key, overlay) => publish_overlay(tx, system, key, overlay, slots, &coming).await?,
    })
}

/// Starts the job that brings the records to the definition and puts it in force.
async fn start(
    tx: &mut TenantTx,
    system: &SystemEntities,
    mut design: Design,
    sketch: &Sketch,
    redesign: &Redesign,
    changes: Vec<Change>,
    note: Option<String>,
) -> Result<Published, Error> {
    let base = begin_redesign(tx, system, design.id).await?;
    if base.version != redesign.before.version {
        return Err(Error::Overtaken);
    }
    let publication = Publication {
        entity: design.id,
        document: sketch.document.clone(),
        slots: sketch.diff.slots.clone(),
        work: Work { moves: sketch.diff.moves.clone(), defaults: sketch.diff.defaults.clone() },
        changes: changes.clone(),
        note,
        base_version: base.version,
        in_force: false,
        after: None,
        done: 0,
    };
    publications::put(tx, &publication).await?;
    let job = NewJob::new(&PublishEntity { entity: design.id })?;
    let operation = start_operation(tx, "metadata.publish_entity", job).await?;
    design.operation = Some(operation.id);
    let design = touch(tx, design);
    designs::update_state(tx, &design).await?;
    Ok(Published { design, changes, operation: Some(operation) })
}

/// Puts the definition of a publication in force, which its records fit.
pub(crate) async fn end(
    tx: &mut TenantTx,
    system: &SystemEntities,
    publication: &Publication,
) -> Result<Entity, Error> {
    let id = publication.entity;
    let def = publication.document.definition(system).map_err(Error::Faulty)?;
    let before = entity_of(tx, system, id).await?;
    if before.def.key != def.key {
        rename_references(tx, &before.def.key, &def.key).await?;
    }
    let slots = publication.slots.clone();
    let entity = put_document(tx, system, id, &publication.document, slots, &[]).await?;
    end_redesign(tx, id).await?;
    publications::put_in_force(tx, id).await?;
    let mut design = designs::lock(tx, id).await?.ok_or(Error::NotFound)?;
    // The draft may have gone on meanwhile: its fields follow where the values are now.
    let is_same = document::read(&design.definition).is_ok_and(|drafted| drafted == publication.document);
    let (changes, note) = (publication.changes.clone(), publication.note.clone());
    if !is_same {
        for (key, slot) in field_slots(&entity) {
            if design.slots.contains_key(&key) {
                design.slots.insert(key, slot);
            }
        }
        let kept = design.slots.clone();
        let mut design = settle(tx, design, &entity, changes, note).await?;
        design.slots = kept;
        designs::update_state(tx, &design).await?;
        return Ok(entity);
    }
    settle(tx, design, &entity, changes, note).await?;
    Ok(entity)
}

/// Keeps the version that is in force now, and what it means for the design.
pub(crate) async fn settle(
    tx: &mut TenantTx,
    mut design: Design,
    entity: &Entity,
    changes: Vec<Change>,
    note: Option<String>,
) -> Result<Design, Error> {
    let slots = field_slots(entity);
    let version = Version {
        number: entity.version,
        definition: Document::of(entity),
        slots: slots.clone(),
        changes,
        note,
        published_at: tx.now(),
        published_by: tx.context().actor().id.clone(),
    };
    versions::insert(tx, design.id, &version).await?;
    design.slots = slots;
    design.published_version = Some(entity.version);
    design.archived_at = None;
    let design = touch(tx, design);
    designs::update_state(tx, &design).await?;
    Ok(design)
}

/// The slots of the fields that an entity has.
fn field_slots(entity: &Entity) -> Slots {
    entity.fields().map(|(field, slot)| (field.key.to_string(), slot)).collect()
}

/// A design that is changed now.
pub(crate) fn touch(tx: &TenantTx, design: Design) -> Design {
    let version = design.version + 1;
    Design { version, updated_at: tx.now(), updated_by: tx.context().actor().id.clone(), ..design }
}
