//! What there is beside policies: operations, modules, and the entities that rules name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_http::Catalogue;
use athyper_kernel_policy::{EntityFields, Known, PolicyDocument};
use athyper_kernel_records::{Entities, seen_fields};

use crate::model::decision::word;

/// What there was when it was looked at.
pub(crate) struct KnownNow {
    catalogue: Catalogue,
    entities: BTreeMap<String, EntityFields>,
    /// Entities with their versions, in order: another text where one of them has changed.
    pub(crate) fingerprint: String,
}

impl KnownNow {
    /// Looks at the entities that these rules name.
    pub(crate) async fn of(
        tx: &mut impl TenantConnection,
        catalogue: &Catalogue,
        entities: &Entities,
        documents: impl Iterator<Item = &PolicyDocument>,
    ) -> Result<Self, DbError> {
        Self::of_entities(tx, catalogue, entities, named(documents)).await
    }

    /// The same for these entities.
    pub(crate) async fn of_entities(
        tx: &mut impl TenantConnection,
        catalogue: &Catalogue,
        entities: &Entities,
        keys: BTreeSet<String>,
    ) -> Result<Self, DbError> {
        let mut known =
            Self { catalogue: catalogue.clone(), entities: BTreeMap::new(), fingerprint: String::new() };
        for text in keys {
            let Ok(key) = EntityKey::parse(&text) else { continue };
            if let Some(entity) = entities.find(tx, &key).await? {
                // Writing to a text cannot fail.
                let _ = write!(known.fingerprint, "{text} {} {};", entity.id, entity.version);
                known.entities.insert(text, seen_fields(&entity));
            }
        }
        Ok(known)
    }
}

/// The entities that rules name.
pub(crate) fn named<'a>(documents: impl Iterator<Item = &'a PolicyDocument>) -> BTreeSet<String> {
    documents.flat_map(|document| &document.rules).filter_map(|rule| rule.resource.entity.clone()).collect()
}

impl Known for KnownNow {
    fn fields(&self, entity: &str) -> Option<EntityFields> {
        self.entities.get(entity).cloned()
    }

    fn has_operation(&self, operation: &str) -> bool {
        self.catalogue.find(operation).is_some()
    }

    fn has_module(&self, module: &str) -> bool {
        self.catalogue.all().any(|permission| permission.module() == module)
    }

    fn has_kind(&self, kind: &str) -> bool {
        self.catalogue.all().any(|permission| word(&permission.kind) == kind)
    }
}
