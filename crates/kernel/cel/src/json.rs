//! Values from JSON, by the type that is declared for them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::number::Number;
use crate::text;
use crate::types::{Schema, Type};
use crate::value::{MAX_DEPTH, Value};

/// A JSON value that is none of the declared type, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// JSON pointer (RFC 6901) to the value.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.message)
    }
}

impl std::error::Error for ReadError {}

impl Value {
    /// Reads a JSON value as this type. Decimals may be texts or numbers; times, days, ids and durations are texts as in
    /// the language. What is not declared in an object is left out.
    pub fn from_json(json: &Json, ty: &Type) -> Result<Self, ReadError> {
        read(json, ty, &mut vec![])
    }
}

impl Schema {
    /// Reads the fields of a record, which [`crate::Expression::evaluate`] takes as variables.
    pub fn read(
        &self,
        record: &serde_json::Map<String, Json>,
    ) -> Result<BTreeMap<Arc<str>, Value>, ReadError> {
        let mut values = BTreeMap::new();
        for (name, ty) in self.fields() {
            if let Some(json) = record.get(name.as_ref()) {
                values.insert(Arc::clone(name), read(json, ty, &mut vec![name.to_string()])?);
            }
        }
        Ok(values)
    }
}

fn wrong(path: &[String], message: impl Into<String>) -> ReadError {
    let steps = path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")));
    ReadError { pointer: steps.collect(), message: message.into() }
}

fn read(json: &Json, ty: &Type, path: &mut Vec<String>) -> Result<Value, ReadError> {
    if path.len() > MAX_DEPTH {
        return Err(wrong(path, format!("nested deeper than {MAX_DEPTH}")));
    }
    match (json, ty) {
        (Json::Null, _) => Ok(Value::Null),
        (Json::Bool(value), Type::Bool | Type::Json) => Ok(Value::Bool(*value)),
        (Json::Number(_), Type::Int | Type::Decimal | Type::Json) | (Json::String(_), Type::Decimal) => {
            number(json, ty, path)
        }
        (Json::String(value), _) => string(value, ty, path),
        (Json::Array(values), Type::List(_) | Type::Json) => {
            let element = if let Type::List(element) = ty { element } else { &Arc::new(Type::Json) };
            let mut read_values = Vec::with_capacity(values.len());
            for (index, value) in values.iter().enumerate() {
                path.push(index.to_string());
                read_values.push(read(value, element, path)?);
                path.pop();
            }
            Ok(Value::list(read_values))
        }
        (Json::Object(fields), Type::Object(_) | Type::Json) => {
            let mut entries = BTreeMap::new();
            for (key, value) in fields {
                let ty = match ty {
                    Type::Object(declared) => match declared.get(key.as_str()) {
                        Some(ty) => ty,
                        None => continue,
                    },
                    _ => &Type::Json,
                };
                path.push(key.clone());
                if key.contains('\0') {
                    return Err(wrong(path, "a key with the character U+0000"));
                }
                entries.insert(Arc::from(key.as_str()), read(value, ty, path)?);
                path.pop();
            }
            Ok(Value::Map(Arc::new(entries)))
        }
        _ => Err(wrong(path, format!("{ty} is expected here"))),
    }
}

fn number(json: &Json, ty: &Type, path: &[String]) -> Result<Value, ReadError> {
    let found = match json {
        Json::String(text) => text::plain_number(text, false),
        number => Number::parse(&number.to_string()),
    };
    let Some(number) = found else { return Err(wrong(path, format!("not a number of the range of {ty}"))) };
    match ty {
        Type::Int => {
            number.to_int().map(Value::Int).ok_or_else(|| wrong(path, "not a whole number of 64 bits"))
        }
        Type::Decimal => {
            let decimal = number.to_decimal().map(Value::Decimal);
            decimal.ok_or_else(|| wrong(path, "not a decimal of up to 28 digits"))
        }
        _ => Ok(match number.to_int() {
            Some(whole) => Value::Int(whole),
            None => Value::from_number(number, false),
        }),
    }
}

fn string(value: &str, ty: &Type, path: &[String]) -> Result<Value, ReadError> {
    if value.contains('\0') {
        return Err(wrong(path, "a text with the character U+0000"));
    }
    let read = match ty {
        Type::String | Type::Json => Some(Value::string(value)),
        Type::Timestamp => text::timestamp(value).map(Value::timestamp),
        Type::Date => text::date(value).map(Value::Date),
        Type::Uuid => text::uuid(value).map(Value::Uuid),
        Type::Duration => text::duration(value).map(Value::Duration),
        _ => None,
    };
    read.ok_or_else(|| wrong(path, format!("{ty} is expected here")))
}
