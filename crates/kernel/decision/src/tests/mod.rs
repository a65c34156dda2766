//! Tests of the crate: against evaluations that are as simple as can be, and against brute force.

mod analysis;
mod bench;
mod dmn;
mod faults;
mod naive;
mod policies;
mod unary;

use athyper_kernel_cel::Context;
use serde_json::{Value as Json, json};

use crate::{Definition, Model, Outcome, compile, read};

pub(crate) fn context() -> Context {
    Context::utc("2025-01-31T12:00:00Z".parse().unwrap())
}

/// The model of a document without faults.
pub(crate) fn model(document: &Json) -> Model {
    compile(&definition(document)).unwrap()
}

pub(crate) fn definition(document: &Json) -> Definition {
    read(document).unwrap()
}

/// A definition with one table over inputs of these names and types.
pub(crate) fn one_table(inputs: &[(&str, &str)], table: &Json) -> Json {
    let names: Vec<&str> = inputs.iter().map(|(name, _)| *name).collect();
    let data: Vec<Json> = inputs.iter().map(|(name, kind)| json!({"key": name, "type": kind})).collect();
    json!({"label": "Test", "inputs": data, "decisions": [{"key": "decided", "requires": names, "table": table}]})
}

pub(crate) fn evaluate(model: &Model, inputs: &Json) -> Result<Outcome, crate::EvaluateError> {
    let inputs = model.read_inputs(inputs.as_object().unwrap()).unwrap();
    model.evaluate(None, &inputs, &context())
}
