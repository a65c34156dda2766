//! Checks a definition and compiles it. All its faults are found at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_kernel_cel::{Expression, Limits, Schema, Type, compile as compile_cel};
use athyper_kernel_error::FieldError;

use crate::compile_table;
use crate::definition::{DataType, Decision, Definition};
use crate::limits::{
    MAX_CELLS, MAX_DECISIONS, MAX_DEPTH, MAX_FAULTS, MAX_INPUTS, MAX_LABEL, MAX_TEXT, MAX_TYPE_DEPTH,
};
use crate::model::{Compiled, Inner, Input, Logic, Model};
use crate::names;
use crate::read::escaped;

/// The faults of a definition, as many as are named.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FieldError>);

impl Faults {
    pub(crate) fn add(&mut self, pointer: impl Into<String>, code: &str, message: impl Into<String>) {
        if !self.is_full() {
            self.0.push(FieldError::new(pointer, code, message));
        }
    }

    /// Whether no more are looked for.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= MAX_FAULTS
    }

    pub(crate) fn text(&mut self, pointer: &str, text: Option<&str>, most: usize) {
        if text.is_some_and(|text| text.contains('\0') || text.chars().count() > most) {
            self.add(
                pointer,
                "invalid",
                format!("a text of at most {most} characters without NUL is expected"),
            );
        }
    }

    pub(crate) fn name(&mut self, pointer: &str, name: &str) {
        if let Some(message) = names::fault(name) {
            self.add(pointer, "invalid_name", message);
        }
    }
}

/// Checks and compiles a definition.
///
/// # Errors
/// All that is wrong with it, with JSON pointers; at most [`MAX_FAULTS`].
pub fn compile(definition: &Definition) -> Result<Model, Vec<FieldError>> {
    let mut faults = Faults::default();
    check_head(definition, &mut faults);
    let inputs = check_inputs(definition, &mut faults);
    let order = order_of(definition, &mut faults);
    let mut types: BTreeMap<&str, Type> = BTreeMap::new();
    types.extend(inputs.iter().map(|input| (&*input.key, input.cel.clone())));
    let mut decisions: Vec<Compiled> = Vec::new();
    for place in order {
        let Some(decision) = definition.decisions.get(place) else { continue };
        let pointer = format!("/decisions/{place}");
        let mut names: Vec<(&str, Type)> = Vec::with_capacity(decision.requires.len());
        for key in &decision.requires {
            names.extend(types.get(key.as_str()).map(|kind| (key.as_str(), kind.clone())));
        }
        let is_whole = names.len() == decision.requires.len();
        let schema = Schema::new(names.iter().map(|(key, kind)| (*key, kind.clone())));
        let Some((kind, logic)) = compile_logic(decision, &pointer, &schema, is_whole, &mut faults) else {
            continue;
        };
        types.insert(&decision.key, kind.clone());
        let place_of = |key: &String| decisions.iter().position(|other| *other.key == **key);
        let requires = decision.requires.iter().filter_map(place_of).collect();
        decisions.push(Compiled { key: decision.key.as_str().into(), place, requires, kind, logic });
    }
    let result = result_of(definition, &mut faults);
    let result = result.and_then(|key| decisions.iter().position(|decision| *decision.key == *key));
    drop(types);
    match result {
        Some(result) if faults.0.is_empty() => Ok(Model(Arc::new(Inner { inputs, decisions, result }))),
        _ => Err(faults.0),
    }
}

fn check_head(definition: &Definition, faults: &mut Faults) {
    if definition.label.trim().is_empty() {
        faults.add("/label", "required", "say what the decision is called");
    }
    faults.text("/label", Some(&definition.label), MAX_LABEL);
    faults.text("/description", definition.description.as_deref(), MAX_TEXT);
    if definition.decisions.is_empty() {
        faults.add("/decisions", "required", "there is no decision: add one");
    }
    if definition.decisions.len() > MAX_DECISIONS {
        faults.add("/decisions", "too_many", format!("there are at most {MAX_DECISIONS} decisions"));
    }
    if definition.inputs.len() > MAX_INPUTS {
        faults.add("/inputs", "too_many", format!("there are at most {MAX_INPUTS} inputs"));
    }
    let tables = definition.decisions.iter().filter_map(|decision| decision.table.as_ref());
    let cells: usize = tables.map(|table| table.rules.len().saturating_mul(table.inputs.len())).sum();
    if cells > MAX_CELLS {
        faults.add(
            "/decisions",
            "too_many",
            format!("the tables have at most {MAX_CELLS} conditions together"),
        );
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let inputs =
        definition.inputs.iter().enumerate().map(|(at, input)| (format!("/inputs/{at}/key"), &input.key));
    let decisions = definition.decisions.iter().enumerate();
    let decisions = decisions.map(|(at, decision)| (format!("/decisions/{at}/key"), &decision.key));
    for (pointer, key) in inputs.chain(decisions) {
        faults.name(&pointer, key);
        if !seen.insert(key) {
            faults.add(pointer, "repeated", "another input or decision has this key");
        }
    }
}

fn check_inputs(definition: &Definition, faults: &mut Faults) -> Vec<Input> {
    let mut inputs = Vec::with_capacity(definition.inputs.len());
    for (index, input) in definition.inputs.iter().enumerate() {
        let pointer = format!("/inputs/{index}");
        faults.text(&format!("{pointer}/label"), input.label.as_deref(), MAX_LABEL);
        if check_type(&input.kind, &format!("{pointer}/type"), 1, faults) {
            let (key, kind) = (input.key.as_str().into(), input.kind.clone());
            inputs.push(Input { key, cel: input.kind.cel(), kind });
        }
    }
    inputs
}

/// Whether a type is one that may be used.
fn check_type(kind: &DataType, pointer: &str, depth: usize, faults: &mut Faults) -> bool {
    if depth > MAX_TYPE_DEPTH {
        faults.add(pointer, "too_deep", format!("types are nested at most {MAX_TYPE_DEPTH} deep"));
        return false;
    }
    match kind {
        DataType::Scalar(_) => true,
        DataType::List(of) if matches!(*of.list, DataType::List(_)) => {
            faults.add(pointer, "list_of_lists", "a list has no lists: make objects of the inner ones");
            false
        }
        DataType::List(of) => check_type(&of.list, &format!("{pointer}/list"), depth + 1, faults),
        DataType::Object(of) => {
            if of.object.len() > MAX_INPUTS {
                faults.add(pointer, "too_many", format!("an object has at most {MAX_INPUTS} parts"));
                return false;
            }
            let mut is_fit = true;
            for (name, kind) in &of.object {
                let pointer = format!("{pointer}/object/{}", escaped(name));
                faults.name(&pointer, name);
                is_fit =
                    check_type(kind, &pointer, depth + 1, faults) && names::fault(name).is_none() && is_fit;
            }
            is_fit
        }
    }
}

/// The places of the decisions, each behind those that it requires; those that require themselves are left out.
fn order_of(definition: &Definition, faults: &mut Faults) -> Vec<usize> {
    let decisions = definition.decisions.get(..MAX_DECISIONS).unwrap_or(&definition.decisions);
    let place_of = |key: &str| decisions.iter().position(|decision| decision.key == key);
    let is_input = |key: &str| definition.inputs.iter().any(|input| input.key == key);
    let mut edges: Vec<Vec<usize>> = Vec::with_capacity(decisions.len());
    for (place, decision) in decisions.iter().enumerate() {
        let mut required = Vec::new();
        for (at, key) in decision.requires.iter().enumerate() {
            let pointer = format!("/decisions/{place}/requires/{at}");
            if decision.requires.iter().take(at).any(|other| other == key) {
                faults.add(&pointer, "repeated", "this is required already");
            }
            match place_of(key) {
                Some(other) => required.push(other),
                None if is_input(key) => {}
                None => faults.add(&pointer, "unknown", "there is no input and no decision of this key"),
            }
        }
        edges.push(required);
    }
    // Layer by layer: a decision comes when all that it requires has come.
    let mut layer: Vec<Option<usize>> = vec![None; decisions.len()];
    let mut order = Vec::with_capacity(decisions.len());
    for depth in 0..decisions.len() {
        let has = |place: &usize| layer.get(*place).copied().flatten().is_some_and(|layer| layer < depth);
        let ready = |(place, required): &(usize, &Vec<usize>)| {
            layer.get(*place).copied().flatten().is_none() && required.iter().all(has)
        };
        let coming: Vec<usize> = edges.iter().enumerate().filter(ready).map(|(place, _)| place).collect();
        for place in &coming {
            if let Some(slot) = layer.get_mut(*place) {
                *slot = Some(depth);
            }
        }
        if depth >= MAX_DEPTH && !coming.is_empty() {
            let message = format!("decisions require each other at most {MAX_DEPTH} deep");
            faults.add(format!("/decisions/{}/requires", coming.first().unwrap_or(&0)), "too_deep", message);
        }
        order.extend(coming);
    }
    for (place, decision) in decisions.iter().enumerate() {
        if layer.get(place).copied().flatten().is_none() {
            let message = format!("{} requires itself, directly or through others", decision.key);
            faults.add(format!("/decisions/{place}/requires"), "cycle", message);
        }
    }
    order
}

/// The key of the decision that is asked for.
fn result_of<'d>(definition: &'d Definition, faults: &mut Faults) -> Option<&'d str> {
    if let Some(key) = &definition.result {
        let is_there = definition.decisions.iter().any(|decision| decision.key == *key);
        if !is_there {
            faults.add("/result", "unknown", "there is no decision of this key");
        }
        return is_there.then_some(key.as_str());
    }
    let is_required = |key: &String| definition.decisions.iter().any(|other| other.requires.contains(key));
    let mut roots = definition.decisions.iter().filter(|decision| !is_required(&decision.key));
    match (roots.next(), roots.next()) {
        (Some(root), None) => Some(&root.key),
        (Some(_), Some(_)) => {
            let message = "several decisions are required by no other: say which one is asked for";
            faults.add("/result", "required", message);
            None
        }
        _ => None,
    }
}

fn compile_logic(
    decision: &Decision,
    pointer: &str,
    schema: &Schema,
    is_whole: bool,
    faults: &mut Faults,
) -> Option<(Type, Logic)> {
    faults.text(&format!("{pointer}/label"), decision.label.as_deref(), MAX_LABEL);
    faults.text(&format!("{pointer}/description"), decision.description.as_deref(), MAX_TEXT);
    // Where something that is required is not there, expressions that name it would be called wrong as well.
    let scope = is_whole.then_some(schema);
    match (&decision.table, &decision.expression) {
        (Some(table), None) => {
            let (kind, table) = compile_table::table(table, &format!("{pointer}/table"), scope, faults)?;
            Some((kind, Logic::Table(Box::new(table))))
        }
        (None, Some(literal)) => {
            let pointer = format!("{pointer}/expression");
            if !check_type(&literal.kind, &format!("{pointer}/type"), 1, faults) {
                return None;
            }
            let kind = literal.kind.cel();
            let source = format!("{pointer}/source");
            let expression = expression(&literal.source, scope?, &kind, &source, faults)?;
            Some((kind, Logic::Expression(expression)))
        }
        _ => {
            faults.add(pointer, "one_of", "a decision has either a table or an expression");
            None
        }
    }
}

/// Compiles an expression of the definition.
pub(crate) fn expression(
    source: &str,
    schema: &Schema,
    kind: &Type,
    pointer: &str,
    faults: &mut Faults,
) -> Option<Expression> {
    match compile_cel(source, schema, kind, &Limits::default()) {
        Ok(expression) => Some(expression),
        Err(error) => {
            faults.add(pointer, "expression", error.to_string());
            None
        }
    }
}
