//! Filters over the fields of an entity, and what stands for their names in SQL.

use std::sync::Arc;

use athyper_kernel_cel::{Cache, Column, Comparison, Conjunct, Context, Expression, Type, Value as CelValue};
use athyper_kernel_entity::{FieldType, cut, sortable, words};
use athyper_kernel_policy::Predicate;
use athyper_kernel_rules::cel_type;
use athyper_kernel_tenant_context::TenantContext;
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::entity::{Entity, Slot};
use crate::query::Selection;
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

/// What a selection asks of an indexed field, as its index keeps values: every record of it has a value between the two ends,
/// which are themselves within, and one of those that are named, if any are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// The field.
    pub slot: Slot,
    /// The least value.
    pub from: Option<String>,
    /// The greatest value.
    pub to: Option<String>,
    /// The values in their order, each once; nothing where none are named.
    pub named: Option<Vec<String>>,
}

impl Sought {
    fn bounded(slot: Slot, from: Option<String>, to: Option<String>) -> Self {
        Self { slot, from, to, named: None }
    }

    /// One of these values.
    fn one_of(slot: Slot, mut named: Vec<String>) -> Self {
        named.sort_unstable();
        named.dedup();
        Self { slot, from: named.first().cloned(), to: named.last().cloned(), named: Some(named) }
    }

    /// Both of one field: what either says holds.
    fn and(&mut self, other: Self) {
        self.from = self.from.take().max(other.from);
        self.to = match (self.to.take(), other.to) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let named = match (self.named.take(), other.named) {
            (Some(one), Some(other)) => Some(one.into_iter().filter(|value| other.contains(value)).collect()),
            (one, other) => one.or(other),
        };
        self.named = named.map(|mut named: Vec<String>| {
            named.retain(|value| self.has(value));
            named
        });
    }

    /// Whether a value is between the two ends.
    fn has(&self, value: &String) -> bool {
        self.from.as_ref().is_none_or(|from| from <= value) && self.to.as_ref().is_none_or(|to| value <= to)
    }

    /// Whether no value is asked for.
    pub fn is_nowhere(&self) -> bool {
        let is_empty = self.from.as_ref().zip(self.to.as_ref()).is_some_and(|(from, to)| from > to);
        is_empty || self.named.as_ref().is_some_and(Vec::is_empty)
    }
}

/// What a selection asks of a field of an index, by its filter or by what policies leave: of one whose values are named if there is
/// such, of the one with the fewest, else of one that is bounded. Values that are named and on which the policies leave no record
/// are none.
pub fn sought(entity: &Entity, selection: &Selection, context: &Context) -> Option<Sought> {
    let filter = selection.filter.iter().flat_map(|filter| filter.conjuncts(context));
    let is_left = |path: &[Arc<str>], value: &CelValue| !excluded(selection, path, value, context);
    let filter = filter.map(|conjunct| sought_by(entity, &conjunct, &is_left));
    let only = selection.only.iter().flat_map(|only| only.conjuncts(context));
    let only = only.map(|conjunct| sought_by(entity, &conjunct, &|_, _| true));
    let mut bounded: Vec<Sought> = Vec::new();
    for found in filter.chain(only).flatten() {
        match bounded.iter_mut().find(|known| known.slot == found.slot) {
            None => bounded.push(found),
            Some(known) => known.and(found),
        }
    }
    bounded.into_iter().min_by_key(|sought| match &sought.named {
        _ if sought.is_nowhere() => 0,
        None => usize::MAX,
        Some(values) => values.len(),
    })
}

/// What one condition asks, of the values that are left.
fn sought_by(
    entity: &Entity,
    conjunct: &Conjunct,
    is_left: &dyn Fn(&[Arc<str>], &CelValue) -> bool,
) -> Option<Sought> {
    let (Conjunct::Compare { path, .. } | Conjunct::In { path, .. } | Conjunct::StartsWith { path, .. }) =
        conjunct
    else {
        return None;
    };
    let slot = index_of(entity, path)?;
    let one_of = |values: &[CelValue]| {
        let left = values.iter().filter(|value| is_left(path, value));
        Some(Sought::one_of(slot, left.map(index_text).collect::<Option<_>>()?))
    };
    Some(match conjunct {
        Conjunct::Compare { comparison: Comparison::Equal, value, .. } => {
            one_of(std::slice::from_ref(value))?
        }
        Conjunct::Compare { comparison, value, .. } => {
            let end = index_text(value)?;
            // A text is kept cut off, so that what is greater than it may be kept as the same.
            match comparison {
                Comparison::Greater | Comparison::GreaterOrEqual => Sought::bounded(slot, Some(end), None),
                Comparison::Less | Comparison::LessOrEqual => Sought::bounded(slot, None, Some(end)),
                Comparison::Equal | Comparison::NotEqual => return None,
            }
        }
        Conjunct::In { values, .. } if !values.is_empty() => one_of(values)?,
        Conjunct::StartsWith { prefix, .. } if !prefix.is_empty() => {
            let prefix = cut(prefix);
            let end = words::end_of(&prefix);
            Sought::bounded(slot, Some(prefix), Some(end))
        }
        _ => return None,
    })
}

/// Whether the policies leave no record in which a field has this value.
fn excluded(selection: &Selection, path: &[Arc<str>], value: &CelValue, context: &Context) -> bool {
    selection.only.iter().any(|only| only.excludes(path, value, context))
}

/// Whether a filter has no record, as far as that can be told without looking at any: it names the values of a field,
/// and the policies leave no record with any of them; or no value of an index is within all that is asked of it.
pub fn is_nowhere(entity: &Entity, selection: &Selection, context: &Context) -> bool {
    let is_excluded = |conjunct: Conjunct| match &conjunct {
        Conjunct::Compare { path, comparison: Comparison::Equal, value } => {
            excluded(selection, path, value, context)
        }
        Conjunct::In { path, values } => values.iter().all(|value| excluded(selection, path, value, context)),
        _ => false,
    };
    let Some(filter) = &selection.filter else { return false };
    filter.conjuncts(context).into_iter().any(is_excluded)
        || sought(entity, selection, context).is_some_and(|sought| sought.is_nowhere())
}

/// Of what a selection asks, that which the value of one indexed field tells, as an index keeps it: whatever it refuses in one
/// record, it refuses in all that have the same value there. None where it asks nothing of the kind, or only what lies between
/// two ends.
pub fn told_by_value(
    entity: &Entity,
    selection: &Selection,
    slot: Slot,
    context: &Context,
) -> Option<Selection> {
    let is_told = |fields: &[&[Arc<str>]]| {
        !fields.is_empty() && fields.iter().all(|path| is_value_of(entity, path, slot))
    };
    let is_bound = |conjuncts: Vec<Conjunct>| {
        let is_end = |conjunct: &Conjunct| match conjunct {
            Conjunct::Compare { comparison, .. } => *comparison != Comparison::NotEqual,
            Conjunct::StartsWith { .. } => true,
            _ => false,
        };
        conjuncts.iter().all(is_end)
    };
    let told = |only: &Predicate| is_told(&only.fields()) && !is_bound(only.conjuncts(context));
    let only = selection.only.iter().flat_map(Predicate::parts).filter(told).collect();
    let told = |filter: &Expression| {
        is_told(&filter.variables().collect::<Vec<_>>()) && !is_bound(filter.conjuncts(context))
    };
    let filter: Vec<Expression> = selection.filter.iter().flat_map(Expression::parts).filter(told).collect();
    let filter = (!filter.is_empty()).then(|| Expression::all(&filter));
    let told = Selection { only, filter, words: Vec::new(), ..selection.clone() };
    (!told.only.is_empty() || told.filter.is_some()).then_some(told)
}

/// Whether a path names what the index of a field keeps: of an amount or a quantity the number, of others the whole.
fn is_value_of(entity: &Entity, path: &[Arc<str>], slot: Slot) -> bool {
    let field = entity.fields().find(|(_, of)| *of == slot).map(|(field, _)| &field.kind);
    let is_in_parts = matches!(field, Some(FieldType::Money(_) | FieldType::Quantity(_)));
    index_of(entity, path) == Some(slot) && (!is_in_parts || path.len() > 1)
}

/// The field that an index keeps by this path.
fn index_of(entity: &Entity, path: &[Arc<str>]) -> Option<Slot> {
    let (first, rest) = path.split_first()?;
    let (field, slot) = entity.fields().find(|(field, _)| field.key.as_str() == &**first)?;
    let is_whole = match (&field.kind, rest) {
        (_, []) => true,
        // Of an amount or a quantity the number is indexed.
        (FieldType::Money(_), [member]) => &**member == "amount",
        (FieldType::Quantity(_), [member]) => &**member == "value",
        _ => false,
    };
    (is_whole && entity.has_index_rows(field, slot)).then_some(slot)
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
