//! Fields as expressions see them: their types and their values.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use athyper_kernel_cel::{Schema, Type, Value as CelValue, Variables};
use athyper_kernel_entity::{FieldDef, FieldType, IsoDuration};
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// Members of an amount of money.
const MONEY: [(&str, Type); 2] = [("amount", Type::Decimal), ("currency", Type::String)];
/// Members of a quantity.
const QUANTITY: [(&str, Type); 2] = [("value", Type::Decimal), ("unit", Type::String)];
/// Members of a place.
const PLACE: [(&str, Type); 2] = [("latitude", Type::Decimal), ("longitude", Type::Decimal)];

/// The type of a field's values in expressions. References, options and times of day are texts there.
pub fn cel_type(kind: &FieldType) -> Type {
    match kind {
        FieldType::Integer(_) => Type::Int,
        FieldType::Decimal(_) => Type::Decimal,
        FieldType::Money(_) => Type::object(MONEY),
        FieldType::Quantity(_) => Type::object(QUANTITY),
        FieldType::GeoPoint(_) => Type::object(PLACE),
        FieldType::Boolean(_) => Type::Bool,
        FieldType::Date(_) => Type::Date,
        FieldType::DateTime(_) => Type::Timestamp,
        FieldType::Duration(_) => Type::Duration,
        FieldType::MultiEnum(_) | FieldType::References(_) => Type::list(Type::String),
        FieldType::Child(child) => Type::list(Type::object(fields(&child.fields))),
        FieldType::Json(_) => Type::Json,
        FieldType::Computed(computed) => cel_type(&computed.result),
        _ => Type::String,
    }
}

fn fields(fields: &[FieldDef]) -> Vec<(&str, Type)> {
    fields.iter().map(|field| (field.key.as_str(), cel_type(&field.kind))).collect()
}

/// What every record has beside its fields.
const SYSTEM: [(&str, Type); 7] = [
    ("id", Type::String),
    ("version", Type::Int),
    ("state", Type::String),
    ("createdAt", Type::Timestamp),
    ("createdBy", Type::String),
    ("updatedAt", Type::Timestamp),
    ("updatedBy", Type::String),
];

/// The names that a filter may use: the fields, and what every record has.
pub fn filter_schema(defs: &[FieldDef]) -> Schema {
    Schema::new(fields(defs).into_iter().chain(SYSTEM))
}

/// The names that a rule may use: the fields, `state`, and `old`, the fields as they were, null for a new record.
pub fn rule_schema(defs: &[FieldDef]) -> Schema {
    let own = fields(defs).into_iter().chain([("state", Type::String)]);
    Schema::new(own.chain([("old", Type::object(fields(defs)))]))
}

/// As [`rule_schema`], with `value`, the field's own.
pub fn field_rule_schema(defs: &[FieldDef], kind: &FieldType) -> Schema {
    let own = fields(defs).into_iter().chain([("state", Type::String), ("value", cel_type(kind))]);
    Schema::new(own.chain([("old", Type::object(fields(defs)))]))
}

/// The values of a record, by name, as an expression asks for them.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'r> {
    /// Whose fields they are.
    pub fields: &'r [FieldDef],
    /// The values.
    pub values: &'r Map<String, Value>,
    /// The state.
    pub state: Option<&'r str>,
    /// The values of the record as it was; none when it is new.
    pub old: Option<&'r Map<String, Value>>,
    /// The field that a rule is of.
    pub own: Option<&'r FieldDef>,
}

impl Variables for Terms<'_> {
    fn get(&self, name: &str) -> Option<CelValue> {
        match name {
            "state" => self.state.map(CelValue::from),
            "old" => self.old.map(|old| object(self.fields, old)),
            "value" if self.own.is_some() => {
                let field = self.own?;
                Some(cel_value(&field.kind, self.values.get(field.key.as_str())?))
            }
            _ => {
                let field = self.fields.iter().find(|field| field.key.as_str() == name)?;
                Some(cel_value(&field.kind, self.values.get(name)?))
            }
        }
    }
}

fn object(fields: &[FieldDef], values: &Map<String, Value>) -> CelValue {
    CelValue::map(fields.iter().filter_map(|field| {
        let key = field.key.as_str();
        Some((key, cel_value(&field.kind, values.get(key)?)))
    }))
}

/// A stored value as an expression sees it; null where it has not the form of its type.
pub fn cel_value(kind: &FieldType, value: &Value) -> CelValue {
    let decimal = |value: Option<&Value>| {
        let number = value.and_then(Value::as_str).and_then(|text| Decimal::from_str_exact(text).ok());
        number.map_or(CelValue::Null, CelValue::Decimal)
    };
    let text = value.as_str();
    let read = match kind {
        FieldType::Integer(_) => value.as_i64().map(CelValue::Int),
        FieldType::Decimal(_) => Some(decimal(Some(value))),
        FieldType::Money(_) => Some(CelValue::map([
            ("amount", decimal(value.get("amount"))),
            (
                "currency",
                value.get("currency").and_then(Value::as_str).map_or(CelValue::Null, CelValue::from),
            ),
        ])),
        FieldType::Quantity(_) => Some(CelValue::map([
            ("value", decimal(value.get("value"))),
            ("unit", value.get("unit").and_then(Value::as_str).map_or(CelValue::Null, CelValue::from)),
        ])),
        FieldType::GeoPoint(_) => Some(CelValue::map([
            ("latitude", decimal(value.get("latitude"))),
            ("longitude", decimal(value.get("longitude"))),
        ])),
        FieldType::Boolean(_) => value.as_bool().map(CelValue::Bool),
        FieldType::Date(_) => text.and_then(|text| text.parse::<NaiveDate>().ok()).map(CelValue::Date),
        FieldType::DateTime(_) => {
            text.and_then(|text| text.parse::<DateTime<Utc>>().ok()).map(CelValue::timestamp)
        }
        FieldType::Duration(_) => text
            .and_then(|text| IsoDuration::from_str(text).ok())
            .and_then(|length| TimeDelta::try_seconds(length.seconds()))
            .map(CelValue::Duration),
        FieldType::MultiEnum(_) | FieldType::References(_) => value
            .as_array()
            .map(|list| CelValue::list(list.iter().filter_map(Value::as_str).map(CelValue::from))),
        FieldType::Child(child) => value.as_array().map(|lines| {
            CelValue::list(lines.iter().filter_map(Value::as_object).map(|line| object(&child.fields, line)))
        }),
        FieldType::Json(_) => Some(any(value)),
        FieldType::Computed(computed) => return cel_value(&computed.result, value),
        _ => text.map(CelValue::from),
    };
    read.unwrap_or(CelValue::Null)
}

/// Any JSON as an expression sees it.
fn any(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(value) => CelValue::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => CelValue::Int(whole),
            None => Decimal::from_str_exact(&number.to_string()).map_or(CelValue::Null, CelValue::Decimal),
        },
        Value::String(text) => CelValue::from(text.as_str()),
        Value::Array(list) => CelValue::list(list.iter().map(any)),
        Value::Object(members) => {
            CelValue::map(members.iter().map(|(key, value)| (key.as_str(), any(value))))
        }
    }
}

/// What an expression gave, as a client would send it for a field.
pub fn to_json(value: &CelValue) -> Value {
    match value {
        CelValue::Bool(value) => json!(value),
        CelValue::Int(value) => json!(value),
        CelValue::Decimal(value) => json!(value.normalize().to_string()),
        CelValue::String(text) => json!(&**text),
        CelValue::Timestamp(at) => json!(at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        CelValue::Date(day) => json!(day.to_string()),
        CelValue::Duration(length) => json!(iso(*length)),
        CelValue::Uuid(id) => json!(id.to_string()),
        CelValue::List(values) => Value::Array(values.iter().map(to_json).collect()),
        CelValue::Map(members) => {
            let members: BTreeMap<String, Value> =
                members.iter().map(|(key, value)| (key.to_string(), to_json(value))).collect();
            json!(members)
        }
        _ => Value::Null,
    }
}

/// A length of time in whole seconds as ISO 8601 writes it.
fn iso(length: TimeDelta) -> String {
    let seconds = length.num_seconds();
    let sign = if seconds < 0 { "-" } else { "" };
    format!("{sign}PT{}S", seconds.unsigned_abs())
}
