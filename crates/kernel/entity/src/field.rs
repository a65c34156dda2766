//! A field of an entity.

use serde::{Deserialize, Serialize};

use crate::{FieldKey, FieldType, Label};

/// A field, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something of its own, and any of them goes with any other"
)]
pub struct FieldDef {
    /// Its key; it stays when the label changes.
    pub key: FieldKey,
    /// What people read.
    pub label: Label,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// What it means, for whoever fills it in.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub help: Label,
    /// Whether a record must have a value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Whether no two records may have the same value.
    #[serde(default, skip_serializing_if = "UniqueField::is_no")]
    pub unique: UniqueField,
    /// Whether filters and sorts by it are fast however many records there are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub indexed: bool,
    /// Whether the full-text search looks into it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub searchable: bool,
    /// Whether it is left out of what is shown: records, lists, forms and their schema. Expressions see it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// The value of a new record that is given none (CEL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What its value must fulfil (CEL over the record's fields; `value` is the field's own).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<FieldRule>,
    /// When its value cannot be changed (CEL; `true` for always).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only_when: Option<String>,
    /// When it must have a value (CEL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_when: Option<String>,
    /// What it tells of a person.
    #[serde(default, skip_serializing_if = "PersonalData::is_none")]
    pub personal_data: PersonalData,
}

/// Whether values of a field may come twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "unique is true, false, or an object such as {\"within\": [\"site\"]}")]
pub enum UniqueField {
    /// Yes or no, among all records of the entity.
    Everywhere(bool),
    /// Not among records that agree in these fields.
    Within {
        /// The fields to agree in.
        within: Vec<FieldKey>,
    },
    /// They may.
    #[default]
    #[serde(skip)]
    No,
}

impl UniqueField {
    /// Whether values may come twice.
    pub fn is_no(&self) -> bool {
        matches!(self, Self::No | Self::Everywhere(false))
    }

    /// The fields within which a value comes once; none when values may come twice.
    pub fn scope(&self) -> Option<&[FieldKey]> {
        match self {
            Self::Everywhere(true) => Some(&[]),
            Self::Within { within } => Some(within),
            Self::Everywhere(false) | Self::No => None,
        }
    }
}

/// A rule on a field's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldRule {
    /// What must hold (CEL).
    pub must: String,
    /// What people read when it does not.
    pub message: Label,
}

/// What a field tells of a person (the distinctions of Regulation (EU) 2016/679, articles 4 and 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalData {
    /// Nothing.
    #[default]
    None,
    /// Something of an identifiable person.
    Personal,
    /// Something that is specially protected, such as health.
    Special,
}

impl PersonalData {
    /// Whether it tells nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}
