//! The entities in force as a list, and their definitions, for whoever describes all of them.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_entity::{EntityDef, EntityKey};
use athyper_kernel_record_model::EntityId;

use crate::catalogue::Entities;
pub use crate::store::definitions::InForce;
use crate::store::{definitions, entities};

impl Entities {
    /// The entities in force by key, those of domains included; only those of these keys, where some are named.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn in_force(
        &self,
        tx: &mut impl TenantConnection,
        keys: Option<&[String]>,
    ) -> Result<Vec<InForce>, DbError> {
        let mut found = definitions::in_force(tx, keys).await?;
        let is_named = |key: &str| keys.is_none_or(|keys| keys.iter().any(|named| named == key));
        // Those of domains that the tenant never touched have no row.
        for entity in self.system().iter().filter(|entity| is_named(entity.def.key.as_str())) {
            if found.iter().all(|other| other.id != entity.id.uuid()) {
                let (id, key) = (entity.id.uuid(), entity.def.key.to_string());
                found.push(InForce { id, key, version: entity.version });
            }
        }
        found.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(found)
    }

    /// The definitions of entities that [`in_force`](Self::in_force) gave, whether they are still in force or not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn definitions(
        &self,
        tx: &mut impl TenantConnection,
        listed: Vec<InForce>,
    ) -> Result<Vec<EntityDef>, DbError> {
        let is_of_domain = |entity: &InForce| self.system().by_id(EntityId::from_uuid(entity.id)).is_some();
        let (of_domains, own): (Vec<InForce>, Vec<InForce>) = listed.into_iter().partition(is_of_domain);
        let mut defs = definitions::of(tx, &own).await?;
        for entity in of_domains {
            let id = EntityId::from_uuid(entity.id);
            let changed = entities::by_id(tx, self.system(), id).await?;
            let def = changed.as_ref().or_else(|| self.system().by_id(id).map(AsRef::as_ref));
            defs.extend(def.map(|entity| EntityDef::clone(&entity.def)));
        }
        Ok(defs)
    }

    /// The id of the entity that has this key, in force or retired.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn id_of(
        &self,
        tx: &mut impl TenantConnection,
        key: &EntityKey,
    ) -> Result<Option<EntityId>, DbError> {
        let found = definitions::id_of(tx, key).await?;
        Ok(found.or_else(|| self.system().get(key).map(|entity| entity.id)))
    }

    /// The keys that these entities have now, in force or retired.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keys_of(
        &self,
        tx: &mut impl TenantConnection,
        ids: &[EntityId],
    ) -> Result<BTreeMap<EntityId, String>, DbError> {
        let mut keys = definitions::keys_of(tx, ids).await?;
        for id in ids {
            if let Some(entity) = self.system().by_id(*id) {
                keys.insert(*id, entity.def.key.to_string());
            }
        }
        Ok(keys)
    }
}
