//! Records as they are stored, and as JSON where somebody is shown all of them: then nobody looks into their values.

use std::fmt;

use athyper_kernel_db::DbError;
use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use crate::entity::{Entity, RecordId, Slot};
use crate::query::{Place, Sort};
use crate::record::{Record, moment};

/// A record as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its id.
    pub id: RecordId,
    /// Counts its changes, from 1.
    pub version: i64,
    /// Its state, where the entity has states.
    pub state: Option<String>,
    /// Its values by slot: an object of JSON.
    pub data: Box<RawValue>,
    /// When it was made (UTC).
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// When it was changed last (UTC).
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: String,
    /// When and by whom it was deleted; none while it is not.
    pub deleted: Option<(DateTime<Utc>, String)>,
}

impl Stored {
    /// The record, its values by the keys that the fields have now.
    ///
    /// # Errors
    /// When its values are no object.
    pub fn into_record(self, entity: &Entity) -> Result<Record, DbError> {
        let corrupt =
            |error| DbError::Corrupt(format!("values of record {} of {}: {error}", self.id, entity.def.key));
        let values = serde_json::from_str(self.data.get()).map_err(corrupt)?;
        Ok(Record {
            id: self.id,
            version: self.version,
            state: self.state,
            values: entity.from_stored(values),
            created_at: self.created_at,
            created_by: self.created_by,
            updated_at: self.updated_at,
            updated_by: self.updated_by,
            deleted: self.deleted,
        })
    }

    /// Its place in a list of this order, with how well it fits the search.
    ///
    /// # Errors
    /// As [`into_record`](Self::into_record).
    pub fn place(&self, entity: &Entity, sort: Sort, rank: Option<i64>) -> Result<Place, DbError> {
        Ok(sort.place(entity, &self.clone().into_record(entity)?, rank))
    }
}

/// Which members a list shows of its records that are shown as they are.
#[derive(Clone, Debug)]
pub struct Members<'e> {
    has_states: bool,
    /// Those that are asked for; all without.
    names: Option<&'e [String]>,
    /// The fields of them, with their slots.
    fields: Vec<(&'e str, Option<Slot>)>,
}

impl<'e> Members<'e> {
    /// All that is not hidden, or only `names`; as [`Record::as_shown`] has them.
    pub fn of(entity: &'e Entity, names: Option<&'e [String]>) -> Self {
        let has_states = entity.def.states.is_some();
        let mut members = Self { has_states, names, fields: Vec::new() };
        let shown = entity.def.fields.iter().filter(|field| !field.hidden && members.has(field.key.as_str()));
        members.fields = shown.map(|field| (field.key.as_str(), entity.slot(field.key.as_str()))).collect();
        members
    }

    fn has(&self, name: &str) -> bool {
        self.names.is_none_or(|names| names.iter().any(|known| known == name))
    }
}

/// A record of which these members are shown, to be written as JSON at once.
#[derive(Clone, Copy, Debug)]
pub struct AsStored<'s>(pub &'s Stored, pub &'s Members<'s>);

impl Serialize for AsStored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(stored, members) = self;
        let Slots(values) = serde_json::from_str(stored.data.get()).map_err(S::Error::custom)?;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &stored.id)?;
        map.serialize_entry("version", &stored.version)?;
        if members.has_states && members.has("state") {
            map.serialize_entry("state", &stored.state)?;
        }
        let made = [
            ("createdAt", "createdBy", Some((stored.created_at, &stored.created_by))),
            ("updatedAt", "updatedBy", Some((stored.updated_at, &stored.updated_by))),
            ("deletedAt", "deletedBy", stored.deleted.as_ref().map(|(at, by)| (*at, by))),
        ];
        for (when, who, done) in made {
            let Some((at, by)) = done else { continue };
            if members.has(when) {
                map.serialize_entry(when, &moment(at))?;
            }
            if members.has(who) {
                map.serialize_entry(who, by)?;
            }
        }
        for (key, slot) in &members.fields {
            let value = values.iter().find(|(of, _)| Some(*of) == *slot).map(|(_, value)| *value);
            map.serialize_entry(key, &value)?;
        }
        map.end()
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
