//! From the parser's tree to checked operations: names resolved, types settled, literals read.

mod calls;
mod macros;
mod operators;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cel::common::ast::{
    EntryExpr, Expr, IdedExpr, LiteralValue, MapExpr, SelectExpr, SourceInfo, operators as op,
};

use crate::error::{CelError, Problem, ProblemKind};
use crate::ir::{Kind, Node};
use crate::number::Number;
use crate::types::{Fields, Schema, Type};
use crate::value::Value;

/// A path of names from the schema.
pub(crate) type Path = Arc<[Arc<str>]>;

/// What checking gives.
pub(crate) struct Checked {
    pub(crate) node: Node,
    pub(crate) names: Names,
}

/// The names that an expression uses, and what they meant when it was checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Those of the schema with the declared fields below them, by path.
    pub(crate) variables: BTreeMap<Path, Type>,
    /// Those that are always there unless the schema hides them.
    own: BTreeSet<&'static str>,
}

impl Names {
    /// Takes in the names that a tree uses.
    pub(crate) fn collect(&mut self, node: &Node) {
        match &node.kind {
            Kind::Variable(path) => drop(self.variables.insert(Arc::clone(path), node.ty.clone())),
            Kind::Now => drop(self.own.insert("now")),
            Kind::Today => drop(self.own.insert("today")),
            Kind::Zone => drop(self.own.insert("zone")),
            _ => {}
        }
        node.each(&mut |part| self.collect(part));
    }

    /// Whether they mean the same among the names of this schema: then so does the expression.
    pub(crate) fn mean_the_same_in(&self, schema: &Schema) -> bool {
        let fields = schema.fields();
        self.own.iter().all(|name| !fields.contains_key(*name))
            && self.variables.iter().all(|(path, ty)| type_at(fields, path) == Some(ty))
    }
}

/// The type of a name with declared fields below it.
fn type_at<'f>(fields: &'f Fields, path: &[Arc<str>]) -> Option<&'f Type> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(fields.get(first)?, |ty, name| match ty {
        Type::Object(fields) => fields.get(name),
        _ => None,
    })
}

pub(crate) struct Checker<'a> {
    source: &'a str,
    info: &'a SourceInfo,
    schema: &'a Schema,
    problems: Vec<Problem>,
    /// The names that macros around give to elements; the slot is the index.
    locals: Vec<(String, Type)>,
    multiplications: u32,
}

/// How many problems are reported.
const MOST_PROBLEMS: usize = 20;

/// Checks an expression that is to give this type.
pub(crate) fn check(
    source: &str,
    tree: &IdedExpr,
    info: &SourceInfo,
    schema: &Schema,
    expected: &Type,
) -> Result<Checked, CelError> {
    let mut checker = Checker { source, info, schema, problems: vec![], locals: vec![], multiplications: 0 };
    let node = checker.node(tree).and_then(|node| {
        // A literal text that is to be a date, an instant or an id becomes one.
        let node = checker.read_literal(node, expected)?;
        if node.ty.fits(expected) {
            return Some(node);
        }
        let message = format!("this gives {} and {expected} is expected here", node.ty);
        checker.refuse(0, ProblemKind::Type, message)
    });
    let mut problems = checker.problems;
    match node {
        Some(node) if problems.is_empty() => {
            let mut names = Names::default();
            names.collect(&node);
            Ok(Checked { node, names })
        }
        _ => {
            problems.sort_by_key(|problem| problem.offset);
            problems.truncate(MOST_PROBLEMS);
            Err(CelError { problems })
        }
    }
}

impl Checker<'_> {
    /// Notes a problem; what it stands for has no type.
    fn refuse<T>(&mut self, at: usize, kind: ProblemKind, message: impl Into<String>) -> Option<T> {
        self.problems.push(Problem::at(self.source, at, kind, message));
        None
    }

    fn place(&self, id: u64) -> usize {
        self.info.offset_for(id).map_or(0, |(start, _)| start as usize)
    }

    fn node(&mut self, tree: &IdedExpr) -> Option<Node> {
        let at = self.place(tree.id);
        match &tree.expr {
            Expr::Literal(literal) => self.literal(literal, tree.id, at),
            Expr::Ident(name) => self.name(name, at),
            Expr::Select(select) => self.select(select, at),
            Expr::Call(call) => self.call(call, at),
            Expr::List(list) => {
                let elements: Vec<Option<Node>> = list.elements.iter().map(|e| self.node(e)).collect();
                self.list(elements.into_iter().collect::<Option<_>>()?, at)
            }
            Expr::Map(map) => self.map(map, at),
            Expr::Struct(_) => {
                let message = "messages are not supported: write an object as {'name': value}";
                self.refuse(at, ProblemKind::Unsupported, message)
            }
            Expr::Comprehension(_) | Expr::Unspecified => {
                self.refuse(at, ProblemKind::Unsupported, "this form is not supported")
            }
        }
    }

    fn literal(&mut self, literal: &LiteralValue, id: u64, at: usize) -> Option<Node> {
        let (value, ty) = match literal {
            LiteralValue::Null => (Value::Null, Type::Null),
            LiteralValue::Boolean(value) => (Value::Bool((*value).into()), Type::Bool),
            LiteralValue::Int(value) => (Value::Int(*value.inner()), Type::Int),
            LiteralValue::String(value) if value.inner().contains('\0') => {
                let message = "a text cannot have the character U+0000: remove it";
                return self.refuse(at, ProblemKind::Literal, message);
            }
            LiteralValue::String(value) => (Value::string(value.inner()), Type::String),
            LiteralValue::Double(value) => {
                (self.decimal(id, at, value.inner().is_sign_negative())?, Type::Decimal)
            }
            LiteralValue::UInt(_) => {
                let message = "unsigned numbers are not supported: leave the u away";
                return self.refuse(at, ProblemKind::Unsupported, message);
            }
            LiteralValue::Bytes(_) => {
                let message = "bytes are not supported: use a text, without the b";
                return self.refuse(at, ProblemKind::Unsupported, message);
            }
        };
        Some(Node { kind: Kind::Literal(value), ty, at })
    }

    /// A number with a point or an exponent: exact, from its text.
    fn decimal(&mut self, id: u64, at: usize, negative: bool) -> Option<Value> {
        let end = self.info.offset_for(id).map_or(at, |(_, end)| end as usize);
        let text = self.source.get(at..=end).unwrap_or_default();
        let number = Number::parse(text.trim_start_matches('-'));
        let number = number.map(|number| if negative { number.negate() } else { number });
        match number.and_then(|number| number.to_decimal()) {
            Some(value) => Some(Value::Decimal(value)),
            None => self.refuse(
                at,
                ProblemKind::Literal,
                "this number is out of range: decimals have at most 28 digits",
            ),
        }
    }

    fn name(&mut self, name: &str, at: usize) -> Option<Node> {
        let plain = name.strip_prefix('.').unwrap_or(name);
        let local = self.locals.iter().rposition(|(local, _)| local == name);
        if let Some((slot, (_, ty))) = local.and_then(|slot| Some((slot, self.locals.get(slot)?))) {
            return Some(Node { kind: Kind::Local(slot), ty: ty.clone(), at });
        }
        let schema = self.schema;
        if let Some((key, ty)) = schema.fields().get_key_value(plain) {
            return Some(Node { kind: Kind::Variable(Arc::new([Arc::clone(key)])), ty: ty.clone(), at });
        }
        match plain {
            "now" => Some(Node { kind: Kind::Now, ty: Type::Timestamp, at }),
            "today" => Some(Node { kind: Kind::Today, ty: Type::Date, at }),
            "zone" => Some(Node { kind: Kind::Zone, ty: Type::String, at }),
            _ => {
                let message =
                    format!("there is no name `{plain}` here: the names are {}", names(schema.fields()));
                self.refuse(at, ProblemKind::UnknownName, message)
            }
        }
    }

    fn select(&mut self, select: &SelectExpr, at: usize) -> Option<Node> {
        let inner = self.node(&select.operand)?;
        self.field(inner, &select.field, at)
    }

    /// The field of a value.
    fn field(&mut self, inner: Node, field: &str, at: usize) -> Option<Node> {
        let ty = match &inner.ty {
            Type::Json => Type::Json,
            Type::Object(fields) => {
                let Some(ty) = fields.get(field) else {
                    let message = format!("there is no field `{field}`: the fields are {}", names(fields));
                    return self.refuse(at, ProblemKind::UnknownName, message);
                };
                ty.clone()
            }
            other => {
                let message = format!("{other} has no fields: take `.{field}` of an object");
                return self.refuse(at, ProblemKind::Type, message);
            }
        };
        let kind = match (inner.kind, &inner.ty) {
            (Kind::Variable(path), Type::Object(_)) => {
                Kind::Variable(path.iter().cloned().chain([Arc::from(field)]).collect())
            }
            (kind, _) => Kind::Select(Box::new(Node { kind, ty: inner.ty, at: inner.at }), field.into()),
        };
        Some(Node { kind, ty, at })
    }

    fn list(&mut self, elements: Vec<Node>, at: usize) -> Option<Node> {
        let mut element = Type::Null;
        for node in &elements {
            match element.join(&node.ty) {
                Some(joined) => element = joined,
                None if element.is_json() && node.ty.is_json() => element = Type::Json,
                None => {
                    let message = format!(
                        "a list cannot have {element} and {} side by side: give its elements one type",
                        node.ty
                    );
                    return self.refuse(node.at, ProblemKind::Type, message);
                }
            }
        }
        Some(Node { kind: Kind::List(elements), ty: Type::list(element), at })
    }

    fn map(&mut self, map: &MapExpr, at: usize) -> Option<Node> {
        let mut entries = vec![];
        let mut keys = BTreeSet::new();
        for entry in &map.entries {
            let EntryExpr::MapEntry(found) = &entry.expr else { continue };
            let (key, value) = (self.node(&found.key), self.node(&found.value));
            let (key, value) = (key?, value?);
            if key.ty != Type::String {
                let message = format!("a key is a text and not {}: write it in quotes", key.ty);
                return self.refuse(key.at, ProblemKind::Type, message);
            }
            if let Kind::Literal(Value::String(text)) = &key.kind
                && !keys.insert(Arc::clone(text))
            {
                let message = format!("the key '{text}' is there twice: remove one");
                return self.refuse(key.at, ProblemKind::Literal, message);
            }
            if !value.ty.is_json() {
                let message = format!("{} cannot stand in an object: convert it by string()", value.ty);
                return self.refuse(value.at, ProblemKind::Type, message);
            }
            entries.push((key, value));
        }
        Some(Node { kind: Kind::Map(entries), ty: Type::Json, at })
    }
}

/// Some of the names, for a message.
fn names(fields: &Fields) -> String {
    const MOST: usize = 20;
    let mut list: Vec<&str> = fields.keys().take(MOST).map(AsRef::as_ref).collect();
    if fields.len() > MOST {
        list.push("…");
    }
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}

/// The operator as it is written, for a message.
fn symbol(function: &str) -> &str {
    if function == op::IN { "in" } else { function.trim_matches('_') }
}
