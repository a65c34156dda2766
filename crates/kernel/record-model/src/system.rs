//! The entities of the domains, read once, as every tenant has them that has not changed them.

use std::collections::BTreeMap;
use std::sync::Arc;

use athyper_kernel_entity::{EntityKey, SystemEntity, read_system_entities};
use athyper_kernel_types::Id;
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use crate::entity::{Entity, EntityId};

/// The entities of all domains. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct SystemEntities(Arc<BTreeMap<EntityKey, Arc<Entity>>>);

impl SystemEntities {
    /// Reads the definitions of all domains.
    ///
    /// # Errors
    /// What is wrong with one of them, for whoever wrote it.
    pub fn read(all: &[SystemEntity]) -> Result<Self, String> {
        let mut entities = BTreeMap::new();
        for (system, def) in read_system_entities(all)? {
            let key = def.key.clone();
            let entity = Entity::of_domain(id_of(&key), 0, system, def, BTreeMap::new());
            let entity = entity.map_err(|faults| {
                let first = faults.into_iter().next();
                let first = first.map(|fault| format!("{} {}", fault.pointer, fault.message));
                format!("the definition of {key}: {}", first.unwrap_or_default())
            })?;
            entities.insert(key, Arc::new(entity));
        }
        Ok(Self(Arc::new(entities)))
    }

    /// The entity of this key.
    pub fn get(&self, key: &EntityKey) -> Option<&Arc<Entity>> {
        self.0.get(key)
    }

    /// The entity of this id.
    pub fn by_id(&self, id: EntityId) -> Option<&Arc<Entity>> {
        self.0.values().find(|entity| entity.id == id)
    }

    /// All of them, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Entity>> {
        self.0.values()
    }

    /// Their keys.
    pub fn keys(&self) -> impl Iterator<Item = &EntityKey> {
        self.0.keys()
    }
}

/// The id of a domain's entity, which is the same in every tenant: a digest of its key (RFC 9562, section 5.8).
fn id_of(key: &EntityKey) -> EntityId {
    let digest = Sha256::digest(key.as_str());
    let bytes = digest.first_chunk::<16>().copied().unwrap_or_default();
    let id: Uuid = Builder::from_custom_bytes(bytes).into_uuid();
    Id::from_uuid(id)
}
