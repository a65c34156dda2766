//! The OpenAPI document of a tenant: that of the platform, and the operations and schemas of every entity in force.
//!
//! The document is never in memory as a whole: a tenant may have thousands of entities with hundreds of fields each. The
//! platform's part is written once ([`Frame`]) and left open in two places, behind its paths and behind its schemas, where
//! the parts of the entities come. An entity's operations are those under `/v1/records/{entity}` with the key in place of the
//! parameter, so that whatever the records service learns is described for each entity as well.

mod frame;
mod paths;
mod schemas;

use std::fmt::Write as _;

use athyper_kernel_entity::EntityDef;
use serde_json::Value;

pub(crate) use frame::Frame;

/// What comes behind the platform's paths for an entity.
pub(crate) fn paths_of(frame: &Frame, def: &EntityDef, language: &str) -> String {
    continued(&paths::of(frame, def, language))
}

/// What comes behind the platform's schemas for an entity.
pub(crate) fn schemas_of(def: &EntityDef, language: &str) -> String {
    continued(&schemas::of(def, language))
}

/// Members of an object that has others before them.
fn continued(members: &[(String, Value)]) -> String {
    members.iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a String cannot fail.
        let _ = write!(text, ",{}:{value}", Value::from(name.as_str()));
        text
    })
}

/// The name of an entity's schema.
fn schema_name(def: &EntityDef, form: &str) -> String {
    format!("records.{}.{form}", def.key)
}

/// A reference to an entity's schema.
fn schema_ref(def: &EntityDef, form: &str) -> String {
    format!("#/components/schemas/{}", schema_name(def, form))
}
