//! Makes a definition of a DMN document.

use std::collections::BTreeMap;

use athyper_kernel_error::FieldError;
use serde::Serialize;
use utoipa::ToSchema;

use super::import_table;
use super::item_types::Types;
use super::translate::{Names, to_cel};
use super::xml::{Element, Of, read};
use super::{CEL, MODELS};
use crate::definition::{Decision, Definition, InputData, Literal};
use crate::limits::MAX_FAULTS;
use crate::names;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The definition. It may have faults that only compiling finds.
    pub definition: Definition,
    /// What was left out.
    pub notes: Vec<Note>,
}

/// Something that was left out, because it explains or draws and decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = decisions::Note)]
pub struct Note {
    /// The element, as a path from the top.
    pub element: String,
    /// What became of it.
    pub message: String,
}

/// What an import works with.
pub(super) struct Importer<'x> {
    pub(super) types: Types<'x>,
    pub(super) names: Names,
    pub(super) notes: Vec<Note>,
    pub(super) faults: Vec<FieldError>,
    /// The language of expressions that name none.
    language: Option<&'x str>,
    /// The key of each input and decision by its id.
    keys: BTreeMap<&'x str, String>,
}

/// Most notes; more say only that there are more.
const MAX_NOTES: usize = 200;

/// Elements that explain or draw.
const EXPLAINING: [&str; 20] = [
    "extensionElements",
    "question",
    "allowedAnswers",
    "supportedObjective",
    "impactedPerformanceIndicator",
    "decisionMaker",
    "decisionOwner",
    "usingProcess",
    "usingTask",
    "authorityRequirement",
    "knowledgeSource",
    "textAnnotation",
    "association",
    "group",
    "elementCollection",
    "performanceIndicator",
    "organizationUnit",
    "businessContextElement",
    "artifact",
    "description",
];

/// Reads a DMN document (1.3 to 1.5).
///
/// # Errors
/// All elements that have a meaning which is not known here; their pointers are paths of elements.
pub fn import(xml: &str) -> Result<Imported, Vec<FieldError>> {
    let root = read(xml).map_err(|message| vec![FieldError::new("", "xml", message)])?;
    if !root.is("definitions") {
        let message =
            format!("the top element is no <definitions> of DMN 1.3 to 1.5 ({})", MODELS.join(", "));
        return Err(vec![FieldError::new("/", "not_dmn", message)]);
    }
    let mut importer = Importer {
        types: Types::of(&root),
        names: Names::default(),
        notes: Vec::new(),
        faults: Vec::new(),
        language: root.attribute("expressionLanguage"),
        keys: BTreeMap::new(),
    };
    importer.types.add_names(&mut importer.names);
    importer.name_all(&root);
    let definition = importer.definition(&root);
    if importer.faults.is_empty() {
        Ok(Imported { definition, notes: importer.notes })
    } else {
        importer.faults.truncate(MAX_FAULTS);
        Err(importer.faults)
    }
}

/// A step of a path: the name of an element, and what it is called.
pub(super) fn step(path: &str, element: &Element) -> String {
    match element.attribute("name").or_else(|| element.attribute("id")) {
        Some(name) => format!("{path}/{}[{name}]", element.name),
        None => format!("{path}/{}", element.name),
    }
}

impl<'x> Importer<'x> {
    pub(super) fn fault(&mut self, path: &str, code: &str, message: impl Into<String>) {
        self.faults.push(FieldError::new(path, code, message));
    }

    pub(super) fn note(&mut self, path: &str, message: &str) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(Note { element: path.to_owned(), message: message.to_owned() });
        } else if self.notes.len() == MAX_NOTES {
            let message = "more was left out that explains or draws".to_owned();
            self.notes.push(Note { element: "/".to_owned(), message });
        }
    }

    /// Says of an element that nobody has asked for whether it may be left out.
    pub(super) fn other(&mut self, path: &str, element: &Element) {
        let path = step(path, element);
        if element.of == Of::Other {
            self.note(&path, "left out: it is no element of a DMN model, such as a diagram or an extension");
        } else if EXPLAINING.contains(&element.name.as_str()) {
            self.note(&path, "left out: it explains, and decides nothing");
        } else {
            self.fault(&path, "unsupported", format!("<{}> is not known here", element.name));
        }
    }

    /// Gives each input and decision its key.
    fn name_all(&mut self, root: &'x Element) {
        let mut taken: Vec<String> = Vec::new();
        for element in root.children.iter().filter(|child| child.is("inputData") || child.is("decision")) {
            let Some(name) = element.attribute("name").map(str::trim) else {
                self.fault(&step("/definitions", element), "required", "it has no name");
                continue;
            };
            let mut key = names::from_text(name);
            let plain = key.clone();
            let mut number = 1;
            while taken.contains(&key) {
                number += 1;
                key = format!("{plain}{number}");
            }
            taken.push(key.clone());
            self.names.insert(name, &key);
            if let Some(variable) = element.child("variable").and_then(|variable| variable.attribute("name"))
            {
                self.names.insert(variable, &key);
            }
            if let Some(id) = element.attribute("id") {
                self.keys.insert(id, key);
            } else {
                self.fault(&step("/definitions", element), "required", "it has no id");
            }
        }
    }

    fn key_of(&self, element: &Element) -> String {
        element.attribute("id").and_then(|id| self.keys.get(id)).cloned().unwrap_or_default()
    }

    fn definition(&mut self, root: &'x Element) -> Definition {
        let (mut inputs, mut decisions) = (Vec::new(), Vec::new());
        for child in &root.children {
            match child.name.as_str() {
                _ if child.of == Of::Other => self.other("/definitions", child),
                "description" | "itemDefinition" => {}
                "inputData" => inputs.extend(self.input(child)),
                "decision" => decisions.push(self.decision(child)),
                _ => self.other("/definitions", child),
            }
        }
        Definition {
            label: root.attribute("name").unwrap_or_default().trim().to_owned(),
            description: described(root),
            inputs,
            decisions,
            result: root.own_attribute("result").map(str::to_owned),
        }
    }

    fn input(&mut self, element: &Element) -> Option<InputData> {
        let path = step("/definitions", element);
        for child in element.children.iter().filter(|child| !child.is("variable")) {
            self.other(&path, child);
        }
        let reference = element.child("variable").and_then(|variable| variable.attribute("typeRef"));
        let found = match reference.map(|reference| self.types.find(reference)) {
            Some(Ok(found)) => found,
            Some(Err(message)) => {
                self.fault(&path, "type", message);
                return None;
            }
            None => {
                self.fault(&path, "type", "its <variable> has no typeRef: say what type it is");
                return None;
            }
        };
        if found.values.is_some() {
            self.note(
                &path,
                "the values that its type allows are kept where a column of a table has that type",
            );
        }
        let key = self.key_of(element);
        Some(InputData { label: label(element, &key), key, kind: found.kind })
    }

    fn decision(&mut self, element: &'x Element) -> Decision {
        let path = step("/definitions", element);
        let key = self.key_of(element);
        let mut decision = Decision {
            label: label(element, &key),
            description: described(element),
            requires: Vec::new(),
            table: None,
            expression: None,
            key,
        };
        for child in &element.children {
            match child.name.as_str() {
                _ if child.of == Of::Other => self.other(&path, child),
                "description" | "variable" => {}
                "informationRequirement" => decision.requires.extend(self.requirement(child, &path)),
                "decisionTable" => decision.table = self.table(child, element, &decision, &path),
                "literalExpression" => decision.expression = self.literal(child, element, &path),
                _ => self.other(&path, child),
            }
        }
        if element.child("decisionTable").is_none() && element.child("literalExpression").is_none() {
            self.fault(&path, "undecided", "it has neither a <decisionTable> nor a <literalExpression>");
        }
        decision
    }

    /// The key of what is required.
    fn requirement(&mut self, element: &Element, path: &str) -> Option<String> {
        let path = step(path, element);
        let required = element.child("requiredInput").or_else(|| element.child("requiredDecision"));
        let href = required.and_then(|required| required.attribute("href")).map(str::trim);
        let Some(id) = href.and_then(|href| href.strip_prefix('#')) else {
            self.fault(
                &path,
                "reference",
                "it refers to nothing in this document: other documents are not read",
            );
            return None;
        };
        let key = self.keys.get(id).cloned();
        if key.is_none() {
            self.fault(&path, "reference", format!("there is no inputData and no decision of the id {id:?}"));
        }
        key
    }

    fn literal(&mut self, element: &Element, decision: &Element, path: &str) -> Option<Literal> {
        let path = step(path, element);
        let variable = decision.child("variable").and_then(|variable| variable.attribute("typeRef"));
        let Some(reference) = element.attribute("typeRef").or(variable) else {
            self.fault(
                &path,
                "type",
                "neither it nor the variable has a typeRef: say what type the value has",
            );
            return None;
        };
        let kind = match self.types.find(reference) {
            Ok(found) => found.kind,
            Err(message) => {
                self.fault(&path, "type", message);
                return None;
            }
        };
        let source = self.expression(element, &path)?;
        Some(Literal { source, kind })
    }

    fn table(
        &mut self,
        element: &Element,
        decision: &Element,
        made: &Decision,
        path: &str,
    ) -> Option<crate::definition::Table> {
        import_table::table(self, element, decision, &made.key, &step(path, element))
    }

    /// The expression in an element, in CEL.
    pub(super) fn expression(&mut self, element: &Element, path: &str) -> Option<String> {
        let language = element.attribute("expressionLanguage").or(self.language);
        let text = element.inner_text();
        match language {
            Some(CEL) => return Some(text.to_owned()),
            Some(other) if !other.trim_end_matches('/').ends_with("FEEL") => {
                self.fault(path, "language", format!("the language {other:?} is not known here"));
                return None;
            }
            _ => {}
        }
        match to_cel(text, &self.names) {
            Ok(source) => Some(source),
            Err(message) => {
                self.fault(path, "expression", message);
                None
            }
        }
    }
}

/// What people call it, where that is not its key.
pub(super) fn label(element: &Element, key: &str) -> Option<String> {
    let label = element.attribute("label").or_else(|| element.attribute("name")).map(str::trim)?;
    (label != key && !label.is_empty()).then(|| label.to_owned())
}

fn described(element: &Element) -> Option<String> {
    let text = element.child("description")?.text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
