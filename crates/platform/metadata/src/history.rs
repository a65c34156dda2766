//! What earlier versions of an entity have left behind: fields that were removed, and values that changes of types set aside.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_db::TenantConnection;
use athyper_kernel_entity::{EntityDef, FieldDef, FieldType};
use athyper_kernel_records::{Aside, Entity, EntityId, Slot, SystemEntities};

use crate::error::Error;
use crate::model::slots::Slots;
use crate::store::versions;

/// The fields of a draft that were removed before, by the slot that still has their values.
pub(crate) async fn removed_fields(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    base: &Entity,
    drafted: &Slots,
) -> Result<BTreeMap<Slot, FieldDef>, Error> {
    let live: BTreeSet<Slot> = base.fields().map(|(_, slot)| slot).collect();
    let mut wanted: Vec<Slot> = drafted.values().filter(|slot| !live.contains(slot)).copied().collect();
    let mut removed = BTreeMap::new();
    while !wanted.is_empty() {
        let Some(version) = versions::last_with(tx, base.id, &wanted).await? else { break };
        let def = version.def(system)?;
        for field in &def.fields {
            if let Some(slot) = version.slots.get(field.key.as_str()).filter(|slot| wanted.contains(slot)) {
                removed.insert(*slot, field.clone());
            }
        }
        let before = wanted.len();
        wanted.retain(|slot| !removed.contains_key(slot));
        if wanted.len() == before {
            break;
        }
    }
    Ok(removed)
}

/// What earlier changes of their types have set aside of the fields whose type changes again, by the slot that they have now.
pub(crate) async fn asides(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    base: &Entity,
    def: &EntityDef,
    drafted: &Slots,
) -> Result<BTreeMap<Slot, Vec<Aside>>, Error> {
    let becomes: BTreeMap<Slot, &FieldType> = def
        .fields
        .iter()
        .filter_map(|field| Some((*drafted.get(field.key.as_str())?, &field.kind)))
        .collect();
    let changing: Vec<Slot> = base
        .fields()
        .filter(|(field, slot)| becomes.get(slot).is_some_and(|to| !field.kind.is_kept_by(to)))
        .map(|(_, slot)| slot)
        .collect();
    let mut found = BTreeMap::new();
    if changing.is_empty() {
        return Ok(found);
    }
    let versions = versions::slots(tx, base.id).await?;
    let live: BTreeSet<Slot> = base.fields().map(|(_, slot)| slot).collect();
    for slot in changing {
        let mut asides: Vec<Aside> = Vec::new();
        let mut now = slot;
        while let Some(step) = former(&versions, now).filter(|step| !live.contains(&step.slot)) {
            let kind = kind_of(tx, system, base.id, step.until, &step.key).await?;
            let became = kind_of(tx, system, base.id, step.since, &step.key).await?;
            let (Some(kind), Some(became)) = (kind, became) else { break };
            asides.push(Aside { slot: step.slot, kind, became });
            now = step.slot;
        }
        found.insert(slot, asides);
    }
    Ok(found)
}

/// Where a field was before it got a slot.
struct Former {
    slot: Slot,
    key: String,
    /// The last version with it.
    until: i64,
    /// The first one with the later slot.
    since: i64,
}

/// The slot that a field had before this one: in the version before the first that has this one, under the same key.
fn former(versions: &[(i64, Slots)], slot: Slot) -> Option<Former> {
    let has = |slots: &Slots| slots.iter().find(|(_, of)| **of == slot).map(|(key, _)| key.clone());
    let at = versions.iter().rposition(|(_, slots)| has(slots).is_some())?;
    let ((since, first), (until, before)) = (versions.get(at)?, versions.get(at + 1)?);
    let key = has(first)?;
    let slot = *before.get(&key)?;
    Some(Former { slot, key, until: *until, since: *since })
}

async fn kind_of(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    id: EntityId,
    version: i64,
    key: &str,
) -> Result<Option<FieldType>, Error> {
    let Some(version) = versions::find(tx, id, version).await? else { return Ok(None) };
    Ok(version.def(system)?.field(key).map(|field| field.kind.clone()))
}
