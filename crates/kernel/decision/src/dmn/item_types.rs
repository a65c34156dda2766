//! Item definitions of DMN as the types of data, and the other way round.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::translate::Names;
use super::xml::Element;
use crate::definition::{DataType, ListType, ObjectType};
use crate::limits::MAX_TYPE_DEPTH;
use crate::names;
use crate::scalar::ScalarType;

/// A type, and the values that it allows.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) kind: DataType,
    /// Unary tests.
    pub(crate) values: Option<String>,
}

/// The item definitions of a document, by name.
#[derive(Debug)]
pub(crate) struct Types<'x> {
    items: BTreeMap<&'x str, &'x Element>,
    /// How many items may still be looked at: types that name each other many times grow without end.
    left: Cell<usize>,
}

/// Items that are looked at for one document.
const MAX_ITEMS: usize = 20_000;

impl<'x> Types<'x> {
    pub(crate) fn of(root: &'x Element) -> Self {
        let named = |item: &'x Element| Some((item.attribute("name")?.trim(), item));
        Self { items: root.all("itemDefinition").filter_map(named).collect(), left: Cell::new(MAX_ITEMS) }
    }

    /// The names of all parts, for expressions.
    pub(crate) fn add_names(&self, names: &mut Names) {
        for item in self.items.values() {
            add_parts(item, names, 0);
        }
    }

    /// The type that a reference names.
    ///
    /// # Errors
    /// Why it cannot be one here.
    pub(crate) fn find(&self, reference: &str) -> Result<Found, String> {
        self.reference(reference, 0)
    }

    fn reference(&self, reference: &str, depth: usize) -> Result<Found, String> {
        let reference = reference.trim();
        if let Some(kind) = scalar(reference)? {
            return Ok(Found { kind: DataType::Scalar(kind), values: None });
        }
        match self.items.get(reference) {
            Some(item) => self.item(item, depth),
            None => Err(format!("there is no type {reference:?}")),
        }
    }

    fn item(&self, item: &Element, depth: usize) -> Result<Found, String> {
        if depth > MAX_TYPE_DEPTH {
            return Err(format!("types are nested deeper than {MAX_TYPE_DEPTH}"));
        }
        let left = self.left.get().checked_sub(1).ok_or("the types name each other too often")?;
        self.left.set(left);
        if item.child("functionItem").is_some() {
            return Err("functions (functionItem) are no types here".to_owned());
        }
        let is_list = item.attribute("isCollection").is_some_and(|value| matches!(value, "true" | "1"));
        let mut parts = BTreeMap::new();
        for part in item.all("itemComponent") {
            let name = part.attribute("name").ok_or("an itemComponent has no name")?;
            if parts.insert(names::from_text(name.trim()), self.item(part, depth + 1)?.kind).is_some() {
                return Err(format!("two parts are called {name:?}"));
            }
        }
        let found = match item.child("typeRef") {
            Some(reference) if parts.is_empty() => self.reference(&reference.text, depth + 1)?,
            None if !parts.is_empty() => {
                Found { kind: DataType::Object(ObjectType { object: parts }), values: None }
            }
            _ => return Err("an item has either a typeRef or itemComponents".to_owned()),
        };
        let constraint = item.child("allowedValues").or_else(|| item.child("typeConstraint"));
        let values = constraint.map(|values| values.inner_text().to_owned());
        if !is_list {
            return Ok(Found { values: values.or(found.values), ..found });
        }
        if values.is_some() {
            return Err("the values of a list cannot be constrained here (allowedValues)".to_owned());
        }
        Ok(Found { kind: DataType::List(ListType { list: Box::new(found.kind) }), values: None })
    }
}

fn add_parts(item: &Element, names: &mut Names, depth: usize) {
    if depth > MAX_TYPE_DEPTH {
        return;
    }
    for part in item.all("itemComponent") {
        if let Some(name) = part.attribute("name") {
            names.insert(name, &names::from_text(name.trim()));
        }
        add_parts(part, names, depth + 1);
    }
}

/// The scalar of this name; none where it may be that of an item definition.
fn scalar(name: &str) -> Result<Option<ScalarType>, String> {
    let name = name.strip_prefix("feel:").unwrap_or(name);
    Ok(Some(match name {
        "string" => ScalarType::String,
        "number" => ScalarType::Number,
        "boolean" => ScalarType::Boolean,
        "date" => ScalarType::Date,
        "dateTime" | "date and time" => ScalarType::DateTime,
        "dayTimeDuration" | "days and time duration" => ScalarType::Duration,
        "time" | "yearMonthDuration" | "years and months duration" | "Any" | "" => {
            return Err(format!(
                "{name:?} is no type here: string, number, boolean, date, dateTime and dayTimeDuration are"
            ));
        }
        _ => return Ok(None),
    }))
}

/// The name that DMN has for a scalar.
pub(crate) fn name_of(kind: ScalarType) -> &'static str {
    match kind {
        ScalarType::Duration => "dayTimeDuration",
        other => other.name(),
    }
}
