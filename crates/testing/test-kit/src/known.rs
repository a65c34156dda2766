//! What rules of a test may name: some entities, and whatever operations, modules, kinds and networks there could be.

use std::collections::BTreeMap;

use athyper_kernel_policy::{EntityFields, Known};

/// Entities by key, each with its fields. Everything else that a rule names is there.
#[derive(Clone, Debug, Default)]
pub struct KnownEntities(BTreeMap<String, EntityFields>);

impl KnownEntities {
    /// These and no other.
    pub fn new<K: Into<String>>(entities: impl IntoIterator<Item = (K, EntityFields)>) -> Self {
        Self(entities.into_iter().map(|(key, fields)| (key.into(), fields)).collect())
    }
}

impl Known for KnownEntities {
    fn fields(&self, entity: &str) -> Option<EntityFields> {
        self.0.get(entity).cloned()
    }

    fn has_operation(&self, _: &str) -> bool {
        true
    }

    fn has_module(&self, _: &str) -> bool {
        true
    }

    fn has_kind(&self, _: &str) -> bool {
        true
    }

    fn has_network(&self, _: &str) -> bool {
        true
    }
}
