//! Reads a definition from its document, piece by piece, so that what is wrong with one piece hides nothing of the others.

use std::fmt::Write as _;

use athyper_kernel_error::FieldError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::definition::{
    Aggregation, Decision, Definition, HitPolicy, InputColumn, InputData, Literal, OutputColumn, Rule, Table,
};
use crate::limits::MAX_FAULTS;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    label: String,
    description: Option<String>,
    #[serde(default)]
    inputs: Vec<Value>,
    decisions: Vec<Value>,
    result: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DecisionHead {
    key: String,
    label: Option<String>,
    description: Option<String>,
    #[serde(default)]
    requires: Vec<String>,
    table: Option<Value>,
    expression: Option<Literal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TableHead {
    hit_policy: HitPolicy,
    aggregation: Option<Aggregation>,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
    #[serde(default)]
    annotations: Vec<String>,
    rules: Vec<Value>,
}

/// Reads the document of a definition.
///
/// # Errors
/// All pieces that have not the form of one, with JSON pointers into the document.
pub fn read(document: &Value) -> Result<Definition, Vec<FieldError>> {
    let mut faults = Vec::new();
    let read = definition(document, &mut faults);
    faults.truncate(MAX_FAULTS);
    read.filter(|_| faults.is_empty()).ok_or(faults)
}

fn definition(document: &Value, faults: &mut Vec<FieldError>) -> Option<Definition> {
    let head: Head = piece(document, "", faults)?;
    let inputs: Vec<InputData> = pieces(&head.inputs, "/inputs", faults);
    let mut decisions = Vec::with_capacity(head.decisions.len());
    for (index, value) in head.decisions.iter().enumerate() {
        decisions.extend(decision(value, &format!("/decisions/{index}"), faults));
    }
    let Head { label, description, result, .. } = head;
    Some(Definition { label, description, inputs, decisions, result })
}

fn decision(value: &Value, pointer: &str, faults: &mut Vec<FieldError>) -> Option<Decision> {
    let head: DecisionHead = piece(value, pointer, faults)?;
    let table = match &head.table {
        Some(value) => Some(table(value, &format!("{pointer}/table"), faults)?),
        None => None,
    };
    let DecisionHead { key, label, description, requires, expression, .. } = head;
    Some(Decision { key, label, description, requires, table, expression })
}

fn table(value: &Value, pointer: &str, faults: &mut Vec<FieldError>) -> Option<Table> {
    let head: TableHead = piece(value, pointer, faults)?;
    let inputs: Vec<InputColumn> = pieces(&head.inputs, &format!("{pointer}/inputs"), faults);
    let outputs: Vec<OutputColumn> = pieces(&head.outputs, &format!("{pointer}/outputs"), faults);
    let rules: Vec<Rule> = pieces(&head.rules, &format!("{pointer}/rules"), faults);
    let TableHead { hit_policy, aggregation, annotations, .. } = head;
    Some(Table { hit_policy, aggregation, inputs, outputs, annotations, rules })
}

fn pieces<T: DeserializeOwned>(values: &[Value], pointer: &str, faults: &mut Vec<FieldError>) -> Vec<T> {
    let mut found = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        if faults.len() >= MAX_FAULTS {
            break;
        }
        found.extend(piece(value, &format!("{pointer}/{index}"), faults));
    }
    found
}

fn piece<T: DeserializeOwned>(value: &Value, pointer: &str, faults: &mut Vec<FieldError>) -> Option<T> {
    match serde_path_to_error::deserialize(value) {
        Ok(found) => Some(found),
        Err(error) => {
            let mut pointer = pointer.to_owned();
            for segment in error.path() {
                use serde_path_to_error::Segment;
                let _ = match segment {
                    Segment::Seq { index } => write!(pointer, "/{index}"),
                    Segment::Map { key } => write!(pointer, "/{}", escaped(key)),
                    Segment::Enum { .. } | Segment::Unknown => Ok(()),
                };
            }
            faults.push(FieldError::new(pointer, "invalid", error.into_inner().to_string()));
            None
        }
    }
}

/// A name as a step of a JSON pointer (RFC 6901).
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
