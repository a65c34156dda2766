//! The order of records by a field, as its type says it, and not as an index has it.

use std::cmp::Ordering;

use athyper_kernel_entity::{FieldType, IsoDuration};
use athyper_kernel_record_model::{Entity, Record};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

/// A value that has an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ranked {
    Truth(bool),
    Whole(i64),
    Number(Decimal),
    Text(Vec<char>),
    Day(NaiveDate),
    Moment(DateTime<Utc>),
    Length(IsoDuration),
}

/// The rank of a value of this type; texts count up to the length that an index keeps.
pub(crate) fn ranked(kind: &FieldType, value: Option<&Value>) -> Option<Ranked> {
    let value = value.filter(|value| !value.is_null())?;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let number = |value: &Value| Ranked::Number(text(value).parse().unwrap());
    Some(match kind {
        FieldType::Boolean(_) => Ranked::Truth(value.as_bool().unwrap()),
        FieldType::Integer(_) => Ranked::Number(value.as_i64().unwrap().into()),
        FieldType::Decimal(_) => number(value),
        FieldType::Money(_) => number(&value["amount"]),
        FieldType::Quantity(_) => number(&value["value"]),
        FieldType::Date(_) => Ranked::Day(text(value).parse().unwrap()),
        FieldType::DateTime(_) => Ranked::Moment(text(value).parse().unwrap()),
        FieldType::Duration(_) => Ranked::Length(text(value).parse().unwrap()),
        FieldType::Computed(computed) => return ranked(&computed.result, Some(value)),
        _ => Ranked::Text(text(value).chars().take(255).collect()),
    })
}

/// How two records follow one another by a field; without a value they come last whichever way it goes.
pub(crate) fn compare(
    entity: &Entity,
    key: &str,
    descending: bool,
    one: &Record,
    other: &Record,
) -> Ordering {
    let kind = &entity.def.field(key).unwrap().kind;
    let rank = |record: &Record| ranked(kind, record.values.get(key));
    let by_id = one.id.uuid().cmp(&other.id.uuid());
    let turned = |order: Ordering| if descending { order.reverse() } else { order };
    match (rank(one), rank(other)) {
        (Some(left), Some(right)) => turned(left.cmp(&right).then(by_id)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => turned(by_id),
    }
}
