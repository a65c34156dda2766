//! A JSON object whose keys the platform does not know, and which is therefore shown with care.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::secrets::redact_free_json;

/// A free JSON object. `Debug` and `Serialize` replace whatever looks like a secret; [`FreeJson::as_map`] does not.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct FreeJson(Map<String, Value>);

impl FreeJson {
    /// The object as it was configured.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl From<Map<String, Value>> for FreeJson {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl From<Value> for FreeJson {
    /// An object is taken as it is; every other value is an empty object.
    fn from(value: Value) -> Self {
        match value {
            Value::Object(map) => Self(map),
            _ => Self::default(),
        }
    }
}

impl fmt::Debug for FreeJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", redact_free_json(&self.0))
    }
}

impl Serialize for FreeJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        redact_free_json(&self.0).serialize(serializer)
    }
}
