//! Writes a definition as a DMN 1.5 document.

use std::fmt::Write as _;

use athyper_kernel_error::FieldError;

use super::item_types::name_of;
use super::{CEL, MODELS, OWN};
use crate::definition::{
    Aggregation, DataType, Decision, Definition, HitPolicy, ListType, ObjectType, OutputColumn, Table,
};
use crate::feel::literal_alone;
use crate::scalar::ScalarType;

/// Writes a definition. Read again it is the same, but for white space around texts.
///
/// # Errors
/// When a text has a character that XML cannot hold.
pub fn export(definition: &Definition) -> Result<String, FieldError> {
    let mut xml = Writer { text: String::new(), depth: 0 };
    xml.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut attributes = vec![
        ("xmlns", MODELS.last().copied().unwrap_or_default()),
        ("xmlns:athyper", OWN),
        ("id", "definitions"),
        ("name", definition.label.as_str()),
        ("namespace", OWN),
    ];
    attributes.extend(definition.result.as_deref().map(|result| ("athyper:result", result)));
    xml.open("definitions", &attributes);
    xml.described(definition.description.as_deref());
    for input in &definition.inputs {
        item(&mut xml, "itemDefinition", &type_name(&input.key), &input.kind, true);
    }
    for decision in &definition.decisions {
        if let Some(kind) = type_of(decision) {
            item(&mut xml, "itemDefinition", &type_name(&decision.key), &kind, true);
        }
    }
    for input in &definition.inputs {
        let id = format!("input_{}", input.key);
        xml.open("inputData", &named(&id, &input.key, input.label.as_deref()));
        let reference = reference(&input.key, &input.kind);
        xml.empty("variable", &[("name", &input.key), ("typeRef", &reference)]);
        xml.close("inputData");
    }
    for decision in &definition.decisions {
        write_decision(&mut xml, definition, decision);
    }
    xml.close("definitions");
    match xml.text.chars().find(|c| !is_xml(*c)) {
        None => Ok(xml.text),
        Some(c) => {
            let message = format!("a text has the character U+{:04X}, which XML cannot hold", u32::from(c));
            Err(FieldError::new("/definition", "not_xml", message))
        }
    }
}

/// Whether XML 1.0 has this character (section 2.2).
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn named<'a>(id: &'a str, key: &'a str, label: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let mut attributes = vec![("id", id), ("name", key)];
    attributes.extend(label.map(|label| ("label", label)));
    attributes
}

fn type_name(key: &str) -> String {
    format!("t_{key}")
}

/// The name of the type of an input or a decision: that of a scalar, or that of an item definition of its own.
fn reference(key: &str, kind: &DataType) -> String {
    match kind {
        DataType::Scalar(kind) => name_of(*kind).to_owned(),
        _ => type_name(key),
    }
}

/// The type of the value of a decision.
fn type_of(decision: &Decision) -> Option<DataType> {
    if let Some(literal) = &decision.expression {
        return Some(literal.kind.clone());
    }
    let table = decision.table.as_ref()?;
    let part = |output: &OutputColumn| (output.key.clone(), DataType::Scalar(output.kind));
    let one = match (table.outputs.as_slice(), table.aggregation) {
        (_, Some(Aggregation::Count)) => DataType::Scalar(ScalarType::Number),
        ([output], _) => DataType::Scalar(output.kind),
        (outputs, _) => DataType::Object(ObjectType { object: outputs.iter().map(part).collect() }),
    };
    let is_list = match table.hit_policy {
        HitPolicy::Collect => table.aggregation.is_none(),
        HitPolicy::RuleOrder | HitPolicy::OutputOrder => true,
        _ => false,
    };
    Some(if is_list { DataType::List(ListType { list: Box::new(one) }) } else { one })
}

/// Writes a type that is no scalar; a part of one also where it is.
fn item(xml: &mut Writer, element: &str, name: &str, kind: &DataType, is_top: bool) {
    let (inner, is_list) = match kind {
        DataType::List(of) => (of.list.as_ref(), true),
        other => (other, false),
    };
    if is_top && matches!(kind, DataType::Scalar(_)) {
        return;
    }
    let mut attributes = vec![("name", name)];
    if is_list {
        attributes.push(("isCollection", "true"));
    }
    match inner {
        DataType::Scalar(kind) => {
            xml.open(element, &attributes);
            xml.leaf("typeRef", name_of(*kind), &[]);
            xml.close(element);
        }
        DataType::Object(of) => {
            xml.open(element, &attributes);
            for (name, kind) in &of.object {
                item(xml, "itemComponent", name, kind, false);
            }
            xml.close(element);
        }
        // There are no lists of lists.
        DataType::List(_) => {}
    }
}

fn write_decision(xml: &mut Writer, definition: &Definition, decision: &Decision) {
    let id = format!("decision_{}", decision.key);
    xml.open("decision", &named(&id, &decision.key, decision.label.as_deref()));
    xml.described(decision.description.as_deref());
    if let Some(kind) = type_of(decision) {
        let reference = reference(&decision.key, &kind);
        xml.empty("variable", &[("name", &decision.key), ("typeRef", &reference)]);
    }
    for key in &decision.requires {
        let is_input = definition.inputs.iter().any(|input| input.key == *key);
        let (element, kind) =
            if is_input { ("requiredInput", "input") } else { ("requiredDecision", "decision") };
        xml.open("informationRequirement", &[]);
        xml.empty(element, &[("href", &format!("#{kind}_{key}"))]);
        xml.close("informationRequirement");
    }
    if let Some(literal) = &decision.expression {
        let reference = reference(&decision.key, &literal.kind);
        xml.expression("literalExpression", &literal.source, decision, &[("typeRef", &reference)]);
    }
    if let Some(table) = &decision.table {
        write_table(xml, decision, table);
    }
    xml.close("decision");
}

fn write_table(xml: &mut Writer, decision: &Decision, table: &Table) {
    let policy = match table.hit_policy {
        HitPolicy::Unique => "UNIQUE",
        HitPolicy::First => "FIRST",
        HitPolicy::Priority => "PRIORITY",
        HitPolicy::Any => "ANY",
        HitPolicy::Collect => "COLLECT",
        HitPolicy::RuleOrder => "RULE ORDER",
        HitPolicy::OutputOrder => "OUTPUT ORDER",
    };
    let mut attributes = vec![("hitPolicy", policy)];
    attributes.extend(table.aggregation.map(|aggregation| {
        let name = match aggregation {
            Aggregation::Sum => "SUM",
            Aggregation::Min => "MIN",
            Aggregation::Max => "MAX",
            Aggregation::Count => "COUNT",
        };
        ("aggregation", name)
    }));
    xml.open("decisionTable", &attributes);
    for column in &table.inputs {
        let label: Vec<_> = column.label.iter().map(|label| ("label", label.as_str())).collect();
        xml.open("input", &label);
        xml.expression("inputExpression", &column.expression, decision, &[("typeRef", name_of(column.kind))]);
        xml.text("inputValues", column.values.as_deref());
        xml.close("input");
    }
    for column in &table.outputs {
        let mut attributes = vec![("name", column.key.as_str()), ("typeRef", name_of(column.kind))];
        attributes.extend(column.label.as_deref().map(|label| ("label", label)));
        xml.open("output", &attributes);
        xml.text("outputValues", column.values.as_deref());
        xml.text("defaultOutputEntry", column.default.as_deref());
        xml.close("output");
    }
    for name in &table.annotations {
        xml.empty("annotation", &[("name", name)]);
    }
    for rule in &table.rules {
        xml.open("rule", &[]);
        for cell in &rule.when {
            xml.text("inputEntry", Some(cell));
        }
        for (cell, output) in rule.then.iter().zip(&table.outputs) {
            if cell.trim().is_empty() || literal_alone(cell, output.kind).is_ok() {
                xml.text("outputEntry", Some(cell));
            } else {
                xml.expression("outputEntry", cell, decision, &[]);
            }
        }
        for at in 0..table.annotations.len() {
            xml.text("annotationEntry", Some(rule.annotations.get(at).map_or("", String::as_str)));
        }
        xml.close("rule");
    }
    xml.close("decisionTable");
}

/// Whether an expression is the name of something that is required, or a path in it: then it is FEEL as well.
fn is_path(source: &str, requires: &[String]) -> bool {
    let mut parts = source.split('.');
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    parts.next().is_some_and(|first| requires.iter().any(|key| key == first)) && parts.all(is_name)
}

/// Writes XML with two blanks for each level.
struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        let _ = write!(self.text, "<{name}");
        for (name, value) in attributes {
            let _ = write!(self.text, " {name}=\"{}\"", escaped(value));
        }
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.text.push_str(">\n");
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        let _ = writeln!(self.text, "</{name}>");
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.text.push_str("/>\n");
    }

    fn leaf(&mut self, name: &str, text: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        let _ = writeln!(self.text, ">{}</{name}>", escaped(text));
    }

    fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.open(name, &[]);
            self.leaf("text", text, &[]);
            self.close(name);
        }
    }

    fn described(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf("description", text, &[]);
        }
    }

    fn expression(&mut self, name: &str, source: &str, decision: &Decision, attributes: &[(&str, &str)]) {
        let mut attributes = attributes.to_vec();
        if !is_path(source, &decision.requires) {
            attributes.push(("expressionLanguage", CEL));
        }
        self.open(name, &attributes);
        self.leaf("text", source, &[]);
        self.close(name);
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\r' | '\t' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}
