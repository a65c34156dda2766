//! Types of operators.

use cel::common::ast::{CallExpr, IdedExpr, operators as op};

use super::{Checker, symbol};
use crate::error::ProblemKind;
use crate::ir::{Comparison, Kind, Node, Operation};
use crate::text;
use crate::types::Type;
use crate::value::Value;

/// Products in one expression, which bounds the length of exact numbers.
const MOST_PRODUCTS: u32 = 64;

fn boxed<T>(left: T, right: T) -> Box<[T; 2]> {
    Box::new([left, right])
}

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &CallExpr, at: usize) -> Option<Node> {
        let name = call.func_name.as_str();
        match (name, call.args.as_slice()) {
            (op::LOGICAL_AND | op::LOGICAL_OR, [_, _]) => self.logic(call, at),
            (op::LOGICAL_NOT, [inner]) => {
                let inner = self.node(inner)?;
                let inner = self.condition(inner)?;
                Some(Node { kind: Kind::Not(Box::new(inner)), ty: Type::Bool, at })
            }
            (op::NEGATE, [inner]) => self.negate(inner, at),
            (op::CONDITIONAL, [condition, yes, no]) => self.conditional([condition, yes, no], at),
            (op::EQUALS, [a, b]) => self.compare(Comparison::Equal, a, b, at),
            (op::NOT_EQUALS, [a, b]) => self.compare(Comparison::NotEqual, a, b, at),
            (op::LESS, [a, b]) => self.compare(Comparison::Less, a, b, at),
            (op::LESS_EQUALS, [a, b]) => self.compare(Comparison::LessOrEqual, a, b, at),
            (op::GREATER, [a, b]) => self.compare(Comparison::Greater, a, b, at),
            (op::GREATER_EQUALS, [a, b]) => self.compare(Comparison::GreaterOrEqual, a, b, at),
            (op::ADD, [a, b]) => self.arithmetic(Operation::Add, a, b, at),
            (op::SUBSTRACT, [a, b]) => self.arithmetic(Operation::Subtract, a, b, at),
            (op::MULTIPLY, [a, b]) => self.arithmetic(Operation::Multiply, a, b, at),
            (op::DIVIDE, [a, b]) => self.arithmetic(Operation::Divide, a, b, at),
            (op::MODULO, [a, b]) => self.arithmetic(Operation::Remainder, a, b, at),
            (op::IN, [a, b]) => self.membership(a, b, at),
            (op::INDEX, [a, b]) => self.index(a, b, at),
            _ => self.function(call, at),
        }
    }

    /// Both, so that the problems of both are found.
    fn both(&mut self, left: &IdedExpr, right: &IdedExpr) -> Option<(Node, Node)> {
        let (left, right) = (self.node(left), self.node(right));
        Some((left?, right?))
    }

    /// Something that is true or false.
    pub(super) fn condition(&mut self, node: Node) -> Option<Node> {
        if matches!(node.ty, Type::Bool | Type::Json | Type::Null) {
            return Some(node);
        }
        let message =
            format!("this gives {} where a condition is expected: compare it with something", node.ty);
        self.refuse(node.at, ProblemKind::Type, message)
    }

    /// `&&` and `||`, flattened.
    fn logic(&mut self, call: &CallExpr, at: usize) -> Option<Node> {
        let all = call.func_name == op::LOGICAL_AND;
        let mut parts = vec![];
        let checked: Vec<Option<Node>> = call.args.iter().map(|arg| self.node(arg)).collect();
        for node in checked.into_iter().collect::<Option<Vec<Node>>>()? {
            match node.kind {
                Kind::And(inner) if all => parts.extend(inner),
                Kind::Or(inner) if !all => parts.extend(inner),
                kind => parts.push(self.condition(Node { kind, ..node })?),
            }
        }
        let kind = if all { Kind::And(parts) } else { Kind::Or(parts) };
        Some(Node { kind, ty: Type::Bool, at })
    }

    fn negate(&mut self, inner: &IdedExpr, at: usize) -> Option<Node> {
        let inner = self.node(inner)?;
        let ty = inner.ty.clone();
        if ty.is_number() || ty == Type::Duration {
            return Some(Node { kind: Kind::Negate(Box::new(inner)), ty, at });
        }
        self.refuse(at, ProblemKind::Type, format!("`-` works on numbers and durations and not on {ty}"))
    }

    fn conditional(&mut self, parts: [&IdedExpr; 3], at: usize) -> Option<Node> {
        let [condition, yes, no] = parts.map(|part| self.node(part));
        let (condition, yes, no) = (self.condition(condition?)?, yes?, no?);
        let Some(ty) = yes.ty.join(&no.ty) else {
            let message = format!("one branch gives {} and the other {}: give both one type", yes.ty, no.ty);
            return self.refuse(at, ProblemKind::Type, message);
        };
        Some(Node { kind: Kind::Condition(Box::new([condition, yes, no])), ty, at })
    }

    /// A literal text beside a date, an instant or an id is read as one.
    pub(super) fn read_literal(&mut self, node: Node, beside: &Type) -> Option<Node> {
        if let (Kind::List(elements), Type::List(element)) = (&node.kind, beside) {
            let read: Vec<Option<Node>> =
                elements.clone().into_iter().map(|inner| self.read_literal(inner, element)).collect();
            return self.list(read.into_iter().collect::<Option<_>>()?, node.at);
        }
        let Kind::Literal(Value::String(source)) = &node.kind else { return Some(node) };
        let (value, form) = match beside {
            Type::Timestamp => {
                (text::timestamp(source).map(Value::timestamp), "a time as '2025-01-31T12:00:00Z'")
            }
            Type::Date => (text::date(source).map(Value::Date), "a date as '2025-01-31'"),
            Type::Uuid => (text::uuid(source).map(Value::Uuid), "an id with hyphens"),
            Type::Duration => (text::duration(source).map(Value::Duration), "a duration as '1h30m'"),
            _ => return Some(node),
        };
        match value {
            Some(value) => Some(Node { kind: Kind::Literal(value), ty: beside.clone(), at: node.at }),
            None => self.refuse(node.at, ProblemKind::Literal, format!("'{source}' is not {form}")),
        }
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        left: &IdedExpr,
        right: &IdedExpr,
        at: usize,
    ) -> Option<Node> {
        let (left, right) = self.both(left, right)?;
        let (left_ty, right_ty) = (left.ty.clone(), right.ty.clone());
        let (left, right) = (self.read_literal(left, &right_ty)?, self.read_literal(right, &left_ty)?);
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let comparable =
            if equality { equal_types(&left.ty, &right.ty) } else { ordered_types(&left.ty, &right.ty) };
        if comparable {
            return Some(Node { kind: Kind::Compare(comparison, boxed(left, right)), ty: Type::Bool, at });
        }
        let message = format!(
            "{} and {} cannot be compared by `{}`: {}",
            left.ty,
            right.ty,
            comparison_symbol(comparison),
            advice(&left.ty, &right.ty)
        );
        self.refuse(at, ProblemKind::Type, message)
    }

    fn arithmetic(
        &mut self,
        operation: Operation,
        left: &IdedExpr,
        right: &IdedExpr,
        at: usize,
    ) -> Option<Node> {
        let (left, right) = self.both(left, right)?;
        let ty = match (operation, &left.ty, &right.ty) {
            (_, a, b) if a.is_number() && b.is_number() => a.join(b),
            (Operation::Add, Type::String, Type::String) => Some(Type::String),
            (Operation::Add, a @ Type::List(_), b @ Type::List(_)) => a.join(b),
            (
                Operation::Add | Operation::Subtract,
                a @ (Type::Timestamp | Type::Date | Type::Duration),
                Type::Duration,
            ) => Some(a.clone()),
            (Operation::Add, Type::Duration, b @ (Type::Timestamp | Type::Date)) => Some(b.clone()),
            (Operation::Subtract, Type::Timestamp, Type::Timestamp)
            | (Operation::Subtract, Type::Date, Type::Date) => Some(Type::Duration),
            _ => None,
        };
        if operation == Operation::Multiply {
            self.multiplications += 1;
            if self.multiplications > MOST_PRODUCTS {
                let message = format!("more than {MOST_PRODUCTS} multiplications: divide the expression");
                return self.refuse(at, ProblemKind::TooComplex, message);
            }
        }
        if let Some(ty) = ty {
            return Some(Node { kind: Kind::Arithmetic(operation, boxed(left, right)), ty, at });
        }
        let message = format!(
            "`{}` does not work on {} and {}: {}",
            operation_symbol(operation),
            left.ty,
            right.ty,
            advice(&left.ty, &right.ty)
        );
        self.refuse(at, ProblemKind::Type, message)
    }

    fn membership(&mut self, left: &IdedExpr, right: &IdedExpr, at: usize) -> Option<Node> {
        let (left, right) = self.both(left, right)?;
        let right = self.read_literal(right, &Type::list(left.ty.clone()))?;
        let fine = match &right.ty {
            Type::List(element) => {
                let element = element.as_ref().clone();
                let left = self.read_literal(left, &element)?;
                if equal_types(&left.ty, &element) {
                    return Some(Node { kind: Kind::In(boxed(left, right)), ty: Type::Bool, at });
                }
                let message =
                    format!("{} cannot be in a list of {element}: {}", left.ty, advice(&left.ty, &element));
                return self.refuse(at, ProblemKind::Type, message);
            }
            Type::Json => left.ty.is_json() && !matches!(left.ty, Type::List(_)),
            _ => false,
        };
        if fine {
            return Some(Node { kind: Kind::In(boxed(left, right)), ty: Type::Bool, at });
        }
        let message = format!(
            "`{}` looks into lists and JSON and not into {}: for a field of an object use has()",
            symbol(op::IN),
            right.ty
        );
        self.refuse(at, ProblemKind::Type, message)
    }

    fn index(&mut self, list: &IdedExpr, index: &IdedExpr, at: usize) -> Option<Node> {
        let (list, index) = self.both(list, index)?;
        if let (Type::Object(_), Kind::Literal(Value::String(field))) = (&list.ty, &index.kind) {
            let field = std::sync::Arc::clone(field);
            return self.field(list, &field, at);
        }
        let ty = match (&list.ty, &index.ty) {
            (Type::List(element), Type::Int) => element.as_ref().clone(),
            (Type::Json, Type::Int | Type::String) => Type::Json,
            (list, index) => {
                let message = format!(
                    "{list} has no elements by {index}: use a number for a list, a text for an object"
                );
                return self.refuse(at, ProblemKind::Type, message);
            }
        };
        Some(Node { kind: Kind::Index(Box::new(list), Box::new(index)), ty, at })
    }
}

/// Whether values of these types may be asked for being equal.
pub(super) fn equal_types(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Object(_), Type::Object(_)) => false,
        (Type::Null, _) | (_, Type::Null) => true,
        (Type::Json, other) | (other, Type::Json) => other.is_json(),
        _ => left.join(right).is_some(),
    }
}

fn ordered_types(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (left, right) if left.is_number() && right.is_number() => true,
        (Type::Json, other) | (other, Type::Json) => {
            matches!(other, Type::Bool | Type::Int | Type::Decimal | Type::String)
        }
        (Type::Bool | Type::String | Type::Timestamp | Type::Date | Type::Duration, _) => left == right,
        _ => false,
    }
}

/// How to mend two types that do not go together.
fn advice(left: &Type, right: &Type) -> &'static str {
    match (left, right) {
        (Type::Null, _) | (_, Type::Null) => "null can be compared by == and != only",
        (Type::Json, _) | (_, Type::Json) => {
            "say what the JSON value is by int(), decimal(), string(), bool(), date(), timestamp() or uuid()"
        }
        (Type::Timestamp, Type::Date) | (Type::Date, Type::Timestamp) => "take the day by date(time, zone)",
        (Type::String, other) | (other, Type::String) if other.is_number() => {
            "convert one by int(), decimal() or string()"
        }
        _ => "convert one of them, or compare another field",
    }
}

fn comparison_symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        other => other.sql(),
    }
}

fn operation_symbol(operation: Operation) -> &'static str {
    match operation {
        Operation::Add => "+",
        Operation::Subtract => "-",
        Operation::Multiply => "*",
        Operation::Divide => "/",
        Operation::Remainder => "%",
    }
}
