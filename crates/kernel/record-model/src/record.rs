//! A record.

use athyper_kernel_entity::EntityDef;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::entity::RecordId;
use crate::shown::Shown;

/// A record of an entity, its values by the keys of the fields; a field without a value is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Counts its changes, from 1.
    pub version: i64,
    /// Its state, where the entity has states.
    pub state: Option<String>,
    /// Its values.
    pub values: Map<String, Value>,
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

impl Record {
    /// The record as clients get it: what is shown of it, all fields, null where there is no value, or only `fields`. Id and
    /// version are always there. What is hidden is left out.
    pub fn to_json(&self, def: &EntityDef, shown: &Shown, fields: Option<&[String]>) -> Value {
        let is_wanted = |key: &str| fields.is_none_or(|fields| fields.iter().any(|field| field == key));
        let mut json = Map::new();
        json.insert("id".to_owned(), json!(self.id));
        json.insert("version".to_owned(), json!(self.version));
        let (deleted_at, deleted_by) = match &self.deleted {
            Some((at, by)) => (json!(moment(*at)), json!(by)),
            None => (Value::Null, Value::Null),
        };
        let own = [
            ("state", json!(self.state), def.states.is_some()),
            ("createdAt", json!(moment(self.created_at)), true),
            ("createdBy", json!(self.created_by), true),
            ("updatedAt", json!(moment(self.updated_at)), true),
            ("updatedBy", json!(self.updated_by), true),
            ("deletedAt", deleted_at, self.deleted.is_some()),
            ("deletedBy", deleted_by, self.deleted.is_some()),
        ];
        let fields = def.fields.iter().filter(|field| !field.hidden).map(|field| {
            let key = field.key.as_str();
            (key, self.values.get(key).cloned().unwrap_or(Value::Null), true)
        });
        for (key, value, is_there) in own.into_iter().chain(fields) {
            if is_there
                && is_wanted(key)
                && let Some(value) = shown.value(key, value)
            {
                json.insert(key.to_owned(), value);
            }
        }
        Value::Object(json)
    }
}

/// A moment as all of the platform's JSON writes it.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
