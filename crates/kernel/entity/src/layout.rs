//! How records are laid out for people: lists, forms and boards.

use serde::{Deserialize, Serialize};

use crate::{FieldKey, Label};

/// Where fields stand. What is empty is laid out in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Layout {
    /// What a list is ordered by when nobody says it: an indexed field, `createdAt` or `updatedAt`, after a minus the greatest
    /// first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Columns of a list, from the first to the last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub list: Vec<FieldKey>,
    /// Sections of a form, from the top to the bottom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub form: Vec<FormSection>,
    /// A board of cards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub board: Option<Board>,
}

/// A part of a form under one heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FormSection {
    /// Its heading.
    pub label: Label,
    /// Its fields.
    pub fields: Vec<FieldKey>,
}

/// A board: a column for each value of a field, a card for each record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Board {
    /// The field whose values are the columns: one of options, or `state`.
    pub columns: String,
    /// What a card shows.
    #[serde(default)]
    pub card: Vec<FieldKey>,
}
