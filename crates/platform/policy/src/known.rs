//! What there is beside policies: operations, modules, and the entities that rules name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_http::Catalogue;
use athyper_kernel_policy::{EntityFields, Known, PolicyDocument};
use athyper_kernel_records::{Entities, Entity, EntityId, seen_fields};

/// What there was when it was looked at.
pub(crate) struct KnownNow {
    catalogue: Catalogue,
    entities: BTreeMap<String, EntityFields>,
    /// Names of networks; none where they were not looked at, since only who checks a policy asks.
    networks: Option<BTreeSet<String>>,
}

/// An entity that rules name, by its key; none where there is no such entity.
pub(crate) type Found = (String, Option<Arc<Entity>>);

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
        let mut found = Vec::new();
        for key in named_keys(&keys) {
            found.push((key.to_string(), entities.find(tx, &key).await?));
        }
        Ok(Self::with(catalogue, found))
    }

    /// With these entities and no other.
    pub(crate) fn with(catalogue: &Catalogue, found: Vec<Found>) -> Self {
        let entities = found.into_iter().filter_map(|(key, entity)| Some((key, seen_fields(&*entity?))));
        Self { catalogue: catalogue.clone(), entities: entities.collect(), networks: None }
    }

    /// The same with these networks and no other.
    pub(crate) fn with_networks(self, names: impl IntoIterator<Item = String>) -> Self {
        Self { networks: Some(names.into_iter().collect()), ..self }
    }
}

/// The versions of entities, in their order; none where there is no such entity.
pub(crate) type Versions = Box<[Option<(EntityId, i64)>]>;

/// The versions of what was found: others where one of them has changed.
pub(crate) fn versions(found: &[Found]) -> Versions {
    let version = |(_, entity): &Found| entity.as_ref().map(|entity| (entity.id, entity.version));
    found.iter().map(version).collect()
}

/// The keys among names.
pub(crate) fn named_keys(names: &BTreeSet<String>) -> impl Iterator<Item = EntityKey> {
    names.iter().filter_map(|name| EntityKey::parse(name).ok())
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
        self.catalogue.all().any(|permission| permission.kind.as_str() == kind)
    }

    fn has_network(&self, name: &str) -> bool {
        self.networks.as_ref().is_none_or(|networks| networks.contains(name))
    }
}
