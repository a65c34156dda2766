//! Fields as expressions see them: their types, their values, and what stands for them in SQL.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use athyper_kernel_cel::{
    Cache, Column, Comparison, Conjunct, Context, Expression, Schema, Type, Value as CelValue, Variables,
};
use athyper_kernel_entity::{FieldDef, FieldType, IsoDuration};
use athyper_kernel_tenant_context::TenantContext;
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::entity::{Entity, Slot};
use crate::index;
use crate::record::Record;
use crate::relation::{self, Relation};
use crate::{sortable, words};

/// Members of an amount of money.
const MONEY: [(&str, Type); 2] = [("amount", Type::Decimal), ("currency", Type::String)];
/// Members of a quantity.
const QUANTITY: [(&str, Type); 2] = [("value", Type::Decimal), ("unit", Type::String)];
/// Members of a place.
const PLACE: [(&str, Type); 2] = [("latitude", Type::Decimal), ("longitude", Type::Decimal)];

/// The type of a field's values in expressions. References, options and times of day are texts there.
pub(crate) fn cel_type(kind: &FieldType) -> Type {
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
pub(crate) fn filter_schema(defs: &[FieldDef]) -> Schema {
    Schema::new(fields(defs).into_iter().chain(SYSTEM))
}

/// The names that a rule may use: the fields, `state`, and `old`, the fields as they were, null for a new record.
pub(crate) fn rule_schema(defs: &[FieldDef]) -> Schema {
    let own = fields(defs).into_iter().chain([("state", Type::String)]);
    Schema::new(own.chain([("old", Type::object(fields(defs)))]))
}

/// As [`rule_schema`], with `value`, the field's own.
pub(crate) fn field_rule_schema(defs: &[FieldDef], kind: &FieldType) -> Schema {
    let own = fields(defs).into_iter().chain([("state", Type::String), ("value", cel_type(kind))]);
    Schema::new(own.chain([("old", Type::object(fields(defs)))]))
}

/// What stands for a name of a filter in SQL, over the entity's relation.
pub(crate) fn column(entity: &Entity, path: &[Arc<str>]) -> Option<Column> {
    let (first, rest) = path.split_first()?;
    if rest.is_empty()
        && let Some(column) = system_column(entity.relation(), first)
    {
        return Some(column);
    }
    let (field, slot) = entity.fields().find(|(field, _)| field.key.as_str() == &**first)?;
    if let Some(system) = entity.system().filter(|_| entity.is_column(slot)) {
        let member = rest.first().map(|member| &**member);
        let column = relation::column(system, slot, &field.kind, member).filter(|_| rest.len() < 2)?;
        return Some(if field.required { column.required() } else { column });
    }
    let data = entity.relation().data;
    let slot = slot.to_string();
    let kind = match &field.kind {
        FieldType::Computed(computed) => &computed.result,
        kind => kind,
    };
    match rest {
        [] if matches!(kind, FieldType::Duration(_)) => {
            // ISO 8601 as the database reads it, in microseconds; it knows no sign before the whole.
            let text = Column::json_field(data, &slot, &Type::String).sql;
            let (length, sign) =
                (format!("ltrim({text}, '-')::interval"), format!("starts_with({text}, '-')"));
            let seconds = format!("extract(epoch from {length}) * case when {sign} then -1 else 1 end");
            Some(Column::new(format!("({seconds} * 1000000)::numeric")))
        }
        [] => Some(Column::json_field(data, &slot, &cel_type(kind))),
        [member] => {
            let Type::Object(members) = cel_type(kind) else { return None };
            let base = Column::json_field(data, &slot, &Type::Json).sql;
            Some(Column::json_field(&base, member, members.get(member)?))
        }
        _ => None,
    }
}

fn system_column(relation: &Relation, name: &str) -> Option<Column> {
    let sql = match name {
        "id" => "r.id::text",
        "version" => "r.version",
        "state" => return Some(Column::new(relation.state)),
        "createdAt" => "r.created_at",
        "createdBy" => "r.created_by",
        "updatedAt" => relation.updated_at,
        "updatedBy" => relation.updated_by,
        _ => return None,
    };
    Some(Column::new(sql).required())
}

/// The values of a record, by name, as an expression asks for them.
pub(crate) struct Terms<'r> {
    /// Whose fields they are.
    pub(crate) fields: &'r [FieldDef],
    /// The values.
    pub(crate) values: &'r Map<String, Value>,
    /// The state.
    pub(crate) state: Option<&'r str>,
    /// The record as it was; none when it is new.
    pub(crate) old: Option<&'r Record>,
    /// The field that a rule is of.
    pub(crate) own: Option<&'r FieldDef>,
}

impl Variables for Terms<'_> {
    fn get(&self, name: &str) -> Option<CelValue> {
        match name {
            "state" => self.state.map(CelValue::from),
            "old" => self.old.map(|old| object(self.fields, &old.values)),
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
pub(crate) fn cel_value(kind: &FieldType, value: &Value) -> CelValue {
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
pub(crate) fn to_json(value: &CelValue) -> Value {
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

/// The time and the tenant's zone, as expressions see them; UTC for a tenant without a zone.
pub(crate) fn context(tenant: &TenantContext, now: DateTime<Utc>) -> Context {
    let zone = tenant.default_text("timezone").and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
    Context { now, zone }
}

/// Compiles a filter.
///
/// # Errors
/// What is wrong with it, in words for whoever wrote it.
pub(crate) fn condition(cache: &Cache, entity: &Entity, source: &str) -> Result<Expression, String> {
    cache.compile(source, entity.filter_schema(), &Type::Bool).map_err(|error| error.to_string())
}

/// What a filter asks of an indexed field, as its index keeps values: every record that the filter selects has a value between
/// the two ends, which are themselves within.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sought {
    /// The field.
    pub(crate) slot: Slot,
    /// The least value.
    pub(crate) from: Option<String>,
    /// The greatest value.
    pub(crate) to: Option<String>,
}

impl Sought {
    /// Whether one value alone is sought.
    pub(crate) fn is_one(&self) -> bool {
        self.from.is_some() && self.from == self.to
    }
}

/// What a filter asks of a field of an index: of one whose value it names if there is such, else of one that it bounds.
pub(crate) fn sought(entity: &Entity, filter: &Expression, context: &Context) -> Option<Sought> {
    let mut bounded: Vec<Sought> = Vec::new();
    for conjunct in filter.conjuncts(context) {
        let Some(found) = sought_by(entity, &conjunct) else { continue };
        match bounded.iter_mut().find(|known| known.slot == found.slot) {
            None => bounded.push(found),
            Some(known) => {
                known.from = known.from.take().max(found.from);
                known.to = match (known.to.take(), found.to) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
        }
    }
    let one = bounded.iter().position(Sought::is_one);
    (!bounded.is_empty()).then(|| bounded.swap_remove(one.unwrap_or(0)))
}

/// What one condition asks.
fn sought_by(entity: &Entity, conjunct: &Conjunct) -> Option<Sought> {
    let (path, from, to) = match conjunct {
        Conjunct::Compare { path, comparison, value } => {
            let end = index_text(value)?;
            // A text is kept cut off, so that what is greater than it may be kept as the same.
            match comparison {
                Comparison::Equal => (path, Some(end.clone()), Some(end)),
                Comparison::Greater | Comparison::GreaterOrEqual => (path, Some(end), None),
                Comparison::Less | Comparison::LessOrEqual => (path, None, Some(end)),
                Comparison::NotEqual => return None,
            }
        }
        Conjunct::StartsWith { path, prefix } if !prefix.is_empty() => {
            let prefix = index::cut(prefix);
            let end = words::end_of(&prefix);
            (path, Some(prefix), Some(end))
        }
        _ => return None,
    };
    let (first, rest) = path.split_first()?;
    let (field, slot) = entity.fields().find(|(field, _)| field.key.as_str() == &**first)?;
    let is_whole = match (&field.kind, rest) {
        (_, []) => true,
        // Of an amount or a quantity the number is indexed.
        (FieldType::Money(_), [member]) => &**member == "amount",
        (FieldType::Quantity(_), [member]) => &**member == "value",
        _ => false,
    };
    (is_whole && entity.has_index_rows(field, slot)).then_some(Sought { slot, from, to })
}

/// A value as an index keeps it.
fn index_text(value: &CelValue) -> Option<String> {
    Some(match value {
        CelValue::String(text) => index::cut(text),
        CelValue::Bool(value) => value.to_string(),
        CelValue::Int(value) => sortable::number(Decimal::from(*value)),
        CelValue::Decimal(value) => sortable::number(*value),
        CelValue::Date(day) => day.to_string(),
        CelValue::Timestamp(at) => at.to_rfc3339_opts(SecondsFormat::Micros, true),
        CelValue::Duration(length) => sortable::number(Decimal::new(length.num_microseconds()?, 6)),
        _ => return None,
    })
}
