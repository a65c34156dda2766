//! The document of a definition, as somebody writes it: it may have faults, and all of them are named.

use std::collections::BTreeMap;
use std::sync::Arc;

use athyper_kernel_entity::{
    DuplicateRule, EffectiveDating, EntityDef, EntityKey, EntityKind, FieldDef, FieldKey, Label, Layout,
    Numbering, Overlay, RecordRule, StateMachine, UniqueRule, Writer, pointer_part,
};
use athyper_kernel_error::FieldError;
use athyper_kernel_records::{Entity, EntityId, Slot, SystemEntities};
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Serialize, Serializer};
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

/// Most bytes of a document.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// Most faults that are named at once.
const MAX_FAULTS: usize = 200;

/// The members that every definition has.
const REQUIRED: [&str; 4] = ["key", "label", "plural", "fields"];

/// Why a document cannot even be kept; none when it can.
pub(crate) fn unkeepable(document: &Value) -> Option<FieldError> {
    if !document.is_object() {
        return Some(FieldError::new("/definition", "wrong_type", "a definition is an object"));
    }
    if let Some(fault) = too_large(document) {
        return Some(fault);
    }
    with_nul(document, "/definition")
}

/// Why a document that grows cannot be kept.
pub(crate) fn too_large(document: &Value) -> Option<FieldError> {
    (document.to_string().len() > MAX_BYTES).then(|| {
        let message = format!("a definition has at most {MAX_BYTES} bytes");
        FieldError::new("/definition", "too_large", message)
    })
}

/// Why a part of a document cannot be kept: no text of the database holds a NUL.
pub(crate) fn with_nul(part: &Value, pointer: &str) -> Option<FieldError> {
    let at = nul_in(part)?;
    let message = "a text without the character NUL is expected";
    Some(FieldError::new(format!("{pointer}{at}"), "invalid", message))
}

/// Where a NUL stands below a value. JSON is read to a depth of 128, so the recursion ends.
fn nul_in(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(list) => {
            list.iter().enumerate().find_map(|(at, entry)| Some(format!("/{at}{}", nul_in(entry)?)))
        }
        Value::Object(members) => members.iter().find_map(|(key, entry)| {
            if key.contains('\0') { Some(String::new()) } else { Some(below("", key) + &nul_in(entry)?) }
        }),
        _ => None,
    }
}

/// The key of a document, as far as it has one: what lists show.
pub(crate) fn key_of(document: &Value) -> String {
    let key = document.get("key").and_then(Value::as_str).unwrap_or_default();
    key.chars().take(200).collect()
}

/// What a document says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Document {
    /// An entity of the tenant's own.
    Entity(Arc<EntityDef>),
    /// What the tenant changes of the entity of a domain that has this key.
    Overlay(EntityKey, Box<Overlay>),
}

impl Document {
    /// What an entity in force was published from.
    pub(crate) fn of(entity: &Entity) -> Self {
        match (entity.system(), &entity.overlay) {
            (None, _) => Self::Entity(Arc::clone(&entity.def)),
            (Some(_), overlay) => {
                Self::Overlay(entity.def.key.clone(), Box::new(overlay.clone().unwrap_or_default()))
            }
        }
    }

    /// As it is written.
    pub(crate) fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_else(|_| Value::Object(Map::new()))
    }

    /// The entity that it makes, with these slots.
    ///
    /// # Errors
    /// All that is wrong with it, and that there is no such entity of a domain.
    pub(crate) fn entity(
        &self,
        system: &SystemEntities,
        id: EntityId,
        version: i64,
        slots: BTreeMap<String, Slot>,
    ) -> Result<Entity, Vec<FieldError>> {
        match self {
            Self::Entity(def) => Entity::new(id, version, Arc::clone(def), slots),
            Self::Overlay(key, overlay) => base(system, key)?.overlaid(overlay, version, slots),
        }
    }

    /// The definition that it makes.
    ///
    /// # Errors
    /// As [`entity`](Self::entity), but for expressions.
    pub(crate) fn definition(&self, system: &SystemEntities) -> Result<Arc<EntityDef>, Vec<FieldError>> {
        match self {
            Self::Entity(def) => Ok(Arc::clone(def)),
            Self::Overlay(key, overlay) => overlay.apply(&base(system, key)?.def).map(Arc::new),
        }
    }
}

/// As it is written.
impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Keyed<'d> {
            key: &'d str,
            #[serde(flatten)]
            overlay: &'d Overlay,
        }
        match self {
            Self::Entity(def) => def.as_ref().serialize(serializer),
            Self::Overlay(key, overlay) => Keyed { key: key.as_str(), overlay }.serialize(serializer),
        }
    }
}

fn base<'s>(system: &'s SystemEntities, key: &EntityKey) -> Result<&'s Entity, Vec<FieldError>> {
    let unknown = || {
        let message = "a key with a point is that of a domain's entity, and there is none of this key";
        vec![FieldError::new("/key", "unknown_entity", message)]
    };
    system.get(key).map(AsRef::as_ref).ok_or_else(unknown)
}

/// Reads a document.
///
/// # Errors
/// All that has not the form of a definition, with pointers into the document.
pub(crate) fn read(document: &Value) -> Result<Document, Vec<FieldError>> {
    if let (Ok(key), Some(members)) = (EntityKey::parse(&key_of(document)), document.as_object())
        && key.module().is_some()
    {
        let mut changes = members.clone();
        changes.remove("key");
        let overlay = serde_path_to_error::deserialize(&Value::Object(changes));
        return overlay
            .map(|overlay| Document::Overlay(key, overlay))
            .map_err(|error| vec![fault("", &error)]);
    }
    // Where something is wrong is looked for when something is.
    if let Ok(def) = EntityDef::deserialize(document) {
        return Ok(Document::Entity(Arc::new(def)));
    }
    match serde_path_to_error::deserialize::<_, EntityDef>(document) {
        Ok(def) => Ok(Document::Entity(Arc::new(def))),
        Err(first) => {
            let mut faults = Vec::new();
            look_into(document, &mut faults);
            if faults.is_empty() {
                faults.push(fault("", &first));
            }
            faults.truncate(MAX_FAULTS);
            Err(faults)
        }
    }
}

/// Reads the parts of a document one by one, so that a fault of one does not hide those of others.
fn look_into(document: &Value, faults: &mut Vec<FieldError>) {
    let Value::Object(members) = document else {
        faults.push(FieldError::new("", "wrong_type", "a definition is an object"));
        return;
    };
    for name in REQUIRED.iter().filter(|name| !members.contains_key(**name)) {
        faults.push(FieldError::new(format!("/{name}"), "required", "every definition has this"));
    }
    for (name, value) in members {
        let pointer = below("", name);
        match name.as_str() {
            "key" => one::<EntityKey>(value, &pointer, faults),
            "label" | "plural" | "help" => one::<Label>(value, &pointer, faults),
            "kind" => one::<EntityKind>(value, &pointer, faults),
            "title" => one::<Option<FieldKey>>(value, &pointer, faults),
            "states" => one::<Option<StateMachine>>(value, &pointer, faults),
            "numbering" => one::<Option<Numbering>>(value, &pointer, faults),
            "effective" => one::<Option<EffectiveDating>>(value, &pointer, faults),
            "layout" => one::<Layout>(value, &pointer, faults),
            "writer" => one::<Writer>(value, &pointer, faults),
            "fields" => each::<FieldDef>(value, &pointer, faults),
            "unique" => each::<UniqueRule>(value, &pointer, faults),
            "duplicates" => each::<DuplicateRule>(value, &pointer, faults),
            "rules" => each::<RecordRule>(value, &pointer, faults),
            _ => faults.push(FieldError::new(pointer, "unknown_member", "a definition has no such member")),
        }
    }
}

fn one<T: DeserializeOwned>(value: &Value, pointer: &str, faults: &mut Vec<FieldError>) {
    if let Err(error) = serde_path_to_error::deserialize::<_, T>(value) {
        faults.push(fault(pointer, &error));
    }
}

fn each<T: DeserializeOwned>(value: &Value, pointer: &str, faults: &mut Vec<FieldError>) {
    let Value::Array(list) = value else {
        faults.push(FieldError::new(pointer, "wrong_type", "a list is expected"));
        return;
    };
    for (at, entry) in list.iter().enumerate() {
        one::<T>(entry, &format!("{pointer}/{at}"), faults);
    }
}

fn fault(pointer: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let mut at = pointer.to_owned();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => at = format!("{at}/{index}"),
            Segment::Map { key } => at = below(&at, key),
            Segment::Enum { variant } => at = below(&at, variant),
            Segment::Unknown => {}
        }
    }
    FieldError::new(at, "invalid", error.inner().to_string())
}

/// A pointer one level down (RFC 6901, section 3). A key that is absurdly long is cut.
pub(crate) fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", pointer_part(key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_faults_of_form_are_named_at_once() {
        let document = json!({
            "key": "Machine", "label": 3, "colour": "red", "kind": "thing", "unique": [{"fields": ["A"]}],
            "fields": [{"key": "name", "label": "Name", "type": "text"}, {"key": "x", "label": "X", "type": "texts"},
                       {"key": "null", "label": "X", "type": {"text": {"maxLength": -1}}, "required": 1}]
        });
        let faults = read(&document).unwrap_err();
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        let expected = [
            "/plural",
            "/key",
            "/label",
            "/colour",
            "/kind",
            "/unique/0/fields/0",
            "/fields/1/type",
            "/fields/2/key",
        ];
        assert_eq!(pointers, expected, "{faults:#?}");
    }

    #[test]
    fn what_the_database_cannot_hold_is_found() {
        let fault = unkeepable(&json!({"fields": [{"a/b": "x\0"}]})).unwrap();
        assert_eq!(fault.pointer, "/definition/fields/0/a~1b");
        assert!(unkeepable(&json!({"key": "x".repeat(MAX_BYTES)})).is_some());
        assert!(unkeepable(&json!({"key": 3})).is_none());
        assert!(unkeepable(&json!([])).is_some());
    }
}
