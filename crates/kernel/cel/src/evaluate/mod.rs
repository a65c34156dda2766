//! Evaluation in memory, within a budget.
//!
//! Null and errors mean what they mean in SQL: an operation on null is an error, an error in `&&` and `||` counts only if
//! the other side does not decide, and a filter that ends in an error selects nothing. What is not there is null.

mod functions;
mod macros;
mod time;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::error::{EvalError, EvalErrorKind};
use crate::ir::{Comparison, Kind, Node, Operation};
use crate::limits::Budget;
use crate::number::Number;
use crate::types::Type;
use crate::value::{MAX_DEPTH, Value};

/// Where the values of names come from.
pub trait Variables {
    /// The value of this name of the schema; none means null. Asked for each use, so it should be cheap.
    fn get(&self, name: &str) -> Option<Value>;
}

impl Variables for BTreeMap<Arc<str>, Value> {
    fn get(&self, name: &str) -> Option<Value> {
        Self::get(self, name).cloned()
    }
}

impl Variables for BTreeMap<String, Value> {
    fn get(&self, name: &str) -> Option<Value> {
        Self::get(self, name).cloned()
    }
}

/// No values: every name of the schema is null.
impl Variables for () {
    fn get(&self, _name: &str) -> Option<Value> {
        None
    }
}

/// The time and place of an evaluation: what `now`, `today` and `zone` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The time, from the clock of the caller.
    pub now: DateTime<Utc>,
    /// The zone of the tenant or the user.
    pub zone: Tz,
}

impl Context {
    /// An evaluation at this time, in UTC.
    pub fn utc(now: DateTime<Utc>) -> Self {
        Self { now, zone: Tz::UTC }
    }
}

type Evaluated = Result<Value, EvalError>;

pub(crate) struct Evaluator<'a> {
    pub(crate) variables: &'a dyn Variables,
    pub(crate) context: &'a Context,
    pub(crate) budget: &'a mut Budget,
    /// The elements that macros look at, by slot.
    pub(crate) locals: Vec<Value>,
}

fn wrong(node: &Node, value: &Value, wanted: &str) -> EvalError {
    let message = format!("{} where {wanted} is needed", value.type_name());
    EvalError::new(EvalErrorKind::WrongType, node.at, message)
}

impl Evaluator<'_> {
    pub(crate) fn node(&mut self, node: &Node) -> Evaluated {
        self.budget.step(1, node.at)?;
        match &node.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Variable(path) => Ok(self.variable(path)),
            Kind::Now => Ok(Value::timestamp(self.context.now)),
            Kind::Today => Ok(Value::Date(self.context.now.with_timezone(&self.context.zone).date_naive())),
            Kind::Zone => Ok(Value::string(self.context.zone.name())),
            Kind::Local(slot) => Ok(self.locals.get(*slot).cloned().unwrap_or(Value::Null)),
            Kind::Select(inner, field) => Ok(select(&self.node(inner)?, field)),
            Kind::Index(list, index) => self.index(list, index),
            Kind::Has(inner) => Ok(Value::Bool(!self.node(inner)?.is_null())),
            Kind::Not(inner) => Ok(Value::Bool(!self.condition(inner)?)),
            Kind::And(parts) => self.logic(parts, false),
            Kind::Or(parts) => self.logic(parts, true),
            Kind::Condition(parts) => {
                let [condition, yes, no] = parts.as_ref();
                if self.condition(condition)? { self.node(yes) } else { self.node(no) }
            }
            Kind::Compare(comparison, parts) => self.compare(*comparison, parts, node.at),
            Kind::In(parts) => self.membership(parts),
            Kind::Arithmetic(operation, parts) => self.arithmetic(*operation, parts, node),
            Kind::Negate(inner) => self.negate(inner, node),
            Kind::Call(function, args) => self.call(function, args, node),
            Kind::List(elements) => self.list(elements, node.at),
            Kind::Map(entries) => self.map(entries, node.at),
            Kind::Macro(found) => self.over_list(found, node.at),
        }
    }

    fn variable(&self, path: &[Arc<str>]) -> Value {
        let Some((first, rest)) = path.split_first() else { return Value::Null };
        let root = self.variables.get(first).unwrap_or(Value::Null);
        rest.iter().fold(root, |value, field| select(&value, field))
    }

    /// True or false; null and everything else is an error.
    pub(crate) fn condition(&mut self, node: &Node) -> Result<bool, EvalError> {
        match self.node(node)? {
            Value::Bool(value) => Ok(value),
            other => Err(wrong(node, &other, "a condition")),
        }
    }

    /// `&&` (decided by false) and `||` (decided by true): an error counts only if nothing decides.
    fn logic(&mut self, parts: &[Node], decisive: bool) -> Evaluated {
        let mut failed = None;
        for part in parts {
            match self.condition(part) {
                Ok(value) if value == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => {}
                Err(error) if error.kind == EvalErrorKind::LimitExceeded => return Err(error),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    fn index(&mut self, list: &Node, index: &Node) -> Evaluated {
        let (container, key) = (self.node(list)?, self.node(index)?);
        match (&container, &key) {
            (Value::List(values), Value::Int(at)) => {
                let found = usize::try_from(*at).ok().and_then(|at| values.get(at));
                Ok(found.cloned().unwrap_or(Value::Null))
            }
            (_, Value::String(field)) => Ok(select(&container, field)),
            (_, Value::Int(_)) => Ok(Value::Null),
            _ => Err(wrong(index, &key, "a number or a text")),
        }
    }

    fn compare(&mut self, comparison: Comparison, parts: &[Node; 2], at: usize) -> Evaluated {
        let [left_node, right_node] = parts;
        let (left, right) = (self.node(left_node)?, self.node(right_node)?);
        self.compared(&left, &right, at, 0)?;
        match comparison {
            Comparison::Equal => return Ok(Value::Bool(left == right)),
            Comparison::NotEqual => return Ok(Value::Bool(left != right)),
            _ => {}
        }
        match left.compare(&right) {
            Some(ordering) => Ok(Value::Bool(comparison.holds(ordering))),
            None if left.is_null() => Err(wrong(left_node, &left, "a value")),
            None => Err(wrong(right_node, &right, left.type_name())),
        }
    }

    fn membership(&mut self, parts: &[Node; 2]) -> Evaluated {
        let [left, right] = parts;
        let (value, container) = (self.node(left)?, self.node(right)?);
        match &container {
            Value::List(values) => {
                for element in values.iter() {
                    self.compared(element, &value, right.at, 0)?;
                    if *element == value {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            Value::Map(_) => match &value {
                Value::String(key) => Ok(Value::Bool(!select(&container, key).is_null())),
                other => Err(wrong(left, other, "a text")),
            },
            other => Err(wrong(right, other, "a list or an object")),
        }
    }

    /// Takes the steps of comparing two values: each of their parts may be looked at.
    fn compared(&mut self, left: &Value, right: &Value, at: usize, depth: usize) -> Result<(), EvalError> {
        match (left, right) {
            (Value::String(a), Value::String(b)) => self.budget.read(a.len().min(b.len()), at),
            (Value::List(a), Value::List(b)) if a.len() == b.len() && depth < MAX_DEPTH * 2 => {
                self.budget.step(1 + a.len() as u64, at)?;
                a.iter().zip(b.iter()).try_for_each(|(a, b)| self.compared(a, b, at, depth + 1))
            }
            (Value::Map(a), Value::Map(b)) if a.len() == b.len() && depth < MAX_DEPTH * 2 => {
                self.budget.step(1 + a.len() as u64, at)?;
                a.values().zip(b.values()).try_for_each(|(a, b)| self.compared(a, b, at, depth + 1))
            }
            _ => self.budget.step(1, at),
        }
    }

    /// Takes the memory of a value that becomes a part of a new one. It may be shared, but whoever reads the result in
    /// full reads it once for each place, so that it counts each time.
    fn placed(&mut self, value: &Value, at: usize, depth: usize) -> Result<(), EvalError> {
        match value {
            Value::String(text) => self.budget.make(16 + text.len(), at),
            Value::List(values) if depth < MAX_DEPTH * 2 => {
                self.budget.make(16, at)?;
                values.iter().try_for_each(|value| self.placed(value, at, depth + 1))
            }
            Value::Map(entries) if depth < MAX_DEPTH * 2 => {
                self.budget.make(16, at)?;
                entries.iter().try_for_each(|(key, value)| {
                    self.budget.make(16 + key.len(), at)?;
                    self.placed(value, at, depth + 1)
                })
            }
            _ => self.budget.make(16, at),
        }
    }

    fn list(&mut self, elements: &[Node], at: usize) -> Evaluated {
        let mut values = Vec::with_capacity(elements.len());
        for element in elements {
            let value = self.node(element)?;
            self.placed(&value, at, 0)?;
            values.push(value);
        }
        Ok(Value::List(Arc::new(values)))
    }

    fn map(&mut self, entries: &[(Node, Node)], at: usize) -> Evaluated {
        let mut map = BTreeMap::new();
        for (key_node, value_node) in entries {
            match self.node(key_node)? {
                Value::String(key) => {
                    let value = self.node(value_node)?;
                    self.budget.make(16 + key.len(), at)?;
                    self.placed(&value, at, 0)?;
                    if map.insert(key, value).is_some() {
                        return Err(EvalError::new(
                            EvalErrorKind::Invalid,
                            key_node.at,
                            "a key is there twice",
                        ));
                    }
                }
                other => return Err(wrong(key_node, &other, "a text")),
            }
        }
        Ok(Value::Map(Arc::new(map)))
    }

    fn negate(&mut self, inner: &Node, node: &Node) -> Evaluated {
        match self.node(inner)? {
            Value::Duration(span) => Ok(Value::Duration(-span)),
            value => match value.number() {
                Some(number) => Ok(Value::from_number(number.negate(), node.ty == Type::Int)),
                None => Err(wrong(inner, &value, "a number")),
            },
        }
    }

    fn arithmetic(&mut self, operation: Operation, parts: &[Node; 2], node: &Node) -> Evaluated {
        let [left_node, right_node] = parts;
        let (left, right) = (self.node(left_node)?, self.node(right_node)?);
        match (&left, &right) {
            (Value::String(a), Value::String(b)) => {
                self.budget.make(16 + a.len() + b.len(), node.at)?;
                Ok(Value::String(format!("{a}{b}").into()))
            }
            (Value::List(a), Value::List(b)) => {
                self.placed(&left, node.at, 0)?;
                self.placed(&right, node.at, 0)?;
                Ok(Value::List(Arc::new(a.iter().chain(b.iter()).cloned().collect())))
            }
            _ if node.ty.is_number() => {
                let a = left.number().ok_or_else(|| wrong(left_node, &left, "a number"))?;
                let b = right.number().ok_or_else(|| wrong(right_node, &right, "a number"))?;
                compute(operation, &a, &b, node)
            }
            _ => time::arithmetic(operation, &left, &right, node),
        }
    }
}

/// Arithmetic of numbers: exact, whole if the result is an `int`.
fn compute(operation: Operation, left: &Number, right: &Number, node: &Node) -> Evaluated {
    let whole = node.ty == Type::Int;
    let number = match operation {
        Operation::Add => Some(left.add(right)),
        Operation::Subtract => Some(left.subtract(right)),
        Operation::Multiply => Some(left.multiply(right)),
        Operation::Divide if whole => left.divide_whole(right),
        Operation::Divide => left.divide(right),
        Operation::Remainder => left.remainder(right),
    };
    let number =
        number.ok_or_else(|| EvalError::new(EvalErrorKind::DivisionByZero, node.at, "division by zero"))?;
    Ok(Value::from_number(number, whole))
}

/// The field of an object; null if there is none, or no object.
fn select(value: &Value, field: &str) -> Value {
    match value {
        Value::Map(entries) => entries.get(field).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

/// The result as the type that was expected.
pub(crate) fn finish(value: Value, expected: &Type, depth: usize) -> Evaluated {
    let out_of_range = |what: &str| {
        EvalError::new(EvalErrorKind::OutOfRange, 0, format!("the result is out of the range of {what}"))
    };
    Ok(match (value, expected) {
        (Value::Null, _) => Value::Null,
        (Value::Large(number), Type::Int) => match number.0.to_int() {
            Some(small) => Value::Int(small),
            None => return Err(out_of_range("int")),
        },
        (Value::Large(number), Type::Decimal | Type::Json) => {
            Value::Decimal(number.0.to_decimal_rounded().ok_or_else(|| out_of_range("decimal"))?)
        }
        (Value::Int(whole), Type::Decimal) => Value::Decimal(whole.into()),
        (Value::List(values), Type::List(element)) if depth < MAX_DEPTH * 2 => {
            let values = values.iter().map(|value| finish(value.clone(), element, depth + 1));
            Value::List(Arc::new(values.collect::<Result<_, _>>()?))
        }
        (value, Type::Json) if !has_large(&value, 0) => value,
        (Value::List(values), Type::Json) if depth < MAX_DEPTH * 2 => {
            let values = values.iter().map(|value| finish(value.clone(), &Type::Json, depth + 1));
            Value::List(Arc::new(values.collect::<Result<_, _>>()?))
        }
        (Value::Map(entries), Type::Json) if depth < MAX_DEPTH * 2 => {
            let entries = entries
                .iter()
                .map(|(key, value)| Ok((Arc::clone(key), finish(value.clone(), &Type::Json, depth + 1)?)));
            Value::Map(Arc::new(entries.collect::<Result<_, EvalError>>()?))
        }
        (value, expected) if is_of(&value, expected) => value,
        (value, expected) => {
            let message = format!("the result is {} and {expected} is expected", value.type_name());
            return Err(EvalError::new(EvalErrorKind::WrongType, 0, message));
        }
    })
}

fn has_large(value: &Value, depth: usize) -> bool {
    match value {
        Value::Large(_) => true,
        Value::List(values) if depth < MAX_DEPTH * 2 => {
            values.iter().any(|value| has_large(value, depth + 1))
        }
        Value::Map(entries) if depth < MAX_DEPTH * 2 => {
            entries.values().any(|value| has_large(value, depth + 1))
        }
        _ => false,
    }
}

fn is_of(value: &Value, ty: &Type) -> bool {
    matches!(
        (value, ty),
        (Value::Bool(_), Type::Bool)
            | (Value::Int(_), Type::Int)
            | (Value::Decimal(_), Type::Decimal)
            | (Value::String(_), Type::String)
            | (Value::Timestamp(_), Type::Timestamp)
            | (Value::Date(_), Type::Date)
            | (Value::Duration(_), Type::Duration)
            | (Value::Uuid(_), Type::Uuid)
            | (Value::Map(_), Type::Object(_))
    )
}
