//! What a file is taken for: its form, and what is done with its rows.

use std::collections::BTreeMap;

use athyper_kernel_http::RecordsForm;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = transfer::Format)]
pub(crate) enum Format {
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
    /// One JSON object in each line.
    Jsonl,
    /// The first sheet of a workbook (ECMA-376).
    Xlsx,
}

impl Format {
    /// The form that is sent for it.
    pub(crate) fn form(self) -> RecordsForm {
        match self {
            Self::Csv => RecordsForm::Csv,
            Self::Jsonl => RecordsForm::JsonLines,
            Self::Xlsx => RecordsForm::Workbook,
        }
    }

    /// Its word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Xlsx => "xlsx",
        }
    }

    /// The format of this word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Csv, Self::Jsonl, Self::Xlsx].into_iter().find(|format| format.as_str() == word)
    }
}

/// What is done with a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = transfer::Mode)]
pub(crate) enum Mode {
    /// It makes a record.
    #[default]
    Create,
    /// It changes the record that it names.
    Update,
    /// It changes the record that it names, or makes it where there is none.
    Upsert,
}

/// What an empty cell means for a record that is there. A null of JSON takes a value away in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = transfer::Empty)]
pub(crate) enum Empty {
    /// The value stays as it is.
    #[default]
    Keep,
    /// The value is taken away.
    Clear,
}

/// How a file is imported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = transfer::Options)]
pub(crate) struct Options {
    /// What is done with a row.
    pub(crate) mode: Mode,
    /// How a row names its record: `id`, or a field whose values come once.
    #[serde(default)]
    pub(crate) by: Option<String>,
    /// Whether everything is checked and nothing written.
    #[serde(default)]
    pub(crate) dry_run: bool,
    /// Whether nothing is kept as soon as one row fails.
    #[serde(default)]
    pub(crate) atomic: bool,
    /// What an empty cell means for a record that is there.
    #[serde(default)]
    pub(crate) empty: Empty,
    /// What columns stand for, where that is not the field of their name; null for nothing.
    #[serde(default)]
    pub(crate) mapping: BTreeMap<String, Option<String>>,
    /// Values that every row has beside its own.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) constants: Map<String, Value>,
}
