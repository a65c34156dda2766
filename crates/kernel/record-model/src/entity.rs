//! An entity in force: its definition, and where its fields are stored.

use std::collections::BTreeMap;
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
    places: Places,
    rules: Arc<Rules>,
    filter_schema: Schema,
    table: Option<SystemEntity>,
    relation: Relation,
}

/// The slot of each field, in the order of the definition, with the name that its values have where they are stored: looked up
/// once, and not for each record. None for a field without a slot.
type Places = Arc<[Option<(Slot, Box<str>)>]>;

fn places(def: &EntityDef, slots: &BTreeMap<String, Slot>) -> Places {
    let place = |field: &FieldDef| {
        let slot = *slots.get(field.key.as_str())?;
        Some((slot, slot.to_string().into()))
    };
    def.fields.iter().map(place).collect()
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
        let (places, relation) = (places(&def, &slots), Relation::of_records());
        Ok(Self {
            id,
            version,
            def,
            overlay: None,
            slots,
            places,
            rules,
            filter_schema,
            table: None,
            relation,
        })
    }

    /// As [`new`](Self::new), for whoever holds the definition against another one or looks at what is stored by it: its
    /// expressions are not compiled, so that it says nothing of what a record must fulfil. None is written by it.
    pub fn uncompiled(id: EntityId, version: i64, def: EntityDef, slots: BTreeMap<String, Slot>) -> Self {
        let (filter_schema, relation) = (filter_schema(&[]), Relation::of_records());
        let (places, def, rules) = (places(&def, &slots), Arc::new(def), Arc::default());
        Self { id, version, def, overlay: None, slots, places, rules, filter_schema, table: None, relation }
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
        entity.places = places(&entity.def, &entity.slots);
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
        self.places().map(|(field, slot, _)| (field, slot))
    }

    /// The same with the names that their values have where they are stored.
    fn places(&self) -> impl Iterator<Item = (&FieldDef, Slot, &str)> {
        let all = self.def.fields.iter().zip(self.places.iter());
        all.filter_map(|(field, place)| place.as_ref().map(|(slot, name)| (field, *slot, &**name)))
    }

    /// Values by key as they are stored: by slot. Nulls are left out.
    pub fn to_stored(&self, values: &Map<String, Value>) -> Map<String, Value> {
        self.places()
            .filter_map(|(field, _, name)| {
                let value = values.get(field.key.as_str()).filter(|value| !value.is_null())?;
                Some((name.to_owned(), value.clone()))
            })
            .collect()
    }

    /// Stored values by the keys that the fields have now. What is stored of fields that are no more is left out.
    pub fn from_stored(&self, mut data: Map<String, Value>) -> Map<String, Value> {
        let mut values = Map::with_capacity(data.len());
        for (field, _, name) in self.places() {
            if let Some(value) = data.swap_remove(name).filter(|value| !value.is_null()) {
                values.insert(field.key.as_str().to_owned(), value);
            }
        }
        values
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    fn slots<const N: usize>(pairs: [(&str, Slot); N]) -> BTreeMap<String, Slot> {
        pairs.map(|(key, slot)| (key.to_owned(), slot)).into()
    }

    #[test]
    fn values_are_found_by_the_slots_that_the_fields_have_now() {
        let def = json!({"key": "thing", "label": "Thing", "plural": "Things", "fields": [
            {"key": "b", "label": "B", "type": "text"},
            {"key": "a", "label": "A", "type": "text"},
            {"key": "c", "label": "C", "type": "text"},
        ]});
        let def: EntityDef = serde_json::from_value(def).unwrap();
        let entity = Entity::uncompiled(Id::nil(), 1, def, slots([("a", 1), ("b", 12), ("gone", 3)]));
        let stored = || object(json!({"1": "of 1", "12": "of 12", "3": "of 3", "4": null}));
        let shown = |entity: &Entity| json!(entity.from_stored(stored())).to_string();
        assert_eq!(shown(&entity), r#"{"b":"of 12","a":"of 1"}"#);

        let entity = entity.numbered(Id::nil(), 2, slots([("a", 12), ("b", 4), ("c", 3)]));
        assert_eq!(shown(&entity), r#"{"a":"of 12","c":"of 3"}"#);
        let values = object(json!({"a": 1, "b": null, "c": 3, "d": 4}));
        assert_eq!(json!(entity.to_stored(&values)), json!({"12": 1, "3": 3}));
        let found: Vec<_> = entity.fields().map(|(field, slot)| (field.key.as_str(), slot)).collect();
        assert_eq!(found, [("b", 4), ("a", 12), ("c", 3)]);
    }
}
