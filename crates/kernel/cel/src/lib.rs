//! The platform's one expression language.
//!
//! Filters, validations, computed fields, policy conditions and guards are written in CEL, the Common Expression
//! Language. This crate compiles an expression once ([`compile`], [`Cache`]), evaluates it in memory
//! ([`Expression::evaluate`]) and translates a condition to SQL ([`Expression::to_sql`]). The two agree: SQL selects
//! exactly the rows for which evaluation gives true. `docs/guides/expressions.md` describes the language.
//!
//! ```
//! use athyper_kernel_cel::{Binds, Column, Context, Limits, Schema, Type, Value, compile};
//!
//! let schema = Schema::new([("status", Type::String), ("amount", Type::Decimal)]);
//! let filter = compile("status == 'open' && amount >= 99.90", &schema, &Type::Bool, &Limits::default())?;
//! let context = Context::utc("2025-01-31T12:00:00Z".parse()?);
//!
//! let record = schema.read(serde_json::json!({"status": "open", "amount": "120.00"}).as_object().unwrap())?;
//! assert!(filter.selects(&record, &context)?);
//!
//! let columns = |path: &[std::sync::Arc<str>]| match path {
//!     [name] if &**name == "status" => Some(Column::new("i.status").required()),
//!     [name] if &**name == "amount" => Some(Column::new("i.amount")),
//!     _ => None,
//! };
//! let mut binds = Binds::from(2); // $1 is the tenant
//! let sql = filter.to_sql(&columns, &context, &mut binds)?;
//! assert_eq!(sql, "((i.status = $2::text) and (i.amount >= $3::numeric))");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it owns: the language, its limits, and its meaning in SQL. What it refuses: to do I/O, to know entities or
//! tenants, floating point numbers, and every text in SQL that is not its own or of trusted code.
//!
//! An expression passes through `scan` (length and depth, before anything else looks at it), `parse` (crate `cel`),
//! `check` (names and types; the result is `ir`), and then `evaluate` or `sql`. To add a function: name it in
//! `ir::Function`, type it in `check/calls.rs`, compute it in `evaluate/functions.rs`, translate or refuse it in
//! `sql/calls.rs`, add it to the generator of the property test in `crates/testing/conformance/tests/it/cel`, and
//! describe it in the guide.

mod cache;
mod check;
mod error;
mod evaluate;
mod expression;
mod ir;
mod join;
mod json;
mod limits;
mod number;
mod parse;
mod scan;
mod sql;
mod text;
mod types;
mod value;

pub use cache::Cache;
pub use error::{CelError, EvalError, EvalErrorKind, Problem, ProblemKind};
pub use evaluate::{Context, Variables};
pub use expression::{Conjunct, Expression, compile};
pub use ir::Comparison;
pub use json::ReadError;
pub use limits::Limits;
pub use sql::{Bind, Binds, Column, Columns, Storage};
pub use types::{Fields, Schema, Type};
pub use value::Value;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_guide;
#[cfg(test)]
mod tests_limits;
