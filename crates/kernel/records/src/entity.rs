//! An entity in force: its definition, and where its fields are stored.

use std::collections::BTreeMap;

use athyper_kernel_cel::Schema;
use athyper_kernel_entity::{EntityDef, FieldDef, FieldType};
use athyper_kernel_error::FieldError;
use athyper_kernel_types::Id;
use serde_json::{Map, Value};

use crate::rules::Rules;
use crate::terms;

/// Marker of ids of entities.
#[derive(Clone, Copy, Debug)]
pub enum EntityMarker {}

/// Id of an entity in its tenant. It stays when the entity is renamed.
pub type EntityId = Id<EntityMarker>;

/// Marker of ids of records.
#[derive(Clone, Copy, Debug)]
pub enum RecordMarker {}

/// Id of a record.
pub type RecordId = Id<RecordMarker>;

/// The number under which a field's values are stored. An entity never gives one out again.
pub type Slot = i32;

/// An entity in force.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its id.
    pub id: EntityId,
    /// Counts its publications, from 1.
    pub version: i64,
    /// Its definition.
    pub def: EntityDef,
    slots: BTreeMap<String, Slot>,
    rules: Rules,
    filter_schema: Schema,
}

impl Entity {
    /// An entity of this definition. `slots` has those of all its fields, and of fields that it once had.
    ///
    /// # Errors
    /// All expressions of the definition that cannot be used.
    pub fn new(
        id: EntityId,
        version: i64,
        def: EntityDef,
        slots: BTreeMap<String, Slot>,
    ) -> Result<Self, Vec<FieldError>> {
        let rules = Rules::compile(&def)?;
        let filter_schema = terms::filter_schema(&def.fields);
        Ok(Self { id, version, def, slots, rules, filter_schema })
    }

    /// The names that a filter may use.
    pub(crate) fn filter_schema(&self) -> &Schema {
        &self.filter_schema
    }

    /// What its expressions say of a record.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The fields that no client sets: the number, and what is computed.
    pub(crate) fn unsettable(&self) -> impl Iterator<Item = &str> {
        let number = self.def.numbering.as_ref().map(|numbering| &numbering.field);
        let is_set = move |field: &&FieldDef| {
            matches!(field.kind, FieldType::Computed(_)) || number == Some(&field.key)
        };
        self.def.fields.iter().filter(is_set).map(|field| field.key.as_str())
    }

    /// The slots of fields by their keys, those of fields that are no more included.
    pub fn slots(&self) -> &BTreeMap<String, Slot> {
        &self.slots
    }

    /// The slot of a field; none for a key that no field ever had.
    pub fn slot(&self, key: &str) -> Option<Slot> {
        self.slots.get(key).copied()
    }

    /// Its fields with their slots, in the order of the definition.
    pub fn fields(&self) -> impl Iterator<Item = (&FieldDef, Slot)> {
        self.def.fields.iter().filter_map(|field| Some((field, self.slot(field.key.as_str())?)))
    }

    /// Values by key as they are stored: by slot. Nulls are left out.
    pub fn to_stored(&self, values: &Map<String, Value>) -> Map<String, Value> {
        self.fields()
            .filter_map(|(field, slot)| {
                let value = values.get(field.key.as_str()).filter(|value| !value.is_null())?;
                Some((slot.to_string(), value.clone()))
            })
            .collect()
    }

    /// Stored values by the keys that the fields have now. What is stored of fields that are no more is left out.
    pub fn from_stored(&self, data: &Map<String, Value>) -> Map<String, Value> {
        self.fields()
            .filter_map(|(field, slot)| Some((field.key.to_string(), data.get(&slot.to_string())?.clone())))
            .collect()
    }
}

/// Gives a slot to each field that has none yet.
pub(crate) fn with_slots(def: &EntityDef, mut slots: BTreeMap<String, Slot>) -> BTreeMap<String, Slot> {
    let mut next = slots.values().copied().max().unwrap_or(0) + 1;
    for field in &def.fields {
        slots.entry(field.key.to_string()).or_insert_with(|| {
            let slot = next;
            next += 1;
            slot
        });
    }
    slots
}
