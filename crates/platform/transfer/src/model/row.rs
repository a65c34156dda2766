//! A row as it stands in a file.

use serde_json::{Map, Value};

/// Most bytes of a row.
pub(crate) const MAX_ROW_BYTES: usize = 4 << 20;
/// Most bytes of a field.
pub(crate) const MAX_FIELD_BYTES: usize = 1 << 20;
/// Most columns.
pub(crate) const MAX_COLUMNS: usize = 2_000;

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Line of the file on which it begins, or row of the sheet; counted from 1 with the header.
    pub(crate) number: u64,
    /// Where the next row is looked for.
    pub(crate) next: Place,
    /// How many bytes it takes in the file, about.
    pub(crate) size: usize,
    /// What it says.
    pub(crate) content: Result<Cells, Unreadable>,
}

/// A place between two rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Bytes before it; of a workbook, which is not read by bytes, the rows.
    pub(crate) offset: u64,
    /// Line ends before it.
    pub(crate) lines: u64,
}

/// What a row says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cells {
    /// Texts in the order of the header's columns.
    Texts(Vec<String>),
    /// Members of an object.
    Members(Map<String, Value>),
}

/// Why a row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Place of the column, counted from 0, where one is to blame.
    pub(crate) column: Option<usize>,
    /// Stable code.
    pub(crate) code: &'static str,
    /// What is wrong.
    pub(crate) message: String,
}

impl Unreadable {
    /// A row that cannot be read.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { column: None, code, message: message.into() }
    }

    /// The column is to blame.
    #[must_use]
    pub(crate) fn at(mut self, column: usize) -> Self {
        self.column = Some(column);
        self
    }

    /// A row that is too long.
    pub(crate) fn too_long() -> Self {
        Self::new("row_too_long", format!("at most {MAX_ROW_BYTES} bytes of a row are taken"))
    }

    /// A field that is too long.
    pub(crate) fn field_too_long(column: usize) -> Self {
        Self::new("too_long", format!("at most {MAX_FIELD_BYTES} bytes of a field are taken")).at(column)
    }

    /// More columns than there can be.
    pub(crate) fn too_many_columns() -> Self {
        Self::new("too_many_columns", format!("at most {MAX_COLUMNS} columns are taken"))
    }
}
