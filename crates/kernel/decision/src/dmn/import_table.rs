//! Makes a table of a `decisionTable` of DMN.

use super::import::{Importer, label, step};
use super::xml::{Element, Of};
use crate::definition::{Aggregation, DataType, HitPolicy, InputColumn, OutputColumn, Rule, Table};
use crate::feel::literal_alone;
use crate::names;
use crate::scalar::ScalarType;

/// Reads a table of the decision with this key.
pub(super) fn table(
    importer: &mut Importer<'_>,
    element: &Element,
    decision: &Element,
    key: &str,
    path: &str,
) -> Option<Table> {
    let hit_policy = policy(importer, element, path)?;
    let aggregation = aggregation(importer, element, path);
    for name in ["preferredOrientation", "outputLabel"] {
        if element.attribute(name).is_some() {
            importer.note(&format!("{path}/@{name}"), "left out: it says how the table is drawn");
        }
    }
    let (mut inputs, mut outputs, mut annotations, mut rules) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let count = element.all("output").count();
    for child in &element.children {
        match child.name.as_str() {
            _ if child.of == Of::Other => importer.other(path, child),
            "input" => inputs.push(input(importer, child, &numbered(path, "input", inputs.len()))),
            "output" => {
                let path = numbered(path, "output", outputs.len());
                outputs.push(output(importer, child, decision, (count == 1).then_some(key), &path));
            }
            "annotation" => annotations.push(child.attribute("name").unwrap_or_default().trim().to_owned()),
            "rule" => rules.push(child),
            _ => importer.other(path, child),
        }
    }
    let inputs: Vec<InputColumn> = inputs.into_iter().collect::<Option<_>>()?;
    let outputs: Vec<OutputColumn> = outputs.into_iter().collect::<Option<_>>()?;
    let rules = rules.into_iter().enumerate();
    let rules =
        rules.map(|(at, element)| rule(importer, element, &outputs, &numbered(path, "rule", at))).collect();
    Some(Table { hit_policy, aggregation, inputs, outputs, annotations, rules })
}

fn numbered(path: &str, name: &str, at: usize) -> String {
    format!("{path}/{name}[{}]", at + 1)
}

fn policy(importer: &mut Importer<'_>, element: &Element, path: &str) -> Option<HitPolicy> {
    Some(match element.attribute("hitPolicy").unwrap_or("UNIQUE") {
        "UNIQUE" => HitPolicy::Unique,
        "FIRST" => HitPolicy::First,
        "PRIORITY" => HitPolicy::Priority,
        "ANY" => HitPolicy::Any,
        "COLLECT" => HitPolicy::Collect,
        "RULE ORDER" => HitPolicy::RuleOrder,
        "OUTPUT ORDER" => HitPolicy::OutputOrder,
        other => {
            importer.fault(
                &format!("{path}/@hitPolicy"),
                "unsupported",
                format!("there is no hit policy {other:?}"),
            );
            return None;
        }
    })
}

/// The figure of a table; what is none is a fault.
fn aggregation(importer: &mut Importer<'_>, element: &Element, path: &str) -> Option<Aggregation> {
    match element.attribute("aggregation")? {
        "SUM" => Some(Aggregation::Sum),
        "COUNT" => Some(Aggregation::Count),
        "MIN" => Some(Aggregation::Min),
        "MAX" => Some(Aggregation::Max),
        other => {
            importer.fault(
                &format!("{path}/@aggregation"),
                "unsupported",
                format!("there is no figure {other:?}"),
            );
            None
        }
    }
}

fn input(importer: &mut Importer<'_>, element: &Element, path: &str) -> Option<InputColumn> {
    for child in &element.children {
        if !child.is("inputExpression") && !child.is("inputValues") {
            importer.other(path, child);
        }
    }
    let Some(inner) = element.child("inputExpression") else {
        importer.fault(path, "required", "it has no <inputExpression>");
        return None;
    };
    let (kind, allowed) = scalar(importer, inner.attribute("typeRef"), &step(path, inner))?;
    let expression = importer.expression(inner, &step(path, inner))?;
    let values = element.child("inputValues").map(|values| values.inner_text().to_owned());
    let label = label(element, &expression);
    Some(InputColumn { label, expression, kind, values: filled(values).or(allowed) })
}

fn output(
    importer: &mut Importer<'_>,
    element: &Element,
    decision: &Element,
    only: Option<&str>,
    path: &str,
) -> Option<OutputColumn> {
    for child in &element.children {
        if !child.is("outputValues") && !child.is("defaultOutputEntry") {
            importer.other(path, child);
        }
    }
    let name = element.attribute("name").map(str::trim).filter(|name| !name.is_empty());
    let Some(key) = name.map(names::from_text).or_else(|| only.map(str::to_owned)) else {
        importer.fault(path, "required", "one of several outputs has no name");
        return None;
    };
    let variable = decision.child("variable").and_then(|variable| variable.attribute("typeRef"));
    let reference = element.attribute("typeRef").or(variable.filter(|_| only.is_some()));
    let (kind, allowed) = scalar(importer, reference, path)?;
    let values = element.child("outputValues").map(|values| values.inner_text().to_owned());
    let default = element.child("defaultOutputEntry").map(|entry| entry.inner_text().to_owned());
    let label = label(element, &key);
    Some(OutputColumn { label, key, kind, values: filled(values).or(allowed), default: filled(default) })
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !matches!(text.as_str(), "" | "-"))
}

/// The scalar that a reference names, and the values that its type allows.
fn scalar(
    importer: &mut Importer<'_>,
    reference: Option<&str>,
    path: &str,
) -> Option<(ScalarType, Option<String>)> {
    let message = match reference.map(|reference| importer.types.find(reference)) {
        Some(Ok(found)) => match found.kind {
            DataType::Scalar(kind) => return Some((kind, filled(found.values))),
            _ => "a column has a single value: lists and objects cannot be tested".to_owned(),
        },
        Some(Err(message)) => message,
        None => "it has no typeRef: say what type its values have".to_owned(),
    };
    importer.fault(path, "type", message);
    None
}

fn rule(importer: &mut Importer<'_>, element: &Element, outputs: &[OutputColumn], path: &str) -> Rule {
    let mut rule = Rule::default();
    for child in &element.children {
        let text = child.inner_text();
        match child.name.as_str() {
            _ if child.of == Of::Other => importer.other(path, child),
            "inputEntry" => {
                if let Some(language) =
                    child.attribute("expressionLanguage").filter(|name| !name.contains("FEEL"))
                {
                    let message = format!("unary tests in the language {language:?} are not known here");
                    importer.fault(&step(path, child), "language", message);
                }
                rule.when.push(if text.is_empty() { "-".to_owned() } else { text.to_owned() });
            }
            "outputEntry" => {
                let kind = outputs.get(rule.then.len()).map(|output| output.kind);
                let is_literal =
                    text.is_empty() || kind.is_some_and(|kind| literal_alone(text, kind).is_ok());
                let path = numbered(path, "outputEntry", rule.then.len());
                let found =
                    if is_literal { Some(text.to_owned()) } else { importer.expression(child, &path) };
                rule.then.push(found.unwrap_or_default());
            }
            "annotationEntry" => rule.annotations.push(text.to_owned()),
            _ => importer.other(path, child),
        }
    }
    while rule.annotations.last().is_some_and(String::is_empty) {
        rule.annotations.pop();
    }
    rule
}
