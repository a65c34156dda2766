//! Translation of a condition to SQL with bound parameters.
//!
//! Every piece of the text comes from this module, from [`Column::sql`] (which trusted code writes) or is the number of
//! a placeholder; what a user wrote, keys of JSON included, is bound.
//!
//! A condition is translated for what is needed of it. At the top, SQL must say TRUE exactly where evaluation gives
//! true; below a negation it must say FALSE exactly where evaluation gives false; where both matter, NULL must stand
//! exactly where evaluation ends in an error. So `status == 'open'` stays `status = $1`, which an index serves, and only
//! `status != 'open'` pays for rows without a status.

mod binds;
mod calls;
mod conditions;
mod equality;
mod lists;
mod scalars;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use binds::{Bind, Binds};

use crate::error::{EvalError, EvalErrorKind, Problem, ProblemKind};
use crate::evaluate::{Context, Evaluator};
use crate::ir::{Kind, Node};
use crate::limits::{Budget, Limits};
use crate::types::Type;
use crate::value::Value;

/// How a column keeps a list or JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In the type of PostgreSQL: `boolean`, any integer or `numeric` for `int`, `numeric`, `text`, `timestamptz`, `date`,
    /// `uuid`; microseconds in an integer or `numeric` for a duration; an array for a list; `jsonb` for JSON.
    Native,
    /// A list as a `jsonb` array.
    Jsonb,
}

/// What stands for a name in SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The expression, written by trusted code: never text of a user.
    pub sql: String,
    /// How it keeps the value.
    pub storage: Storage,
    /// Whether it may be null.
    pub nullable: bool,
}

impl Column {
    /// A column or expression in the type of PostgreSQL.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), storage: Storage::Native, nullable: true }
    }

    /// The same, never null.
    pub fn required(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// A list in a `jsonb` array.
    pub fn jsonb_list(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), storage: Storage::Jsonb, nullable: true }
    }

    /// The field of a `jsonb` column as a value of its type, with the key as a quoted literal, so that the text is the
    /// same as that of an index on it. A decimal is kept as a text or a number, a duration in
    /// microseconds; times, days and ids as texts.
    pub fn json_field(base: &str, key: &str, ty: &Type) -> Self {
        let key = key.replace('\'', "''");
        // With an escape string, a backslash is one whatever the server's settings are.
        let key =
            if key.contains('\\') { format!("E'{}'", key.replace('\\', "\\\\")) } else { format!("'{key}'") };
        let sql = match ty {
            Type::String | Type::Null => format!("({base} ->> {key})"),
            Type::Bool => format!("(({base} ->> {key})::boolean)"),
            Type::Int => format!("(({base} ->> {key})::bigint)"),
            Type::Decimal | Type::Duration => format!("(({base} ->> {key})::numeric)"),
            Type::Timestamp => format!("(({base} ->> {key})::timestamptz)"),
            Type::Date => format!("(({base} ->> {key})::date)"),
            Type::Uuid => format!("(({base} ->> {key})::uuid)"),
            Type::List(_) => return Self::jsonb_list(format!("({base} -> {key})")),
            Type::Object(_) | Type::Json => format!("({base} -> {key})"),
        };
        Self::new(sql)
    }
}

/// Finds what stands for a name in SQL.
pub trait Columns {
    /// The column of this path, as `["record", "amount"]`; none if it cannot be used in SQL.
    fn column(&self, path: &[Arc<str>]) -> Option<Column>;
}

impl<F: Fn(&[Arc<str>]) -> Option<Column>> Columns for F {
    fn column(&self, path: &[Arc<str>]) -> Option<Column> {
        self(path)
    }
}

/// What is needed of a condition; see the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// TRUE exactly where it is true.
    True,
    /// FALSE exactly where it is false.
    False,
    /// Both, and NULL where it is an error.
    Exact,
}

impl Need {
    fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Exact => Self::Exact,
        }
    }
}

/// What NULL of a piece of SQL stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nulls {
    /// It is never NULL.
    Never,
    /// The value null.
    Null,
    /// An error.
    Error,
    /// One or the other, which SQL does not tell.
    Mixed,
}

/// A piece of SQL with a value.
#[derive(Clone, Debug)]
struct Scalar {
    sql: String,
    nulls: Nulls,
}

impl Scalar {
    /// The result of an operation that is NULL where it fails.
    fn computed(sql: String) -> Self {
        Self { sql, nulls: Nulls::Error }
    }
}

/// What a macro's name for an element stands for.
#[derive(Clone, Debug)]
enum Local {
    Value(Value),
    /// The column of a set of rows made from a list.
    Element {
        sql: String,
        storage: Storage,
    },
}

/// Encloses the number of a value in a text that is not finished; no text of SQL has this character.
const MARK: char = '\u{1}';

type Translated<T> = Result<T, Problem>;

pub(crate) struct Translator<'a> {
    source: &'a str,
    columns: &'a dyn Columns,
    context: &'a Context,
    limits: &'a Limits,
    /// Values of the marks in the text.
    values: Vec<Bind>,
    budget: Budget,
    locals: Vec<Local>,
    aliases: u32,
}

impl<'a> Translator<'a> {
    pub(crate) fn new(
        source: &'a str,
        columns: &'a dyn Columns,
        context: &'a Context,
        limits: &'a Limits,
    ) -> Self {
        let budget = Budget::new(limits);
        Self { source, columns, context, limits, values: vec![], budget, locals: vec![], aliases: 0 }
    }

    /// The condition that selects the rows for which the expression is true.
    pub(crate) fn filter(mut self, node: &Node, binds: &mut Binds) -> Translated<String> {
        let marked = self.condition(node, Need::True)?;
        self.placed(node, &marked, binds)
    }

    /// A mark for a value. It becomes a placeholder only at the end, because some pieces of text are dropped on the way
    /// and others written twice.
    fn mark(&mut self, value: Bind) -> String {
        self.values.push(value);
        format!("{MARK}{}{MARK}", self.values.len() - 1)
    }

    /// The text with placeholders for its marks, and their values among the binds.
    fn placed(&self, node: &Node, marked: &str, binds: &mut Binds) -> Translated<String> {
        let mut placeholders: BTreeMap<usize, String> = BTreeMap::new();
        let mut text = String::with_capacity(marked.len());
        for (index, piece) in marked.split(MARK).enumerate() {
            if index % 2 == 0 {
                text.push_str(piece);
                continue;
            }
            let found = piece.parse().ok().and_then(|at: usize| Some((at, self.values.get(at)?)));
            let Some((at, value)) = found else { return self.refuse(node, "its text is damaged") };
            text.push_str(placeholders.entry(at).or_insert_with(|| binds.push(value.clone())));
        }
        Ok(text)
    }

    fn refuse<T>(&self, node: &Node, reason: impl AsRef<str>) -> Translated<T> {
        let message = format!("this cannot be searched for in the database: {}", reason.as_ref());
        Err(Problem::at(self.source, node.at, ProblemKind::Untranslatable, message))
    }

    /// Refuses what has become too long.
    fn bounded(&self, node: &Node, sql: String) -> Translated<String> {
        if sql.len() > self.limits.sql_bytes {
            return self
                .refuse(node, "it becomes too long as SQL: make it simpler, or write conditions out once");
        }
        Ok(sql)
    }

    fn alias(&mut self, stem: &str) -> String {
        self.aliases += 1;
        format!("cel_{stem}{}", self.aliases)
    }

    fn column(&self, node: &Node, path: &[Arc<str>]) -> Translated<Column> {
        match self.columns.column(path) {
            Some(column) if !column.sql.contains(MARK) => Ok(column),
            _ => self.refuse(node, format!("`{}` is not kept where it could be searched", path.join("."))),
        }
    }

    /// Whether nothing of it depends on a row.
    fn is_constant(&self, node: &Node) -> bool {
        match &node.kind {
            Kind::Variable(_) => return false,
            Kind::Local(slot) => return !matches!(self.locals.get(*slot), Some(Local::Element { .. })),
            _ => {}
        }
        let mut constant = true;
        node.each(&mut |part| constant = constant && self.is_constant(part));
        constant
    }

    /// The value of something that does not depend on a row; the inner error is what evaluation ends with.
    fn fold(&mut self, node: &Node) -> Translated<Result<Value, EvalError>> {
        let locals = self.locals.iter().map(|local| match local {
            Local::Value(value) => value.clone(),
            Local::Element { .. } => Value::Null,
        });
        let locals = locals.collect();
        let mut evaluator =
            Evaluator { variables: &(), context: self.context, budget: &mut self.budget, locals };
        match evaluator.node(node) {
            Err(error) if error.kind == EvalErrorKind::LimitExceeded => {
                Err(Problem::at(self.source, error.offset, ProblemKind::TooComplex, error.message))
            }
            result => Ok(result),
        }
    }
}
