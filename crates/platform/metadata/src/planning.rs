//! What a publication would do: the definition examined, held against what is in force, and against the records.

use std::collections::HashMap;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_entity::{EntityKey, FIRST_CUSTOM_SLOT};
use athyper_kernel_error::FieldError;
use athyper_kernel_records::{
    Concerned, Entity, RecordCount, Redesign, SystemEntities, count_all, count_states, count_values,
    existing_keys, named_entities, referring_entities, stored_entity,
};
use athyper_kernel_types::Id;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::error::Error;
use crate::history;
use crate::model::change::{Change, ChangeClass, Measure, Step};
use crate::model::design::Design;
use crate::model::diff::{Diff, Side, diff};
use crate::model::document::{self, Document};
use crate::scanning::Scan;

/// Most records, deleted ones included, that are looked at to answer a request.
const MOST_LOOKED_AT: i64 = 10_000;

/// What a publication would do, before records are counted.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    /// What the draft says.
    pub(crate) document: Document,
    /// The entity that it makes.
    pub(crate) after: Entity,
    /// What is in force, or was.
    pub(crate) base: Option<Entity>,
    /// What is different.
    pub(crate) diff: Diff,
}

/// What a publication does.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = metadata::Plan)]
pub(crate) struct Plan {
    /// The version of the draft.
    pub(crate) draft_version: i64,
    /// The version in force; none where the entity was never published.
    pub(crate) base_version: Option<i64>,
    /// The gravest class of its changes; none where nothing changes.
    #[schema(inline, nullable)]
    pub(crate) class: Option<ChangeClass>,
    /// What changes.
    pub(crate) changes: Vec<Change>,
    /// Whether records must be changed before it can be published.
    pub(crate) is_blocked: bool,
    /// What publishing asks for as `confirm`; none where nothing is destroyed.
    pub(crate) confirm: Option<String>,
}

/// Looks at a document: the entity that it makes, of no id yet, where nothing is wrong, and all that is wrong. Entities of the keys `coming`
/// count as there.
pub(crate) async fn examine(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    document: &Value,
    coming: &[EntityKey],
) -> Result<(Option<(Document, Entity)>, Vec<FieldError>), Error> {
    let read = document::read(document);
    let read = read.and_then(|document| Ok((document.definition(system)?, document)));
    let (def, document) = match read {
        Ok(read) => read,
        Err(faults) => return Ok((None, faults)),
    };
    let named = named_entities(&def);
    let mut known = existing_keys(tx, &named).await?;
    known.extend(system.keys().chain(coming).cloned());
    let mut faults = def.check(&|key| known.contains(key));
    let first = if def.key.module().is_some() { FIRST_CUSTOM_SLOT } else { 1 };
    let numbered = def.fields.iter().zip(first..);
    let slots = numbered.map(|(field, slot)| (field.key.to_string(), slot)).collect();
    match document.entity(system, Id::nil(), 0, slots) {
        Ok(entity) if faults.is_empty() => return Ok((Some((document, entity)), faults)),
        Ok(_) => {}
        Err(more) => faults.extend(more),
    }
    Ok((None, faults))
}

/// Holds a document against what is in force.
///
/// # Errors
/// When the document has faults.
pub(crate) async fn sketch(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    design: &Design,
    coming: &[EntityKey],
) -> Result<Sketch, Error> {
    let (read, faults) = examine(tx, system, &design.definition, coming).await?;
    let Some((document, after)) = read else { return Err(Error::Faulty(faults)) };
    // A domain's entity is there before any tenant changes it.
    let base = stored_entity(tx, system, design.id).await?;
    let base = base.or_else(|| system.by_id(design.id).map(|entity| entity.as_ref().clone()));
    let Some(base) = base else {
        // Nothing is there that could change.
        let slots = design.slots.clone();
        let step = Step::new("entity_added", "", format!("{} is new", after.def.key));
        let diff = Diff { steps: vec![step], slots, moves: Vec::new(), defaults: Vec::new() };
        return Ok(Sketch { document, after, base: None, diff });
    };
    let removed = history::removed_fields(tx, system, &base, &design.slots).await?;
    let (def, mut slots) = (&after.def, design.slots.clone());
    if let Some(domain) = base.system() {
        let of_domain = def.fields.iter().filter_map(|field| Some((field, domain.slot(field.key.as_str())?)));
        slots.extend(of_domain.map(|(field, slot)| (field.key.to_string(), slot)));
    }
    let asides = history::asides(tx, system, &base, def, &slots).await?;
    let before = Side { def: &base.def, slots: base.slots() };
    let mut diff = diff(before, Side { def, slots: &slots }, &removed, asides);
    if base.def.key != def.key {
        for other in referring_entities(tx, base.id, &base.def.key).await? {
            let message = format!("{other} refers to {}: it would refer to nothing", base.def.key);
            let mut step = Step::new("entity_referred_to", "/key", message);
            step.change.is_blocked = true;
            diff.steps.push(step);
        }
    }
    let after = after.numbered(base.id, base.version + 1, diff.slots.clone());
    Ok(Sketch { document, after, base: Some(base), diff })
}

impl Sketch {
    /// Whether each record is looked at again.
    pub(crate) fn rewrites(&self) -> bool {
        self.base.is_some() && self.diff.steps.iter().any(|step| step.rewrites)
    }

    /// Whether records must be counted to know what the changes are.
    pub(crate) fn is_counted(&self) -> bool {
        self.base.is_some() && self.diff.steps.iter().any(|step| step.measure != Measure::None)
    }

    /// What is done to each record; none where the entity is new.
    pub(crate) fn redesign(&self) -> Option<Redesign> {
        let (before, after) = (self.base.clone()?, self.after.clone());
        let (moves, defaults) = (self.diff.moves.clone(), self.diff.defaults.clone());
        Some(Redesign { before, after, moves, defaults })
    }

    /// Whether so many records must be looked at that a job has to do it: the definition in force, and how many records it
    /// has.
    pub(crate) async fn asks_for_a_job(
        &self,
        tx: &mut impl TenantConnection,
    ) -> Result<Option<(&Entity, RecordCount)>, DbError> {
        let is_looked_at = self.diff.steps.iter().any(|step| step.measure.looks_at_records());
        let Some(base) = self.base.as_ref().filter(|_| is_looked_at) else { return Ok(None) };
        let total = count_all(tx, base).await?;
        Ok((total.all > MOST_LOOKED_AT).then_some((base, total)))
    }

    /// Counts what each change concerns.
    pub(crate) async fn count(&self, tx: &mut impl TenantConnection) -> Result<Vec<Change>, Error> {
        let Some(base) = self.base.as_ref().filter(|_| self.is_counted()) else {
            return Ok(self.diff.steps.iter().map(|step| decide(step, None)).collect());
        };
        let mut scan = Scan::new(base, &self.diff.steps);
        while scan.page(tx).await? > 0 {}
        self.count_rest(tx, base, scan.found()).await
    }

    /// Counts what each change concerns, where a walk through the records of `base` has found this by the place of the step.
    pub(crate) async fn count_rest(
        &self,
        tx: &mut impl TenantConnection,
        base: &Entity,
        mut scanned: HashMap<usize, Concerned>,
    ) -> Result<Vec<Change>, Error> {
        let total = count_all(tx, base).await?;
        let mut changes = Vec::new();
        for (at, step) in self.diff.steps.iter().enumerate() {
            let found = match scanned.remove(&at) {
                Some(found) => Some(found),
                None => count_one(tx, base, total, &step.measure).await?,
            };
            changes.push(decide(step, found));
        }
        Ok(changes)
    }
}

/// The plan of a design's draft.
pub(crate) fn plan(design: &Design, sketch: &Sketch, changes: Vec<Change>) -> Plan {
    let is_blocked = changes.iter().any(|change| change.is_blocked);
    let base_version = sketch.base.as_ref().map(|base| base.version);
    let confirm = token(design, base_version, &changes);
    let class = changes.iter().map(|change| change.class).max();
    Plan { draft_version: design.version, base_version, class, changes, is_blocked, confirm }
}

/// What stands for the destructive changes of this draft upon this version: who sends it has read them.
fn token(design: &Design, base_version: Option<i64>, changes: &[Change]) -> Option<String> {
    let destroyed: Vec<_> = changes
        .iter()
        .filter(|change| change.class == ChangeClass::Destructive)
        .map(|change| json!([change.code, change.pointer, change.field]))
        .collect();
    if destroyed.is_empty() {
        return None;
    }
    let read = json!([design.id, design.version, base_version, destroyed]).to_string();
    Some(hex::encode(Sha256::digest(read)).chars().take(32).collect())
}

/// A change of which it is known how many records it concerns.
fn decide(step: &Step, found: Option<Concerned>) -> Change {
    let found = found.unwrap_or_default();
    let mut change = step.change.clone();
    if found.count == 0 && step.measure != Measure::None {
        change.class = step.if_none;
    }
    change.is_blocked |= step.blocks && found.count > 0;
    change.affected = found.count;
    change.samples = found.samples;
    change
}

async fn count_one(
    tx: &mut impl TenantConnection,
    entity: &Entity,
    total: RecordCount,
    measure: &Measure,
) -> Result<Option<Concerned>, Error> {
    let count = |count| Concerned { count, samples: Vec::new() };
    Ok(match measure {
        Measure::Records => Some(count(total.live)),
        Measure::Several => Some(count(if total.live > 1 { total.live } else { 0 })),
        Measure::Values(slot) => Some(count_values(tx, entity, *slot, true).await?),
        Measure::Missing(slot) => Some(count_values(tx, entity, *slot, false).await?),
        Measure::States(states) => Some(count_states(tx, entity, states).await?),
        _ => None,
    })
}
