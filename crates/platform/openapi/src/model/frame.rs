//! The platform's part of the document, with the places left open where entities come.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// The path of all operations on the records of an entity.
const RECORDS: &str = "/v1/records/{entity}";

/// Why a document cannot be continued.
#[derive(Debug, thiserror::Error)]
#[error("the platform's OpenAPI document has no {0}")]
pub(crate) struct FrameError(&'static str);

/// The platform's document, taken apart.
#[derive(Debug)]
pub(crate) struct Frame {
    /// All before the paths of the entities.
    pub(crate) head: Bytes,
    /// From behind those to the schemas of the entities.
    pub(crate) middle: Bytes,
    /// From behind those to the end.
    pub(crate) tail: Bytes,
    /// The operations on the records of any entity.
    pub(crate) operations: Vec<Generic>,
    /// What the document says, as a digest (SHA-256).
    pub(crate) digest: [u8; 32],
}

/// An operation on the records of any entity.
#[derive(Debug)]
pub(crate) struct Generic {
    /// What follows the entity in its path.
    pub(crate) suffix: String,
    /// Its method, in small letters.
    pub(crate) method: String,
    /// Its parameters without the entity, each as it stands there and by its name.
    pub(crate) parameters: Vec<(String, Value)>,
    /// All else that is said of it.
    pub(crate) rest: Map<String, Value>,
}

impl Frame {
    /// Takes a document apart.
    ///
    /// # Errors
    /// When it has no paths or no schemas to be continued.
    pub(crate) fn of(document: &Value) -> Result<Self, FrameError> {
        let member = |value: &Value, name: &'static str| {
            let found = value.get(name).and_then(Value::as_object).filter(|members| !members.is_empty());
            found.cloned().ok_or(FrameError(name))
        };
        let paths = member(document, "paths")?;
        let components = document.get("components").ok_or(FrameError("components"))?;
        let schemas = member(components, "schemas")?;

        let mut head = "{".to_owned();
        let own = document.as_object().into_iter().flatten();
        for (name, value) in own.filter(|(name, _)| !matches!(name.as_str(), "paths" | "components")) {
            // Writing to a String cannot fail.
            let _ = write!(head, "{}:{value},", Value::from(name.as_str()));
        }
        let _ = write!(head, "\"paths\":{}", open(&paths));
        let middle = format!("}},\"components\":{{\"schemas\":{}", open(&schemas));
        let mut tail = "}".to_owned();
        let others = components.as_object().into_iter().flatten();
        for (name, value) in others.filter(|(name, _)| name.as_str() != "schemas") {
            let _ = write!(tail, ",{}:{value}", Value::from(name.as_str()));
        }
        tail.push_str("}}");
        let operations = paths.iter().flat_map(|(path, item)| generic(document, path, item)).collect();
        let digest = [&head, &middle, &tail].iter().fold(Sha256::new(), Sha256::chain_update);
        Ok(Self {
            head: head.into(),
            middle: middle.into(),
            tail: tail.into(),
            operations,
            digest: digest.finalize().into(),
        })
    }
}

/// An object without its end.
fn open(members: &Map<String, Value>) -> String {
    let mut text = Value::Object(members.clone()).to_string();
    text.pop();
    text
}

/// The operations of a path, where it is one of the records of any entity.
fn generic(document: &Value, path: &str, item: &Value) -> Vec<Generic> {
    let suffix = path.strip_prefix(RECORDS).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let Some(suffix) = suffix else { return Vec::new() };
    let operation = |(method, said): (&String, &Value)| {
        let mut rest = said.as_object()?.clone();
        rest.get("operationId")?;
        let parameters = match rest.remove("parameters") {
            Some(Value::Array(parameters)) => parameters,
            _ => Vec::new(),
        };
        let named = parameters.into_iter().filter_map(|parameter| {
            let name = resolved(document, &parameter).get("name")?.as_str()?.to_owned();
            Some((name, parameter))
        });
        Some(Generic {
            suffix: suffix.to_owned(),
            method: method.clone(),
            parameters: named.filter(|(name, _)| name != "entity").collect(),
            rest,
        })
    };
    item.as_object().into_iter().flatten().filter_map(operation).collect()
}

/// What a reference within the document stands for; anything else as it is.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let reference = value.get("$ref").and_then(Value::as_str).and_then(|place| place.strip_prefix('#'));
    reference.and_then(|place| document.pointer(place)).unwrap_or(value)
}
