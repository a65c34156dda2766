//! A compiled expression.

use std::fmt;
use std::sync::Arc;

use crate::check::{Names, check};
use crate::error::{CelError, EvalError, EvalErrorKind, Problem, ProblemKind};
use crate::evaluate::{Context, Evaluator, Variables, finish};
use crate::ir::{Comparison, Function, Kind, Node};
use crate::limits::{Budget, Limits};
use crate::parse::parse;
use crate::sql::{Binds, Columns, Translator};
use crate::types::{Schema, Type};
use crate::value::Value;

/// A checked expression. Cheap to clone, and the same for every thread.
#[derive(Clone)]
pub struct Expression(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) source: String,
    pub(crate) node: Node,
    pub(crate) expected: Type,
    pub(crate) names: Names,
    pub(crate) limits: Limits,
}

/// Compiles an expression that uses the names of the schema and gives a value of the expected type (or null). Errors
/// name every problem that was found, with its place.
///
/// A text is read as a date, time, duration or id where one is compared or expected.
pub fn compile(
    source: &str,
    schema: &Schema,
    expected: &Type,
    limits: &Limits,
) -> Result<Expression, CelError> {
    let (tree, info) = parse(source, limits)?;
    let checked = check(source, &tree, &info, schema, expected)?;
    Ok(Expression(Arc::new(Inner {
        source: source.to_owned(),
        node: checked.node,
        expected: expected.clone(),
        names: checked.names,
        limits: *limits,
    })))
}

/// One of the conditions that a filter joins by `&&`, as far as it is of a form that an index may serve.
#[derive(Clone, Debug, PartialEq)]
pub enum Conjunct {
    /// A field compared with a value that does not depend on the row (and is not null).
    Compare {
        /// Path of the field.
        path: Arc<[Arc<str>]>,
        /// The comparison, with the field on the left.
        comparison: Comparison,
        /// The value.
        value: Value,
    },
    /// A field that is one of these values.
    In {
        /// Path of the field.
        path: Arc<[Arc<str>]>,
        /// The values.
        values: Arc<Vec<Value>>,
    },
    /// A text field that begins with this text.
    StartsWith {
        /// Path of the field.
        path: Arc<[Arc<str>]>,
        /// The text.
        prefix: Arc<str>,
    },
    /// A list field that has this value.
    Contains {
        /// Path of the list.
        path: Arc<[Arc<str>]>,
        /// The value.
        value: Value,
    },
    /// A field that is null, or is not.
    Null {
        /// Path of the field.
        path: Arc<[Arc<str>]>,
        /// Whether it is null.
        is_null: bool,
    },
    /// Anything else.
    Other,
}

impl Expression {
    /// The source.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The type that was expected.
    pub fn expected(&self) -> &Type {
        &self.0.expected
    }

    /// The type that the expression has by itself, as `int` where a decimal is expected.
    pub fn own_type(&self) -> &Type {
        &self.0.node.ty
    }

    /// The names that it uses, with the declared fields below them: `["record", "amount"]`.
    pub fn variables(&self) -> impl Iterator<Item = &[Arc<str>]> {
        self.0.names.variables.keys().map(AsRef::as_ref)
    }

    /// The texts that are looked for by `in` in the list of this name, as far as they are written out in it.
    pub fn sought_in(&self, path: &[&str]) -> Vec<Arc<str>> {
        let mut found = Vec::new();
        sought(&self.0.node, path, &mut found);
        found
    }

    /// Whether it says among the names of this schema what it says among those that it was compiled with.
    pub(crate) fn means_the_same_in(&self, schema: &Schema) -> bool {
        self.0.names.mean_the_same_in(schema)
    }

    /// Evaluates within the limits. The result is of the expected type, or null.
    pub fn evaluate(&self, variables: &dyn Variables, context: &Context) -> Result<Value, EvalError> {
        let mut budget = Budget::new(&self.0.limits);
        let mut evaluator = Evaluator { variables, context, budget: &mut budget, locals: vec![] };
        finish(evaluator.node(&self.0.node)?, &self.0.expected, 0)
    }

    /// Whether a filter selects: true is yes; false, null and an error are no, as in SQL. The only error is that the
    /// evaluation was cut off.
    pub fn selects(&self, variables: &dyn Variables, context: &Context) -> Result<bool, EvalError> {
        match self.evaluate(variables, context) {
            Ok(value) => Ok(matches!(value, Value::Bool(true))),
            Err(error) if error.kind == EvalErrorKind::LimitExceeded => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// The condition as SQL that is TRUE for exactly the rows that [`Self::selects`], and its values among the binds.
    /// `now`, `today` and `zone` are bound as the context has them. Errors say what cannot be translated and why.
    pub fn to_sql(
        &self,
        columns: &dyn Columns,
        context: &Context,
        binds: &mut Binds,
    ) -> Result<String, CelError> {
        let inner = &self.0;
        if !matches!(inner.node.ty, Type::Bool | Type::Json | Type::Null) {
            let message = format!(
                "a filter is a condition and this gives {}: compare it with something",
                inner.node.ty
            );
            return Err(CelError::one(Problem::at(&inner.source, inner.node.at, ProblemKind::Type, message)));
        }
        let translator = Translator::new(&inner.source, columns, context, &inner.limits);
        translator.filter(&inner.node, binds).map_err(CelError::one)
    }

    /// The conditions that a filter joins by `&&`, for whoever looks for an index. Every row that the filter selects
    /// fulfils each of them.
    pub fn conjuncts(&self, context: &Context) -> Vec<Conjunct> {
        let mut budget = Budget::new(&self.0.limits);
        let mut found = Vec::new();
        joined(&self.0.node, &mut |node| {
            found.push(conjunct(node, context, &mut budget).unwrap_or(Conjunct::Other));
        });
        found
    }

    /// About how many bytes it takes in memory.
    pub(crate) fn weight(&self) -> u32 {
        let mut bytes = 512 + self.0.source.len();
        weigh(&self.0.node, &mut bytes);
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

impl Conjunct {
    /// The same of what its path begins with: `amount` for `resource.amount` where `name` is `resource`. [`Conjunct::Other`] where
    /// the path begins otherwise.
    #[must_use]
    pub fn of(mut self, name: &str) -> Self {
        match &mut self {
            Self::Compare { path, .. }
            | Self::In { path, .. }
            | Self::StartsWith { path, .. }
            | Self::Contains { path, .. }
            | Self::Null { path, .. } => match path.split_first() {
                Some((first, rest)) if &**first == name && !rest.is_empty() => *path = rest.into(),
                _ => return Self::Other,
            },
            Self::Other => {}
        }
        self
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.0.source).finish()
    }
}

fn weigh(node: &Node, bytes: &mut usize) {
    *bytes += size_of::<Node>() * 2;
    if matches!(node.kind, Kind::Call(Function::Matches(_), _)) {
        *bytes += 64 * 1024;
    }
    node.each(&mut |part| weigh(part, bytes));
}

pub(crate) fn depends_on_row(node: &Node) -> bool {
    let mut found = matches!(node.kind, Kind::Variable(_));
    node.each(&mut |part| found = found || depends_on_row(part));
    found
}

/// Each of the conditions that `&&` joins, also within each other.
pub(crate) fn joined<'n>(node: &'n Node, each: &mut impl FnMut(&'n Node)) {
    match &alone(node).kind {
        Kind::And(parts) => parts.iter().for_each(|part| joined(part, each)),
        _ => each(alone(node)),
    }
}

/// What is joined with nothing, by itself.
fn alone(node: &Node) -> &Node {
    match &node.kind {
        Kind::And(parts) | Kind::Or(parts) => match parts.as_slice() {
            [only] => alone(only),
            _ => node,
        },
        _ => node,
    }
}

/// The value of something that depends on no row.
fn constant(node: &Node, context: &Context, budget: &mut Budget) -> Option<Value> {
    if depends_on_row(node) {
        return None;
    }
    Evaluator { variables: &(), context, budget, locals: vec![] }.node(node).ok()
}

fn conjunct(node: &Node, context: &Context, budget: &mut Budget) -> Option<Conjunct> {
    match &node.kind {
        Kind::Compare(comparison, parts) => {
            let [left, right] = parts.as_ref();
            let (path, other, comparison) = match (&left.kind, &right.kind) {
                (Kind::Variable(path), _) => (path, right, *comparison),
                (_, Kind::Variable(path)) => (path, left, comparison.turned()),
                _ => return None,
            };
            let (path, value) = (Arc::clone(path), constant(other, context, budget)?);
            match (value, comparison) {
                (Value::Null, Comparison::Equal) => Some(Conjunct::Null { path, is_null: true }),
                (Value::Null, Comparison::NotEqual) => Some(Conjunct::Null { path, is_null: false }),
                (Value::Null | Value::Large(_), _) => None,
                (value, comparison) => Some(Conjunct::Compare { path, comparison, value }),
            }
        }
        Kind::In(parts) => {
            let [left, right] = parts.as_ref();
            match (&left.kind, &right.kind) {
                (Kind::Variable(path), _) => match constant(right, context, budget)? {
                    Value::List(values) => Some(Conjunct::In { path: Arc::clone(path), values }),
                    _ => None,
                },
                (_, Kind::Variable(path)) if matches!(right.ty, Type::List(_)) => Some(Conjunct::Contains {
                    path: Arc::clone(path),
                    value: constant(left, context, budget)?,
                }),
                _ => None,
            }
        }
        Kind::Call(Function::StartsWith, args) => match args.as_slice() {
            [Node { kind: Kind::Variable(path), .. }, prefix] => match constant(prefix, context, budget)? {
                Value::String(prefix) => Some(Conjunct::StartsWith { path: Arc::clone(path), prefix }),
                _ => None,
            },
            _ => None,
        },
        Kind::Has(inner) => match &inner.kind {
            Kind::Variable(path) => Some(Conjunct::Null { path: Arc::clone(path), is_null: false }),
            _ => None,
        },
        Kind::Variable(path) if node.ty == Type::Bool => Some(Conjunct::Compare {
            path: Arc::clone(path),
            comparison: Comparison::Equal,
            value: Value::Bool(true),
        }),
        Kind::Not(inner) => match &alone(inner).kind {
            Kind::Variable(path) if inner.ty == Type::Bool => Some(Conjunct::Compare {
                path: Arc::clone(path),
                comparison: Comparison::Equal,
                value: Value::Bool(false),
            }),
            Kind::Has(field) => match &field.kind {
                Kind::Variable(path) => Some(Conjunct::Null { path: Arc::clone(path), is_null: true }),
                _ => None,
            },
            // Where a field is null, neither a comparison of its order nor what negates it holds, and `!= 1` does.
            Kind::Compare(..) => match conjunct(alone(inner), context, budget)? {
                Conjunct::Compare { path, comparison, value } => {
                    Some(Conjunct::Compare { path, comparison: comparison.negated(), value })
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn sought(node: &Node, path: &[&str], found: &mut Vec<Arc<str>>) {
    if let Kind::In(sides) = &node.kind
        && let [
            Node { kind: Kind::Literal(Value::String(text)), .. },
            Node { kind: Kind::Variable(name), .. },
        ] = &**sides
        && name.iter().map(AsRef::as_ref).eq(path.iter().copied())
    {
        found.push(Arc::clone(text));
    }
    node.each(&mut |part| sought(part, path, found));
}
