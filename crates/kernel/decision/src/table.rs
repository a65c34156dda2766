//! Evaluates a table: which rules apply, and what its policy makes of them (DMN 1.5, section 8.2.8).

use std::sync::Arc;

use athyper_kernel_cel::Value;
use rust_decimal::Decimal;

use crate::compile_table::is_allowed;
use crate::definition::{Aggregation, HitPolicy};
use crate::evaluate::{EvaluateError, Run};
use crate::model::{CompiledRule, CompiledTable, Conclusion};
use crate::scalar::Scalar;

/// A rule that applies: its number from 1, and its outputs.
struct Hit {
    rule: usize,
    outputs: Vec<Value>,
}

/// The value of a table and the numbers of the rules that made it.
pub(crate) fn evaluate(
    table: &CompiledTable,
    decision: &str,
    run: &mut Run<'_>,
) -> Result<(Value, Vec<usize>), EvaluateError> {
    let values = values_of_columns(table, decision, run)?;
    let mut places = applying(table, &values);
    match table.policy {
        HitPolicy::First => places.truncate(1),
        HitPolicy::Unique if places.len() > 1 => {
            let rules = places.iter().map(|place| place + 1).collect();
            return Err(EvaluateError::Several { decision: decision.to_owned(), rules });
        }
        _ => {}
    }
    if places.is_empty() {
        return Ok((without_hits(table), Vec::new()));
    }
    let mut hits = Vec::with_capacity(places.len());
    for place in places {
        let Some(rule) = table.rules.get(place) else { continue };
        hits.push(Hit { rule: place + 1, outputs: outputs_of(table, rule, place + 1, decision, run)? });
    }
    settle(table, decision, hits)
}

fn values_of_columns(
    table: &CompiledTable,
    decision: &str,
    run: &mut Run<'_>,
) -> Result<Vec<Option<Scalar>>, EvaluateError> {
    let mut values = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let found = run.expression(&column.expression, decision)?;
        let value = found.map_err(|error| EvaluateError::Expression {
            decision: decision.to_owned(),
            place: format!("column {:?}", column.label),
            message: error.to_string(),
        })?;
        let value = Scalar::of(&value);
        if column.allowed.as_ref().is_some_and(|allowed| !allowed.has(value.as_ref())) {
            let column = column.label.clone();
            return Err(EvaluateError::NotAllowed { decision: decision.to_owned(), column });
        }
        values.push(value);
    }
    Ok(values)
}

/// The places of the rules that apply, in order; only the first where no other counts.
fn applying(table: &CompiledTable, values: &[Option<Scalar>]) -> Vec<usize> {
    let most = if table.policy == HitPolicy::First { 1 } else { usize::MAX };
    let applies = |place: &usize| table.rules.get(*place).is_some_and(|rule| rule.applies(values));
    match &table.index {
        Some(index) => index.candidates(values).filter(applies).take(most).collect(),
        None => (0..table.rules.len()).filter(applies).take(most).collect(),
    }
}

/// What a table gives when no rule applies.
fn without_hits(table: &CompiledTable) -> Value {
    if table.aggregation == Some(Aggregation::Count) {
        return Value::Decimal(Decimal::ZERO);
    }
    let has_default = table.outputs.iter().any(|output| output.default.is_some());
    match (has_default, table.gives_list()) {
        (false, false) => Value::Null,
        (false, true) => Value::list([]),
        (true, is_list) => {
            let outputs =
                table.outputs.iter().map(|output| output.default.clone().unwrap_or(Value::Null)).collect();
            let value = joined(table, outputs);
            if is_list { Value::list([value]) } else { value }
        }
    }
}

/// The outputs of a rule as one value.
fn joined(table: &CompiledTable, mut outputs: Vec<Value>) -> Value {
    if outputs.len() == 1 {
        return outputs.pop().unwrap_or(Value::Null);
    }
    let entries = table.outputs.iter().zip(outputs);
    Value::Map(Arc::new(entries.map(|(output, value)| (Arc::clone(&output.key), value)).collect()))
}

fn outputs_of(
    table: &CompiledTable,
    rule: &CompiledRule,
    number: usize,
    decision: &str,
    run: &mut Run<'_>,
) -> Result<Vec<Value>, EvaluateError> {
    let refused =
        |message: String| EvaluateError::Conclusion { decision: decision.to_owned(), rule: number, message };
    let mut outputs = Vec::with_capacity(rule.then.len());
    for (conclusion, output) in rule.then.iter().zip(&table.outputs) {
        let value = match conclusion {
            Conclusion::Value(value) => value.clone(),
            Conclusion::Expression(expression) => {
                let found = run.expression(expression, decision)?;
                let value = found.map_err(|error| refused(format!("output {:?}: {error}", output.key)))?;
                if !is_allowed(output.order.as_deref(), Scalar::of(&value).as_ref()) {
                    let message = format!("output {:?} has a value that it may not have", output.key);
                    return Err(refused(message));
                }
                value
            }
        };
        outputs.push(value);
    }
    Ok(outputs)
}

/// What the policy makes of the rules that apply, of which there is at least one.
fn settle(
    table: &CompiledTable,
    decision: &str,
    mut hits: Vec<Hit>,
) -> Result<(Value, Vec<usize>), EvaluateError> {
    match table.policy {
        HitPolicy::Unique | HitPolicy::First | HitPolicy::Collect | HitPolicy::RuleOrder => {}
        HitPolicy::Any => {
            let first = hits.first().map(|hit| &hit.outputs);
            if hits.iter().any(|hit| Some(&hit.outputs) != first) {
                let rules = hits.iter().map(|hit| hit.rule).collect();
                return Err(EvaluateError::Different { decision: decision.to_owned(), rules });
            }
        }
        HitPolicy::Priority => {
            hits.sort_by_cached_key(|hit| ranks(table, &hit.outputs));
            hits.truncate(1);
        }
        HitPolicy::OutputOrder => hits.sort_by_cached_key(|hit| ranks(table, &hit.outputs)),
    }
    let rules = hits.iter().map(|hit| hit.rule).collect();
    if let Some(aggregation) = table.aggregation {
        return Ok((figure(aggregation, decision, &hits)?, rules));
    }
    let mut values = hits.into_iter().map(|hit| joined(table, hit.outputs));
    let value = if table.gives_list() { Value::list(values) } else { values.next().unwrap_or(Value::Null) };
    Ok((value, rules))
}

/// Where outputs stand in the order of their values; null is behind all.
fn ranks(table: &CompiledTable, outputs: &[Value]) -> Vec<usize> {
    let ordered =
        table.outputs.iter().zip(outputs).filter_map(|(output, value)| Some((output.order.as_ref()?, value)));
    let rank = |(order, value): (&Vec<Scalar>, &Value)| {
        let scalar = Scalar::of(value);
        scalar.and_then(|scalar| order.iter().position(|other| *other == scalar)).unwrap_or(order.len())
    };
    ordered.map(rank).collect()
}

fn figure(aggregation: Aggregation, decision: &str, hits: &[Hit]) -> Result<Value, EvaluateError> {
    if aggregation == Aggregation::Count {
        return Ok(Value::Decimal(Decimal::from(hits.len())));
    }
    let mut figure: Option<Scalar> = None;
    for hit in hits {
        let message = || "a figure cannot be made of null".to_owned();
        let refused = || EvaluateError::Conclusion {
            decision: decision.to_owned(),
            rule: hit.rule,
            message: message(),
        };
        let value = hit.outputs.first().and_then(Scalar::of).ok_or_else(refused)?;
        figure = Some(match (figure, aggregation) {
            (None, _) => value,
            (Some(Scalar::Number(sum)), Aggregation::Sum) => {
                let Scalar::Number(value) = value else { return Err(refused()) };
                let sum =
                    sum.checked_add(value).ok_or_else(|| EvaluateError::OutOfRange(decision.to_owned()))?;
                Scalar::Number(sum)
            }
            (Some(found), Aggregation::Min) => found.min(value),
            (Some(found), _) => found.max(value),
        });
    }
    Ok(figure.map_or(Value::Null, |figure| figure.to_value()))
}
