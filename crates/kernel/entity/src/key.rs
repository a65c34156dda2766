//! Keys of entities and fields: the words that addresses, expressions and files use.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Longest key, in characters; that of a domain's entity has two such parts.
const MAX_LEN: usize = 63;

/// Key of an entity: `machine_part` for a tenant's own, `finance.account` for a domain's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EntityKey(String);

/// Key of a field within its entity, such as `dueOn`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct FieldKey(String);

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the form of an entity's key.
    #[error(
        "the key of an entity has 1 to {MAX_LEN} of a-z, 0-9 and _, begins with a letter, and may follow the name of its domain \
         and a point: machine_part, finance.account"
    )]
    Entity,
    /// Not the form of a field's key.
    #[error(
        "the key of a field has 1 to {MAX_LEN} letters and digits of ASCII and begins with a small letter: dueOn"
    )]
    Field,
    /// A word that means something else.
    #[error("{0} means something else in expressions or paths, choose another key")]
    Reserved(String),
}

/// Words that the expression language keeps for itself (CEL specification, section "Syntax"), and the names that
/// expressions find beside a record's fields.
const RESERVED: [&str; 25] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "new",
    "now",
    "null",
    "old",
    "package",
    "record",
    "return",
    "true",
    "user",
    "var",
    "void",
];

/// The words that stand in paths for the entities themselves, and for what belongs to records of all entities.
const RESERVED_ENTITIES: [&str; 3] = ["attachments", "entities", "views"];

impl EntityKey {
    /// Reads a key.
    ///
    /// # Errors
    /// When the text has not the form of one, or is a word of paths.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let is_part = |part: &str| {
            (1..=MAX_LEN).contains(&part.len())
                && part.starts_with(|first: char| first.is_ascii_lowercase())
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let is_key = match text.split_once('.') {
            Some((module, name)) => is_part(module) && is_part(name),
            None => is_part(text),
        };
        if RESERVED_ENTITIES.contains(&text) {
            return Err(KeyError::Reserved(text.to_owned()));
        }
        if is_key { Ok(Self(text.to_owned())) } else { Err(KeyError::Entity) }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain that owns the entity; none for a tenant's own.
    pub fn module(&self) -> Option<&str> {
        self.0.split_once('.').map(|(module, _)| module)
    }
}

impl FieldKey {
    /// Reads a key.
    ///
    /// # Errors
    /// When the text has not the form of one, or is a word of expressions.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let is_key = (1..=MAX_LEN).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_key {
            return Err(KeyError::Field);
        }
        if RESERVED.contains(&text) {
            return Err(KeyError::Reserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! texts {
    ($key:ident) => {
        impl fmt::Display for $key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $key {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<Self, KeyError> {
                Self::parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $key {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

texts!(EntityKey);
texts!(FieldKey);
