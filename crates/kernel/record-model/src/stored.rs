//! Records as they are stored, and as JSON where somebody is shown all of them: then nobody looks into their values.

use std::fmt;

use athyper_kernel_db::DbError;
use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::entity::{Entity, RecordId, Slot};
use crate::query::{Place, Sort, SortBy};
use crate::record::{Record, write_moment, write_text};

/// A record as it is stored, lent by its row.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'r> {
    /// Its id.
    pub id: RecordId,
    /// Counts its changes, from 1.
    pub version: i64,
    /// Its state, where the entity has states.
    pub state: Option<&'r str>,
    /// Its values by slot: an object of JSON.
    pub data: &'r str,
    /// When it was made (UTC).
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: &'r str,
    /// When it was changed last (UTC).
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: &'r str,
    /// When and by whom it was deleted; none while it is not.
    pub deleted: Option<(DateTime<Utc>, &'r str)>,
}

impl Stored<'_> {
    /// The record, its values by the keys that the fields have now.
    ///
    /// # Errors
    /// When its values are no object.
    pub fn into_record(self, entity: &Entity) -> Result<Record, DbError> {
        let values = serde_json::from_str(self.data).map_err(|error| self.corrupt(&error))?;
        Ok(Record {
            id: self.id,
            version: self.version,
            state: self.state.map(str::to_owned),
            values: entity.from_stored(values),
            created_at: self.created_at,
            created_by: self.created_by.to_owned(),
            updated_at: self.updated_at,
            updated_by: self.updated_by.to_owned(),
            deleted: self.deleted.map(|(at, by)| (at, by.to_owned())),
        })
    }

    /// Its place in a list of this order, with how well it fits the search.
    ///
    /// # Errors
    /// As [`into_record`](Self::into_record).
    pub fn place(self, entity: &Entity, sort: Sort, rank: Option<i64>) -> Result<Place, DbError> {
        match sort.by {
            SortBy::Created => Ok(Place { value: None, id: self.id.uuid() }),
            _ => Ok(sort.place(entity, &self.into_record(entity)?, rank)),
        }
    }

    fn corrupt(self, error: &serde_json::Error) -> DbError {
        DbError::Corrupt(format!("values of record {}: {error}", self.id))
    }
}

/// Which members are shown of records that are shown as they are.
#[derive(Clone, Debug)]
pub struct Members<'e> {
    has_states: bool,
    /// Those that are asked for; all without.
    names: Option<&'e [String]>,
    /// The fields of them, each as its name stands in JSON behind another member, with their slots.
    fields: Vec<(String, Option<Slot>)>,
}

impl<'e> Members<'e> {
    /// All that is not hidden, or only `names`; as [`Record::as_shown`] has them.
    pub fn of(entity: &Entity, names: Option<&'e [String]>) -> Self {
        let has_states = entity.def.states.is_some();
        let mut members = Self { has_states, names, fields: Vec::new() };
        let shown = entity.def.fields.iter().filter(|field| !field.hidden && members.has(field.key.as_str()));
        // The key of a field has nothing that JSON would escape.
        let named = |key: &str| (format!(",\"{key}\":"), entity.slot(key));
        members.fields = shown.map(|field| named(field.key.as_str())).collect();
        members
    }

    fn has(&self, name: &str) -> bool {
        self.names.is_none_or(|names| names.iter().any(|known| known == name))
    }

    /// Adds a record to what is written, as JSON.
    ///
    /// # Errors
    /// As [`Stored::into_record`].
    pub fn write(&self, stored: &Stored<'_>, json: &mut Vec<u8>) -> Result<(), DbError> {
        let corrupt = |error| stored.corrupt(&error);
        let Slots(values) = serde_json::from_str(stored.data).map_err(corrupt)?;
        json.extend_from_slice(b"{\"id\":\"");
        json.extend_from_slice(stored.id.uuid().hyphenated().encode_lower(&mut [0; 36]).as_bytes());
        json.extend_from_slice(b"\",\"version\":");
        json.extend_from_slice(stored.version.to_string().as_bytes());
        if self.has_states && self.has("state") {
            json.extend_from_slice(b",\"state\":");
            serde_json::to_writer(&mut *json, &stored.state).map_err(corrupt)?;
        }
        let made = [
            ("createdAt", "createdBy", Some((stored.created_at, stored.created_by))),
            ("updatedAt", "updatedBy", Some((stored.updated_at, stored.updated_by))),
            ("deletedAt", "deletedBy", stored.deleted),
        ];
        for (when, who, done) in made {
            let Some((at, by)) = done else { continue };
            if self.has(when) {
                for part in [",\"", when, "\":\""] {
                    json.extend_from_slice(part.as_bytes());
                }
                write_moment(at, json);
                json.push(b'"');
            }
            if self.has(who) {
                for part in [",\"", who, "\":"] {
                    json.extend_from_slice(part.as_bytes());
                }
                write_text(by, json).map_err(corrupt)?;
            }
        }
        for (name, slot) in &self.fields {
            let value = values.iter().find(|(of, _)| Some(*of) == *slot);
            json.extend_from_slice(name.as_bytes());
            json.extend_from_slice(value.map_or("null", |(_, value)| value.get()).as_bytes());
        }
        json.push(b'}');
        Ok(())
    }
}

/// Values by slot, as their JSON stands.
struct Slots<'j>(Vec<(Slot, &'j RawValue)>);

impl<'j> Deserialize<'j> for Slots<'j> {
    fn deserialize<D: Deserializer<'j>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'j> Visitor<'j> for Object {
            type Value = Slots<'j>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("values by slot")
            }

            fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    values.push(entry);
                }
                Ok(Slots(values))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
