//! Entities that domains define: what their records are, and how they lie in the domain's own tables.

use crate::{EntityDef, EntityKey, Writer};

/// The least slot of a field that a tenant adds to an entity of a domain. Those below it are the domain's.
pub const FIRST_CUSTOM_SLOT: i32 = 1_001;

/// An entity of a domain, as data. The domain's migrations make the table; the records service reads it, and writes it where
/// the definition says so ([`Writer`]).
///
/// The table has the columns `tenant_id`, `id`, `version`, `created_at` and `created_by`, is protected by row security, and
/// has an index for each field that the definition calls indexed: on `(tenant_id, <its column>, id)`, or a unique one on
/// `(tenant_id, <its column>)`.
#[derive(Clone, Copy, Debug)]
pub struct SystemEntity {
    /// The definition, an [`EntityDef`] in JSON.
    pub definition: &'static str,
    /// The table, with its schema.
    pub table: &'static str,
    /// How the fields lie in it. The place of a field in this list, from 1, is its slot for good: new fields come at the end,
    /// and one that goes leaves [`Stored::Nowhere`].
    pub fields: &'static [(&'static str, Stored)],
    /// What the table has beside them.
    pub parts: TableParts,
    /// The operation whose permission its records are read with.
    pub read: &'static str,
    /// The operation whose permission they are written with through the records service.
    pub write: &'static str,
}

/// How a field lies in a table.
#[derive(Clone, Copy, Debug)]
pub enum Stored {
    /// In a column of the type that the field's has: `bigint` for whole numbers, `numeric` for decimal ones, `boolean`, `date`,
    /// `timestamptz`, `uuid` for ids, references and attachments, `jsonb` for lists, lines and JSON, and `text` for all else.
    Column(&'static str),
    /// In two: amount and currency, value and unit, latitude and longitude; the second of them a `text` but for places.
    Pair(&'static str, &'static str),
    /// In lines of a table of their own, which the records service reads only.
    Lines(&'static LineTable),
    /// No longer a field.
    Nowhere,
}

/// The table of a record's lines.
#[derive(Clone, Copy, Debug)]
pub struct LineTable {
    /// The table, with its schema; its rows have the `tenant_id` of the record's.
    pub table: &'static str,
    /// The column with the record's id.
    pub record: &'static str,
    /// The column that orders the lines.
    pub position: &'static str,
    /// The columns of a line's fields, by their keys.
    pub columns: &'static [(&'static str, &'static str)],
}

/// Which of the columns that records have in general a table has.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part that a table has or has not")]
pub struct TableParts {
    /// `state`.
    pub state: bool,
    /// `updated_at` and `updated_by`.
    pub updated: bool,
    /// `deleted_at` and `deleted_by`: records are deleted softly.
    pub deleted: bool,
    /// `custom` (`jsonb`, an object), where the values of the fields that tenants add lie.
    pub custom: bool,
}

impl SystemEntity {
    /// Reads the definition.
    ///
    /// # Errors
    /// What is wrong with it, for whoever wrote it: also a field that lies nowhere, and a place without a field.
    pub fn read_definition(&self) -> Result<EntityDef, String> {
        let def: EntityDef = serde_json::from_str(self.definition)
            .map_err(|error| format!("the definition for {} cannot be read: {error}", self.table))?;
        let fault = |message: String| Err(format!("the definition of {}: {message}", def.key));
        if def.key.module().is_none() {
            return fault("its key names no domain".to_owned());
        }
        if let Some(field) = def.fields.iter().find(|field| self.slot(field.key.as_str()).is_none()) {
            return fault(format!("it is not said where {} lies", field.key));
        }
        if let Some(field) = def.fields.iter().find(|field| is_custom_key(field.key.as_str())) {
            return fault(format!("{} is a key for fields that tenants add", field.key));
        }
        let is_field =
            |(key, stored): &&(&str, Stored)| !matches!(stored, Stored::Nowhere) && def.field(key).is_none();
        if let Some((key, _)) = self.fields.iter().find(is_field) {
            return fault(format!("there is no field {key}"));
        }
        let has_lines = self.fields.iter().any(|(_, stored)| matches!(stored, Stored::Lines(_)));
        if has_lines && def.writer == Writer::Records {
            return fault("lines of a table of their own are not written by the records service".to_owned());
        }
        if def.states.is_some() != self.parts.state {
            return fault("states need the column state, and it them".to_owned());
        }
        Ok(def)
    }

    /// The slot of a field of the domain.
    pub fn slot(&self, key: &str) -> Option<i32> {
        let is_it = |(field, stored): &(&str, Stored)| *field == key && !matches!(stored, Stored::Nowhere);
        let place = self.fields.iter().position(is_it)?;
        i32::try_from(place + 1).ok()
    }

    /// How the field of a slot lies in the table; none for a field that a tenant added.
    pub fn stored(&self, slot: i32) -> Option<Stored> {
        let place = usize::try_from(slot).ok()?.checked_sub(1)?;
        self.fields.get(place).map(|(_, stored)| *stored)
    }
}

/// Whether a key is one of those that fields which tenants add to an entity of a domain have: `x` and a capital letter,
/// `xCostCentre`. No field of a domain begins so, so that a new one never meets a tenant's.
pub fn is_custom_key(key: &str) -> bool {
    key.strip_prefix('x').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// Reads the definitions of all domains and holds each against the others.
///
/// # Errors
/// What is wrong with them, for whoever wrote them.
pub fn read_system_entities(all: &[SystemEntity]) -> Result<Vec<(SystemEntity, EntityDef)>, String> {
    let read: Vec<(SystemEntity, EntityDef)> =
        all.iter().map(|entity| Ok((*entity, entity.read_definition()?))).collect::<Result<_, String>>()?;
    let is_known = |key: &EntityKey| read.iter().any(|(_, def)| def.key == *key);
    for (place, (_, def)) in read.iter().enumerate() {
        if read.iter().skip(place + 1).any(|(_, other)| other.key == def.key) {
            return Err(format!("two entities have the key {}", def.key));
        }
        if let Some(fault) = def.check(&is_known).first() {
            return Err(format!("the definition of {}: {} {}", def.key, fault.pointer, fault.message));
        }
    }
    Ok(read)
}
