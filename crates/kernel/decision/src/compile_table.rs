//! Checks a table and compiles it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use athyper_kernel_cel::{Limits, Schema, Type, Value, compile as compile_cel};

use crate::compile::{Faults, expression};
use crate::definition::{Aggregation, HitPolicy, InputColumn, OutputColumn, Rule, Table};
use crate::feel::{Fault, literal_alone, literals_alone, tests_alone};
use crate::index::Index;
use crate::limits::{MAX_COLUMNS, MAX_LABEL, MAX_RULES, MAX_TABLE_EXPRESSIONS, MAX_TEXT};
use crate::model::{Column, CompiledRule, CompiledTable, Conclusion, Output};
use crate::scalar::{Scalar, ScalarType};
use crate::set::Set;

/// A set that a cell asks for, or what is wrong with the cell.
type Read = Result<Option<Arc<Set>>, String>;

/// Checks and compiles a table. Without a scope its expressions are not looked at.
pub(crate) fn table(
    table: &Table,
    pointer: &str,
    scope: Option<&Schema>,
    faults: &mut Faults,
) -> Option<(Type, CompiledTable)> {
    check_shape(table, pointer, faults);
    if table.inputs.len() > MAX_COLUMNS || table.outputs.len() > MAX_COLUMNS || table.rules.len() > MAX_RULES
    {
        return None;
    }
    let columns: Vec<Option<Column>> = table
        .inputs
        .iter()
        .enumerate()
        .map(|(at, column)| input_column(column, &format!("{pointer}/inputs/{at}"), scope, faults))
        .collect();
    let outputs: Vec<Output> = table
        .outputs
        .iter()
        .enumerate()
        .map(|(at, column)| output_column(column, &format!("{pointer}/outputs/{at}"), faults))
        .collect();
    check_policy(table, &outputs, pointer, faults);
    let rules = compile_rules(table, &outputs, pointer, scope, faults);
    let columns: Vec<Column> = columns.into_iter().collect::<Option<_>>()?;
    let rules = rules?;
    let index = Index::of(&rules, columns.len());
    let (policy, aggregation) = (table.hit_policy, table.aggregation);
    let compiled = CompiledTable { policy, aggregation, columns, outputs, rules, index };
    Some((type_of(&compiled)?, compiled))
}

fn check_shape(table: &Table, pointer: &str, faults: &mut Faults) {
    for (name, count) in [("inputs", table.inputs.len()), ("outputs", table.outputs.len())] {
        if count == 0 {
            faults.add(
                format!("{pointer}/{name}"),
                "required",
                "a table has at least one column of each kind",
            );
        }
        if count > MAX_COLUMNS {
            faults.add(
                format!("{pointer}/{name}"),
                "too_many",
                format!("there are at most {MAX_COLUMNS} columns"),
            );
        }
    }
    if table.rules.len() > MAX_RULES {
        faults.add(format!("{pointer}/rules"), "too_many", format!("a table has at most {MAX_RULES} rules"));
    }
    if table.annotations.len() > MAX_COLUMNS {
        faults.add(
            format!("{pointer}/annotations"),
            "too_many",
            format!("there are at most {MAX_COLUMNS} columns"),
        );
    }
    for (at, name) in table.annotations.iter().enumerate() {
        faults.text(&format!("{pointer}/annotations/{at}"), Some(name), MAX_LABEL);
    }
    let mut seen = BTreeSet::new();
    for (at, output) in table.outputs.iter().enumerate() {
        let pointer = format!("{pointer}/outputs/{at}/key");
        faults.name(&pointer, &output.key);
        if !seen.insert(&output.key) {
            faults.add(pointer, "repeated", "another output has this key");
        }
    }
}

/// What a policy asks of the outputs.
fn check_policy(table: &Table, outputs: &[Output], pointer: &str, faults: &mut Faults) {
    if let Some(aggregation) = table.aggregation {
        let pointer = format!("{pointer}/aggregation");
        if table.hit_policy != HitPolicy::Collect {
            faults.add(&pointer, "not_here", "only collect makes a figure of its rules");
        }
        match outputs {
            [output] => {
                let is_fit = match aggregation {
                    Aggregation::Sum => output.kind == ScalarType::Number,
                    Aggregation::Min | Aggregation::Max => output.kind.is_ordered(),
                    Aggregation::Count => true,
                };
                if !is_fit {
                    let message = format!("this figure is not made of {} outputs", output.kind.name());
                    faults.add(&pointer, "wrong_type", message);
                }
            }
            _ => faults.add(&pointer, "one_output", "a figure is made of one output: leave one column"),
        }
    }
    let needs_order = matches!(table.hit_policy, HitPolicy::Priority | HitPolicy::OutputOrder);
    if needs_order && outputs.iter().all(|output| output.order.is_none()) {
        let message =
            "this policy orders rules by the values of the outputs: name the values of at least one output";
        faults.add(format!("{pointer}/outputs"), "order_required", message);
    }
}

fn input_column(
    column: &InputColumn,
    pointer: &str,
    scope: Option<&Schema>,
    faults: &mut Faults,
) -> Option<Column> {
    faults.text(&format!("{pointer}/label"), column.label.as_deref(), MAX_LABEL);
    let allowed = column.values.as_deref().map(|text| match tests_alone(text, column.kind) {
        Ok(tests) => Set::of(&tests),
        Err(fault) => {
            faults.add(format!("{pointer}/values"), "cell", place(&fault));
            Set::all()
        }
    });
    let source = format!("{pointer}/expression");
    let expression = expression(&column.expression, scope?, &column.kind.cel(), &source, faults)?;
    let label = column.label.clone().unwrap_or_else(|| column.expression.clone());
    Some(Column { expression, kind: column.kind, label, allowed })
}

fn output_column(column: &OutputColumn, pointer: &str, faults: &mut Faults) -> Output {
    faults.text(&format!("{pointer}/label"), column.label.as_deref(), MAX_LABEL);
    let order = column.values.as_deref().and_then(|text| match literals_alone(text, column.kind) {
        Ok(values) => Some(values),
        Err(fault) => {
            faults.add(format!("{pointer}/values"), "cell", place(&fault));
            None
        }
    });
    let default = column.default.as_deref().and_then(|text| match literal_alone(text, column.kind) {
        Ok(value) => {
            if !is_allowed(order.as_deref(), value.as_ref()) {
                faults.add(
                    format!("{pointer}/default"),
                    "not_allowed",
                    "it is none of the values of the output",
                );
            }
            Some(value.map_or(Value::Null, |value| value.to_value()))
        }
        Err(fault) => {
            faults.add(format!("{pointer}/default"), "cell", place(&fault));
            None
        }
    });
    Output { key: column.key.as_str().into(), kind: column.kind, order, default }
}

/// Whether an output may have this value; none is null, which it may.
pub(crate) fn is_allowed(order: Option<&[Scalar]>, value: Option<&Scalar>) -> bool {
    match (order, value) {
        (Some(order), Some(value)) => order.contains(value),
        _ => true,
    }
}

fn compile_rules(
    table: &Table,
    outputs: &[Output],
    pointer: &str,
    scope: Option<&Schema>,
    faults: &mut Faults,
) -> Option<Vec<CompiledRule>> {
    // Most cells of a large table say what another one says.
    let mut known: Vec<HashMap<&str, Read>> = table.inputs.iter().map(|_| HashMap::new()).collect();
    let mut said = Said { known: HashMap::new(), expressions: 0 };
    let mut rules = Vec::with_capacity(table.rules.len());
    let mut is_whole = true;
    for (at, rule) in table.rules.iter().enumerate() {
        if faults.is_full() {
            return None;
        }
        let pointer = format!("{pointer}/rules/{at}");
        if !has_shape(table, rule, &pointer, faults) {
            is_whole = false;
            continue;
        }
        let mut when = Vec::with_capacity(rule.when.len());
        for (column, text) in rule.when.iter().enumerate() {
            match conditions(&table.inputs, &mut known, column, text) {
                Ok(set) => when.push(set),
                Err(message) => {
                    faults.add(format!("{pointer}/when/{column}"), "cell", message);
                    is_whole = false;
                }
            }
        }
        let mut then = Vec::with_capacity(rule.then.len());
        for (column, (text, output)) in rule.then.iter().zip(outputs).enumerate() {
            match said.conclusion(column, text, output, scope) {
                Ok(Some(found)) => then.push(found),
                Ok(None) => is_whole = false,
                Err((code, message)) => {
                    faults.add(format!("{pointer}/then/{column}"), code, message);
                    is_whole = false;
                }
            }
        }
        rules.push(CompiledRule { when: when.into(), then: then.into() });
    }
    is_whole.then_some(rules)
}

/// Whether a rule has as many cells as the table has columns.
fn has_shape(table: &Table, rule: &Rule, pointer: &str, faults: &mut Faults) -> bool {
    let mut is_fit = true;
    for (name, cells, columns) in
        [("when", rule.when.len(), table.inputs.len()), ("then", rule.then.len(), table.outputs.len())]
    {
        if cells != columns {
            let message = format!("the table has {columns} such columns, and the rule {cells} cells");
            faults.add(format!("{pointer}/{name}"), "cells", message);
            is_fit = false;
        }
    }
    if rule.annotations.len() > table.annotations.len() {
        let message = format!("the table has {} columns of annotations", table.annotations.len());
        faults.add(format!("{pointer}/annotations"), "cells", message);
    }
    for (at, text) in rule.annotations.iter().enumerate() {
        faults.text(&format!("{pointer}/annotations/{at}"), Some(text), MAX_TEXT);
    }
    is_fit
}

fn conditions<'t>(
    inputs: &[InputColumn],
    known: &mut [HashMap<&'t str, Read>],
    column: usize,
    text: &'t str,
) -> Read {
    let (Some(input), Some(known)) = (inputs.get(column), known.get_mut(column)) else { return Ok(None) };
    let read = || match tests_alone(text, input.kind) {
        Ok(tests) => {
            let set = Set::of(&tests);
            Ok((!set.is_all()).then(|| Arc::new(set)))
        }
        Err(fault) => Err(place(&fault)),
    };
    known.entry(text).or_insert_with(read).clone()
}

/// The conclusions of a table that were read so far.
struct Said<'t> {
    known: HashMap<(usize, &'t str), Option<Conclusion>>,
    expressions: usize,
}

impl<'t> Said<'t> {
    fn conclusion(
        &mut self,
        column: usize,
        text: &'t str,
        output: &Output,
        scope: Option<&Schema>,
    ) -> Result<Option<Conclusion>, (&'static str, String)> {
        if let Some(found) = self.known.get(&(column, text)) {
            return Ok(found.clone());
        }
        let found = conclusion(text, output, scope)?;
        if matches!(found, Some(Conclusion::Expression(_))) {
            self.expressions += 1;
            if self.expressions > MAX_TABLE_EXPRESSIONS {
                let message = format!("a table has at most {MAX_TABLE_EXPRESSIONS} expressions that differ");
                return Err(("too_many", message));
            }
        }
        self.known.insert((column, text), found.clone());
        Ok(found)
    }
}

/// What a cell of conclusions says; none where it is an expression that cannot be looked at.
fn conclusion(
    text: &str,
    output: &Output,
    scope: Option<&Schema>,
) -> Result<Option<Conclusion>, (&'static str, String)> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Some(Conclusion::Value(Value::Null)));
    }
    let fault = match literal_alone(text, output.kind) {
        Ok(value) if is_allowed(output.order.as_deref(), value.as_ref()) => {
            return Ok(Some(Conclusion::Value(value.map_or(Value::Null, |value| value.to_value()))));
        }
        Ok(_) => return Err(("not_allowed", "it is none of the values of the output".to_owned())),
        Err(fault) => fault,
    };
    let Some(scope) = scope else { return Ok(None) };
    match compile_cel(text, scope, &output.kind.cel(), &Limits::default()) {
        Ok(expression) => Ok(Some(Conclusion::Expression(expression))),
        Err(error) => {
            let message = format!("it is no value ({}), and no expression ({error})", fault.message);
            Err(("cell", message))
        }
    }
}

/// A fault of a cell with its place in words.
fn place(fault: &Fault) -> String {
    format!("{} (at byte {})", fault.message, fault.offset)
}

/// The type of what a table gives.
fn type_of(table: &CompiledTable) -> Option<Type> {
    match table.aggregation {
        Some(Aggregation::Sum | Aggregation::Count) => return Some(Type::Decimal),
        Some(Aggregation::Min | Aggregation::Max) => {
            return table.outputs.first().map(|output| output.kind.cel());
        }
        None => {}
    }
    let one = match table.outputs.as_slice() {
        [] => return None,
        [output] => output.kind.cel(),
        several => Type::object(several.iter().map(|output| (&*output.key, output.kind.cel()))),
    };
    Some(if table.gives_list() { Type::list(one) } else { one })
}
