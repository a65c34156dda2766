//! The checked expression: what the evaluator runs and the translation reads.

use std::sync::Arc;

use regex::Regex;

use crate::types::Type;
use crate::value::Value;

/// One operation, its type, and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) ty: Type,
    /// Bytes from the start of the source.
    pub(crate) at: usize,
}

/// What an operation does.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Literal(Value),
    /// A name of the schema and the declared fields below it.
    Variable(Arc<[Arc<str>]>),
    Now,
    Today,
    Zone,
    /// The element that a macro looks at, by its slot.
    Local(usize),
    Select(Box<Node>, Arc<str>),
    Index(Box<Node>, Box<Node>),
    /// There and not null.
    Has(Box<Node>),
    Not(Box<Node>),
    /// All of these, at least two.
    And(Vec<Node>),
    /// Any of these, at least two.
    Or(Vec<Node>),
    Condition(Box<[Node; 3]>),
    Compare(Comparison, Box<[Node; 2]>),
    In(Box<[Node; 2]>),
    Arithmetic(Operation, Box<[Node; 2]>),
    Negate(Box<Node>),
    Call(Function, Vec<Node>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Macro(Box<Macro>),
}

/// A comparison of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    pub(crate) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }

    /// The comparison that holds where this one is false.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    /// The comparison with its sides changed.
    pub(crate) fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    /// As SQL and CEL write it, `=` and `<>` for SQL.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// Arithmetic of two values; what it means depends on the type of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A function with its arguments, the receiver first.
#[derive(Clone, Debug)]
pub(crate) enum Function {
    Size,
    StartsWith,
    EndsWith,
    Contains,
    Matches(Regex),
    LowerAscii,
    UpperAscii,
    ToBool,
    ToInt,
    ToDecimal,
    ToString,
    ToTimestamp,
    ToDate,
    /// The day of an instant in a zone, which is the second argument; UTC without.
    DateIn,
    ToDuration,
    ToUuid,
    Abs,
    /// Rounds to so many places.
    Round(u32),
    /// A part of an instant (in a zone, if there is a second argument) or of a day.
    Part(Part),
    /// A duration in whole hours, minutes, seconds, or its milliseconds.
    Span(Part),
}

/// A part of an instant, counted as the CEL specification counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    FullYear,
    /// From 0.
    Month,
    /// From 1.
    Date,
    /// From 0.
    DayOfMonth,
    /// From 0 for Sunday.
    DayOfWeek,
    /// From 0.
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// What a macro makes of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MacroKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}

/// A macro over a list.
#[derive(Clone, Debug)]
pub(crate) struct Macro {
    pub(crate) kind: MacroKind,
    pub(crate) list: Node,
    pub(crate) slot: usize,
    /// The condition of `map` with three arguments.
    pub(crate) condition: Option<Node>,
    pub(crate) body: Node,
}

impl Node {
    /// Calls this for each direct part.
    pub(crate) fn each(&self, visit: &mut dyn FnMut(&Self)) {
        match &self.kind {
            Kind::Literal(_) | Kind::Variable(_) | Kind::Now | Kind::Today | Kind::Zone | Kind::Local(_) => {}
            Kind::Select(inner, _) | Kind::Has(inner) | Kind::Not(inner) | Kind::Negate(inner) => {
                visit(inner);
            }
            Kind::Index(left, right) => {
                visit(left);
                visit(right);
            }
            Kind::And(parts) | Kind::Or(parts) | Kind::List(parts) | Kind::Call(_, parts) => {
                parts.iter().for_each(visit);
            }
            Kind::Condition(parts) => {
                parts.iter().for_each(visit);
            }
            Kind::Compare(_, parts) | Kind::In(parts) | Kind::Arithmetic(_, parts) => {
                parts.iter().for_each(visit);
            }
            Kind::Map(entries) => entries.iter().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
            Kind::Macro(found) => {
                visit(&found.list);
                found.condition.iter().for_each(&mut *visit);
                visit(&found.body);
            }
        }
    }
}
