//! An entity in force: its definition, and where its fields are stored.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use athyper_kernel_cel::Schema;
use athyper_kernel_entity::{EntityDef, FieldDef, FieldType, Overlay, SystemEntity, Writer, is_indexed};
use athyper_kernel_error::FieldError;
use athyper_kernel_rules::{Rules, filter_schema};
use athyper_kernel_types::Id;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::relation::Relation;

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
    /// Its definition; that of a domain's entity with what the tenant changes of it.
    pub def: Arc<EntityDef>,
    /// What the tenant changes of an entity of a domain.
    pub overlay: Option<Overlay>,
    slots: BTreeMap<String, Slot>,
    rules: Arc<Rules>,
    filter_schema: Schema,
    table: Option<SystemEntity>,
    relation: Relation,
}

impl Entity {
    /// An entity of this definition. `slots` has those of all its fields, and of fields that it once had.
    ///
    /// # Errors
    /// All expressions of the definition that cannot be used.
    pub fn new(
        id: EntityId,
        version: i64,
        def: impl Into<Arc<EntityDef>>,
        slots: BTreeMap<String, Slot>,
    ) -> Result<Self, Vec<FieldError>> {
        let def = def.into();
        let rules = Arc::new(Rules::compile(&def)?);
        let filter_schema = filter_schema(&def.fields);
        let relation = Relation::of_records();
        Ok(Self { id, version, def, overlay: None, slots, rules, filter_schema, table: None, relation })
    }

    /// As [`new`](Self::new), for whoever holds the definition against another one or looks at what is stored by it: its
    /// expressions are not compiled, so that it says nothing of what a record must fulfil. None is written by it.
    pub fn uncompiled(id: EntityId, version: i64, def: EntityDef, slots: BTreeMap<String, Slot>) -> Self {
        let (filter_schema, relation) = (filter_schema(&[]), Relation::of_records());
        let (def, rules) = (Arc::new(def), Arc::default());
        Self { id, version, def, overlay: None, slots, rules, filter_schema, table: None, relation }
    }

    /// The same definition as another version of the entity of this id, with these slots: what is compiled stays so.
    #[must_use]
    pub fn numbered(self, id: EntityId, version: i64, slots: BTreeMap<String, Slot>) -> Self {
        let of_domain: Vec<(String, Slot)> = self
            .fields()
            .filter(|(_, slot)| self.is_column(*slot))
            .map(|(field, slot)| (field.key.to_string(), slot))
            .collect();
        let mut entity = Self { id, version, slots, ..self };
        entity.slots.extend(of_domain);
        entity
    }

    /// An entity of a domain, whose records lie in its table. `slots` has those of the fields that the tenant added.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(crate) fn of_domain(
        id: EntityId,
        version: i64,
        system: SystemEntity,
        def: EntityDef,
        mut slots: BTreeMap<String, Slot>,
    ) -> Result<Self, Vec<FieldError>> {
        for field in &def.fields {
            if let Some(slot) = system.slot(field.key.as_str()) {
                slots.insert(field.key.to_string(), slot);
            }
        }
        let relation = Relation::of_table(&system, &def);
        let entity = Self::new(id, version, def, slots)?;
        Ok(Self { table: Some(system), relation, ..entity })
    }

    /// This entity of a domain with what a tenant changes of it. `slots` has those of the fields that the tenant added.
    ///
    /// # Errors
    /// All that cannot be used of the change.
    pub fn overlaid(
        &self,
        overlay: &Overlay,
        version: i64,
        slots: BTreeMap<String, Slot>,
    ) -> Result<Self, Vec<FieldError>> {
        let Some(system) = self.table else {
            return Err(vec![FieldError::new(
                "",
                "not_of_a_domain",
                "only entities of domains are changed so",
            )]);
        };
        let entity = Self::of_domain(self.id, version, system, overlay.apply(&self.def)?, slots)?;
        Ok(Self { overlay: Some(overlay.clone()), ..entity })
    }

    /// The domain's entity, where it is one of a domain.
    pub fn system(&self) -> Option<&SystemEntity> {
        self.table.as_ref()
    }

    /// Where its records lie.
    pub fn relation(&self) -> &Relation {
        &self.relation
    }

    /// Whether the values of a slot lie in columns of a domain's table.
    pub fn is_column(&self, slot: Slot) -> bool {
        self.table.is_some_and(|table| table.stored(slot).is_some())
    }

    /// Whether rows of an index are kept for the values of a field. Those in columns of a domain's table have its indexes.
    pub(crate) fn has_index_rows(&self, field: &FieldDef, slot: Slot) -> bool {
        is_indexed(field) && !self.is_column(slot)
    }

    /// Whether the records service makes and deletes its records, and changes their state.
    ///
    /// # Errors
    /// When the commands of its domain do.
    pub fn must_be_written_here(&self) -> Result<(), Error> {
        if self.is_written_by_commands() {
            return Err(Error::WrittenByCommands { entity: self.def.key.to_string() });
        }
        Ok(())
    }

    /// Whether words are kept of its records. What the commands of a domain write is searched as it is.
    pub fn has_words(&self) -> bool {
        self.def.fields.iter().any(|field| field.searchable) && !self.is_written_by_commands()
    }

    /// Whether only the commands of its domain make its records and change the domain's fields.
    pub fn is_written_by_commands(&self) -> bool {
        self.def.writer == Writer::Commands
    }

    /// The names that a filter may use.
    pub fn filter_schema(&self) -> &Schema {
        &self.filter_schema
    }

    /// What its expressions say of a record.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The fields that no client sets: the number, and what is computed.
    pub fn unsettable(&self) -> impl Iterator<Item = &str> {
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
    pub fn from_stored(&self, mut data: Map<String, Value>) -> Map<String, Value> {
        let mut name = String::new();
        self.fields()
            .filter_map(|(field, slot)| {
                name.clear();
                // Writing to a String cannot fail.
                let _ = write!(name, "{slot}");
                let value = data.swap_remove(&name).filter(|value| !value.is_null())?;
                Some((field.key.to_string(), value))
            })
            .collect()
    }
}

/// Gives a slot to each field that has none yet.
pub fn with_slots(
    fields: &[FieldDef],
    mut slots: BTreeMap<String, Slot>,
    first: Slot,
) -> BTreeMap<String, Slot> {
    let mut next = slots.values().copied().max().map_or(first, |last| first.max(last + 1));
    for field in fields {
        slots.entry(field.key.to_string()).or_insert_with(|| {
            let slot = next;
            next += 1;
            slot
        });
    }
    slots
}
