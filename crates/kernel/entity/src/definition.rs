//! The definition of an entity.

use serde::{Deserialize, Serialize};

use crate::{DuplicateRule, EntityKey, FieldDef, FieldKey, Label, Layout, StateMachine};

/// What every record has beside the fields of its definition; fields of these keys cannot be defined.
pub const SYSTEM_FIELDS: [&str; 12] = [
    "id",
    "version",
    "state",
    "createdAt",
    "createdBy",
    "updatedAt",
    "updatedBy",
    "deletedAt",
    "deletedBy",
    "mergedInto",
    "duplicates",
    "expanded",
];

/// An entity, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntityDef {
    /// Its key; it stays when the labels change.
    pub key: EntityKey,
    /// What people call one record.
    pub label: Label,
    /// What people call many.
    pub plural: Label,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub help: Label,
    /// How its records stand to each other.
    #[serde(default)]
    pub kind: EntityKind,
    /// Its fields, in the order in which people meet them.
    pub fields: Vec<FieldDef>,
    /// The field that names a record to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<FieldKey>,
    /// Combinations of fields that come once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<UniqueRule>,
    /// Which records are taken for duplicates of each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<DuplicateRule>,
    /// What a record must fulfil as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RecordRule>,
    /// Its states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub states: Option<StateMachine>,
    /// How its records are numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbering: Option<Numbering>,
    /// Records that hold for a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<EffectiveDating>,
    /// Lists, forms and boards.
    #[serde(default)]
    pub layout: Layout,
    /// Who may write its records.
    #[serde(default)]
    pub writer: Writer,
}

/// How the records of an entity stand to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// There is one record in the tenant: settings.
    Single,
    /// Things that others refer to: customers, items.
    #[default]
    Master,
    /// Things that happen: orders, inspections.
    Document,
    /// Lines that belong to a record of another entity.
    Child,
    /// Records below records: it has a reference to itself named `parent`.
    Tree,
}

/// Who may write the records of an entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writer {
    /// Whoever has the right, through the records service.
    #[default]
    Records,
    /// The commands of its domain alone: the records service reads only.
    Commands,
}

/// Fields whose values together come once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UniqueRule {
    /// The fields.
    pub fields: Vec<FieldKey>,
    /// What people read when the values are taken.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub message: Label,
}

/// A rule on a record as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordRule {
    /// What must hold (CEL over the record's fields; `old` is the record as it was, null when it is new).
    pub must: String,
    /// What people read when it does not.
    pub message: Label,
    /// The field to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldKey>,
}

/// How records are numbered: without gaps, in the transaction that makes the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Numbering {
    /// The text field that takes the number.
    pub field: FieldKey,
    /// How numbers are written, such as `INS-{YYYY}-{SEQ:5}`.
    pub pattern: String,
    /// The date that counts for the pattern; left out for the day, in the tenant's zone, on which the record is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<FieldKey>,
}

/// Records that hold for a time and follow one another without overlaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EffectiveDating {
    /// The date field of the first day.
    pub from: FieldKey,
    /// The date field of the last day; empty for records that hold until another one begins.
    pub until: FieldKey,
    /// Records that agree in these fields do not overlap: the employee, the price list.
    pub within: Vec<FieldKey>,
}

impl EntityDef {
    /// The field with this key.
    pub fn field(&self, key: &str) -> Option<&FieldDef> {
        self.fields.iter().find(|field| field.key.as_str() == key)
    }

    /// What people call a record with these values: the value of the title field, if there is one.
    pub fn title_of<'v>(&self, values: &'v serde_json::Map<String, serde_json::Value>) -> Option<&'v str> {
        values.get(self.title.as_ref()?.as_str())?.as_str()
    }
}
