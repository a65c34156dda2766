//! Filters over the fields of an entity, and what stands for their names in SQL.

use std::sync::Arc;

use athyper_kernel_cel::{Cache, Column, Comparison, Conjunct, Context, Expression, Type, Value as CelValue};
use athyper_kernel_entity::{FieldType, cut, sortable, words};
use athyper_kernel_rules::cel_type;
use athyper_kernel_tenant_context::TenantContext;
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::entity::{Entity, Slot};
use crate::relation::{self, Relation};

/// What stands for a name of a filter in SQL, over the entity's relation.
pub fn column(entity: &Entity, path: &[Arc<str>]) -> Option<Column> {
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

/// The time and the tenant's zone, as expressions see them; UTC for a tenant without a zone.
pub fn context(tenant: &TenantContext, now: DateTime<Utc>) -> Context {
    let zone = tenant.default_text("timezone").and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
    Context { now, zone }
}

/// Compiles a filter.
///
/// # Errors
/// What is wrong with it, in words for whoever wrote it.
pub fn condition(cache: &Cache, entity: &Entity, source: &str) -> Result<Expression, String> {
    cache.compile(source, entity.filter_schema(), &Type::Bool).map_err(|error| error.to_string())
}

/// What a filter asks of an indexed field, as its index keeps values: every record that the filter selects has a value between
/// the two ends, which are themselves within.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// The field.
    pub slot: Slot,
    /// The least value.
    pub from: Option<String>,
    /// The greatest value.
    pub to: Option<String>,
}

impl Sought {
    /// The value, where one alone is sought.
    pub fn one(&self) -> Option<&str> {
        self.from.as_deref().filter(|from| self.to.as_deref() == Some(from))
    }
}

/// What a filter asks of a field of an index: of one whose value it names if there is such, else of one that it bounds.
pub fn sought(entity: &Entity, filter: &Expression, context: &Context) -> Option<Sought> {
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
    let one = bounded.iter().position(|sought| sought.one().is_some());
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
            let prefix = cut(prefix);
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
        CelValue::String(text) => cut(text),
        CelValue::Bool(value) => value.to_string(),
        CelValue::Int(value) => sortable::number(Decimal::from(*value)),
        CelValue::Decimal(value) => sortable::number(*value),
        CelValue::Date(day) => day.to_string(),
        CelValue::Timestamp(at) => at.to_rfc3339_opts(SecondsFormat::Micros, true),
        CelValue::Duration(length) => sortable::number(Decimal::new(length.num_microseconds()?, 6)),
        _ => return None,
    })
}
