//! Decision tables: business rules as rows.
//!
//! A [`Definition`] is data: inputs with types, and decisions that require inputs and other decisions. A decision is a table
//! of rules under one of the hit policies of DMN 1.5, or one expression. [`read`] and [`compile`] find all faults of a
//! definition at once and make a [`Model`] of it, which is evaluated ([`Model::evaluate`]), analysed ([`Model::analyse`]),
//! compared ([`diff`]) and exchanged as DMN XML ([`dmn`]).
//!
//! ```
//! use athyper_kernel_decision::{compile, read, to_json};
//! use athyper_kernel_cel::Context;
//! use serde_json::json;
//!
//! let document = json!({
//!     "label": "Discount",
//!     "inputs": [{"key": "amount", "type": "number"}],
//!     "decisions": [{"key": "discount", "requires": ["amount"], "table": {
//!         "hitPolicy": "unique",
//!         "inputs": [{"expression": "amount", "type": "number"}],
//!         "outputs": [{"key": "rate", "type": "number"}],
//!         "rules": [{"when": ["< 100"], "then": ["0"]}, {"when": [">= 100"], "then": ["0.05"]}]
//!     }}]
//! });
//! let model = compile(&read(&document).unwrap()).unwrap();
//! let inputs = model.read_inputs(json!({"amount": "250.00"}).as_object().unwrap()).unwrap();
//! let context = Context::utc("2025-01-31T12:00:00Z".parse()?);
//! let outcome = model.evaluate(None, &inputs, &context)?;
//! assert_eq!(to_json(outcome.value()), json!("0.05"));
//! assert_eq!(outcome.decisions[0].rules, [2]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it owns: the meaning of tables and of the part of FEEL that their cells are written in. What it refuses: I/O, to know
//! tenants, floating point numbers, and every cell whose meaning it does not know.
//!
//! A cell passes through `feel` (the grammar), `set` (the values that it accepts) and `index`. Expressions are CEL
//! (`kernel/cel`). To add a hit policy: `definition`, `compile_table`, `table`, `dmn`, and the naive evaluation in `tests`.

mod analysis;
mod compile;
mod compile_table;
mod definition;
mod diff;
pub mod dmn;
mod evaluate;
mod feel;
mod index;
mod limits;
mod model;
mod names;
mod read;
mod scalar;
mod set;
mod sweep;
mod table;

pub use analysis::{Analysis, Gap, Idle, MAX_FINDINGS, Overlap, TableAnalysis};
pub use compile::compile;
pub use definition::{
    Aggregation, DataType, Decision, Definition, HitPolicy, InputColumn, InputData, ListType, Literal,
    ObjectType, OutputColumn, Rule, Table,
};
pub use diff::{Difference, MAX_DIFFERENCES, diff};
pub use evaluate::{EvaluateError, Inputs, Made, Outcome};
pub use limits::{
    MAX_CELLS, MAX_COLUMNS, MAX_DECISIONS, MAX_DEPTH, MAX_FAULTS, MAX_INPUTS, MAX_RULES, MAX_TYPE_DEPTH,
};
pub use model::Model;
pub use names::key_fault;
pub use read::read;
pub use scalar::{Scalar, ScalarType, to_json};

#[cfg(test)]
mod tests;
