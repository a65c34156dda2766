//! The entities of a tenant that are in force, and how they come into force.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use athyper_kernel_db::{
    Database, DbError, FreshCache, LazyReadTx, LazyTenantTx, TenantConnection, TenantTx, announce,
};
use athyper_kernel_entity::{EntityDef, EntityKey, FIRST_CUSTOM_SLOT, FieldDef, FieldType, Overlay};
use athyper_kernel_record_model::{Entity, EntityId, Error, Slot, SystemEntities, with_slots};
use athyper_kernel_types::Id;

use crate::ports::{Attachments, Nobody};
use crate::store::entities;

/// The topic of changes of entities; the key is the entity's.
pub const ENTITY_TOPIC: &str = "records.entity";
/// Most entities that a process keeps in memory, over all tenants.
const CAPACITY: u64 = 20_000;
/// How often a writer looks for the definition in force, when it changes again and again.
const MAX_RELOADS: usize = 4;

/// The entities in force, and who keeps the files that their records hold. Cheap to clone; what it gives is never more than a
/// second behind the database.
#[derive(Clone)]
pub struct Entities {
    cache: FreshCache<Option<Arc<Entity>>>,
    system: SystemEntities,
    attachments: Arc<dyn Attachments>,
}

impl Entities {
    /// The entities of this database, and those of the domains. Their records hold no files.
    pub fn new(database: &Database, system: SystemEntities) -> Self {
        let cache = FreshCache::new(database, ENTITY_TOPIC, CAPACITY);
        Self { cache, system, attachments: Arc::new(Nobody) }
    }

    /// The same, with somebody who keeps the files that records hold.
    #[must_use]
    pub fn with_attachments(self, attachments: Arc<dyn Attachments>) -> Self {
        Self { attachments, ..self }
    }

    /// Who keeps the files that records hold.
    pub(crate) fn attachments(&self) -> &dyn Attachments {
        &*self.attachments
    }

    /// The entities of the domains, as they are where no tenant has changed them.
    pub fn system(&self) -> &SystemEntities {
        &self.system
    }

    /// The entity in force of this key.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find(
        &self,
        tx: &mut impl TenantConnection,
        key: &EntityKey,
    ) -> Result<Option<Arc<Entity>>, DbError> {
        let tenant = tx.tenant_id();
        self.cache.get(tenant, key.as_str(), || async { self.look_up(tx, key).await }).await
    }

    /// The same for a read, which is opened where the entity is not known yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find_lazily(
        &self,
        tx: &mut LazyReadTx,
        key: &EntityKey,
    ) -> Result<Option<Arc<Entity>>, DbError> {
        let tenant = tx.context().tenant_id();
        self.cache.get(tenant, key.as_str(), || async { self.look_up(tx.opened().await?, key).await }).await
    }

    /// The same for a write that nothing was opened for yet: its definition may change until it is held.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn find_to_write(
        &self,
        tx: &mut LazyTenantTx,
        key: &EntityKey,
    ) -> Result<Option<Arc<Entity>>, DbError> {
        let tenant = tx.tenant_id();
        self.cache.get(tenant, key.as_str(), || async { self.look_up(tx.opened().await?, key).await }).await
    }

    /// The entity in force of this key, as the database has it now.
    async fn look_up(
        &self,
        tx: &mut impl TenantConnection,
        key: &EntityKey,
    ) -> Result<Option<Arc<Entity>>, DbError> {
        let found = entities::find(tx, &self.system, key).await?;
        Ok(found.map(Arc::new).or_else(|| self.system.get(key).cloned()))
    }

    /// The entity whose records refer to those of this key by a reference that calls them `inverse` there, and the slot of that
    /// reference; the first by key, where several do.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn referring(
        &self,
        tx: &mut impl TenantConnection,
        target: &EntityKey,
        inverse: &str,
    ) -> Result<Option<(Arc<Entity>, Slot)>, DbError> {
        let slot_in = |entity: &Entity| {
            let is_it = |field: &FieldDef| match &field.kind {
                FieldType::Reference(reference) | FieldType::References(reference) => {
                    reference.entity == *target
                        && reference.inverse.as_ref().is_some_and(|name| name.as_str() == inverse)
                }
                _ => false,
            };
            entity.fields().find(|(field, _)| is_it(field)).map(|(_, slot)| slot)
        };
        let mut keys = entities::with_inverse(tx, target, inverse).await?;
        let of_domains = self.system.iter().filter(|entity| slot_in(entity).is_some());
        keys.extend(of_domains.map(|entity| entity.def.key.to_string()));
        for key in keys.iter().filter_map(|key| EntityKey::parse(key).ok()) {
            if let Some(entity) = self.find(tx, &key).await?
                && let Some(slot) = slot_in(&entity)
            {
                return Ok(Some((entity, slot)));
            }
        }
        Ok(None)
    }

    /// The entity in force of this key.
    ///
    /// # Errors
    /// When there is none, or the database does not answer.
    pub(crate) async fn get(
        &self,
        tx: &mut impl TenantConnection,
        key: &EntityKey,
    ) -> Result<Arc<Entity>, Error> {
        self.find(tx, key).await?.ok_or(Error::EntityNotFound)
    }

    /// The entity in force of this key, whose definition stays in force until the transaction ends. Whatever writes records
    /// takes it so, before it locks any record: a new definition comes in force between two writes and never within one.
    ///
    /// # Errors
    /// When there is none, or the database does not answer.
    pub async fn hold(&self, tx: &mut TenantTx, key: &EntityKey) -> Result<Arc<Entity>, Error> {
        let mut entity = self.get(tx, key).await?;
        for _ in 0..MAX_RELOADS {
            if entities::hold(tx, &entity).await? {
                return Ok(entity);
            }
            if entity.system().is_some() && entity.version == 0 {
                // Nothing was there to hold: no tenant's change of it has ever been in force.
                entities::begin(tx, &entity).await?;
            }
            // It has changed since it was cached.
            entity = self.look_up(tx, key).await?.ok_or(Error::EntityNotFound)?;
        }
        Err(Error::EntityChanging)
    }
}

impl fmt::Debug for Entities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entities").field("system", &self.system).finish_non_exhaustive()
    }
}

/// Puts a definition in force: that of a new entity, or the next version of the one with this id.
///
/// # Errors
/// When the definition has faults, or another entity has its key.
pub async fn publish(tx: &mut TenantTx, id: EntityId, def: EntityDef) -> Result<Entity, Error> {
    let before = entities::lock(tx, &SystemEntities::default(), id).await?;
    let slots = before.as_ref().map(|before| before.slots().clone()).unwrap_or_default();
    publish_in_slots(tx, id, def, slots, &[]).await
}

/// As [`publish`], with the slots of fields that have values already: so a field is renamed, or gets a slot of its own when
/// its type changes. `slots` names every slot that the entity ever gave out. Entities of the keys `coming` are put in force
/// by the same transaction.
///
/// # Errors
/// As [`publish`].
pub async fn publish_in_slots(
    tx: &mut TenantTx,
    id: EntityId,
    def: impl Into<Arc<EntityDef>>,
    slots: BTreeMap<String, Slot>,
    coming: &[EntityKey],
) -> Result<Entity, Error> {
    let def = def.into();
    let before = entities::lock(tx, &SystemEntities::default(), id).await?;
    let named: Vec<EntityKey> =
        named_entities(&def).into_iter().filter(|key| *key != def.key && !coming.contains(key)).collect();
    let known = entities::existing_keys(tx, &named).await?;
    let unknown: Vec<EntityKey> = named.into_iter().filter(|key| !known.contains(key)).collect();
    let faults = def.check(&|key| !unknown.contains(key));
    if !faults.is_empty() {
        return Err(Error::Definition(faults));
    }
    let version = before.as_ref().map_or(1, |before| before.version + 1);
    let slots = with_slots(&def.fields, slots, 1);
    let entity = Entity::new(id, version, def, slots).map_err(Error::Definition)?;
    put_next(tx, before.as_ref().map(|before| &before.def.key), &entity).await?;
    Ok(entity)
}

/// Puts an entity of the tenant's own in force that was examined, as the next version of the one in force, which the caller
/// has locked; `before` is the key of that.
///
/// # Errors
/// When another entity has its key.
pub async fn put_next(tx: &mut TenantTx, before: Option<&EntityKey>, entity: &Entity) -> Result<(), Error> {
    entities::put(tx, entity).await.map_err(|error| match error.constraint() {
        Some("entity_key") => Error::KeyTaken,
        _ => Error::Database(error),
    })?;
    if let Some(before) = before.filter(|before| **before != entity.def.key) {
        announce(tx, ENTITY_TOPIC, before.as_str()).await?;
    }
    announce(tx, ENTITY_TOPIC, entity.def.key.as_str()).await?;
    Ok(())
}

/// Keeps the definition of an entity as it is until the transaction ends. Gives its version; none where there is no entity of
/// this id.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_version(tx: &mut TenantTx, id: EntityId) -> Result<Option<i64>, DbError> {
    entities::lock_version(tx, id).await
}

/// The slots of an entity of the tenant's own, those of fields that are no more included.
///
/// # Errors
/// When the database does not answer.
pub async fn slots_of(
    tx: &mut impl TenantConnection,
    id: EntityId,
) -> Result<BTreeMap<String, Slot>, DbError> {
    entities::slots(tx, id).await
}

/// Puts a tenant's change of a domain's entity in force, in place of the one before it. `slots` has those of fields that the
/// tenant added before.
///
/// # Errors
/// When the change is not allowed, or the entity as a whole would have faults; and when there is no such entity.
pub async fn publish_overlay(
    tx: &mut TenantTx,
    system: &SystemEntities,
    key: &EntityKey,
    overlay: &Overlay,
    slots: BTreeMap<String, Slot>,
    coming: &[EntityKey],
) -> Result<Entity, Error> {
    let base = system.get(key).ok_or(Error::EntityNotFound)?;
    entities::begin(tx, base).await?;
    let before = entities::lock(tx, system, base.id).await?;
    let version = before.map_or(0, |before| before.version) + 1;
    let slots = with_slots(&overlay.fields, slots, FIRST_CUSTOM_SLOT);
    let entity = base.overlaid(overlay, version, slots).map_err(Error::Definition)?;
    let named = named_entities(&entity.def);
    let mut known = entities::existing_keys(tx, &named).await?;
    known.extend(system.keys().chain(coming).cloned());
    let faults = entity.def.check(&|key| known.contains(key));
    if !faults.is_empty() {
        return Err(Error::Definition(faults));
    }
    entities::put_overlay(tx, &entity, overlay).await?;
    announce(tx, ENTITY_TOPIC, key.as_str()).await?;
    Ok(entity)
}

/// Takes an entity out of force; its records stay, and come back when a definition is put in force again.
///
/// # Errors
/// When there is no such entity.
pub async fn retire(tx: &mut TenantTx, id: EntityId) -> Result<Entity, Error> {
    let entity = entity_of(tx, &SystemEntities::default(), id).await?;
    entities::retire(tx, id).await?;
    announce(tx, ENTITY_TOPIC, entity.def.key.as_str()).await?;
    Ok(entity)
}

/// The entity of this id with its slots, whether it is in force or not.
///
/// # Errors
/// When there is none.
pub async fn entity_of(tx: &mut TenantTx, system: &SystemEntities, id: EntityId) -> Result<Entity, Error> {
    if let Some(entity) = system.by_id(id) {
        entities::begin(tx, entity).await?;
    }
    entities::lock(tx, system, id).await?.ok_or(Error::EntityNotFound)
}

/// A new id for an entity.
pub fn new_entity_id(tx: &TenantTx) -> EntityId {
    Id::new(tx.clock())
}

/// The keys of the entities that a definition refers to.
pub fn named_entities(def: &EntityDef) -> Vec<EntityKey> {
    use athyper_kernel_entity::FieldType::{Child, Reference, References};
    let lines = def.fields.iter().filter_map(|field| match &field.kind {
        Child(child) => Some(child.fields.iter()),
        _ => None,
    });
    let all = def.fields.iter().chain(lines.flatten());
    all.filter_map(|field| match &field.kind {
        Reference(reference) | References(reference) => Some(reference.entity.clone()),
        _ => None,
    })
    .collect()
}
