//! What an index keeps of a value: a text whose order is that of the values of its type.

use std::str::FromStr as _;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::{FieldDef, FieldType, IsoDuration, sortable};

/// Longest text in an index. Rows of longer texts are found by their beginning and then compared in full.
pub const MAX_INDEXED_CHARS: usize = 255;

/// Whether records are found by their value in the field: it is said of the field, or its values come once.
pub fn is_indexed(field: &FieldDef) -> bool {
    field.kind.is_scalar() && (field.indexed || field.unique.scope().is_some())
}

/// A stored value as a text whose order is that of the values; none where there is no value.
pub fn indexed_value(kind: &FieldType, value: Option<&Value>) -> Option<String> {
    let value = value.filter(|value| !value.is_null())?;
    match kind {
        FieldType::Integer(_)
        | FieldType::Decimal(_)
        | FieldType::Money(_)
        | FieldType::Quantity(_)
        | FieldType::Duration(_) => number(kind, value).map(sortable::number),
        FieldType::Computed(computed) => indexed_value(&computed.result, Some(value)),
        _ => Some(match value {
            // Days, times and moments have one length, so that their order is that of their texts.
            Value::String(text) => cut(text),
            other => cut(&other.to_string()),
        }),
    }
}

/// A text as far as an index keeps it.
pub fn cut(text: &str) -> String {
    text.chars().take(MAX_INDEXED_CHARS).collect()
}

/// The number of a value: that of an amount without its currency, of a length of time its seconds.
fn number(kind: &FieldType, value: &Value) -> Option<Decimal> {
    let written = match kind {
        FieldType::Money(_) => value.get("amount")?,
        FieldType::Quantity(_) => value.get("value")?,
        FieldType::Duration(_) => {
            return Some(Decimal::from(IsoDuration::from_str(value.as_str()?).ok()?.seconds()));
        }
        _ => value,
    };
    match written {
        Value::String(text) => Decimal::from_str_exact(text).ok(),
        Value::Number(number) => Decimal::from_str_exact(&number.to_string()).ok(),
        _ => None,
    }
}
