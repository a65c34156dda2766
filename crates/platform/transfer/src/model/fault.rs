//! What is wrong with a row of a file.

use athyper_kernel_error::FieldError;
use athyper_kernel_jobs::RowError;

/// Most characters of a name that came in a file and is shown.
const MAX_NAME: usize = 100;
/// Most characters of a message.
const MAX_MESSAGE: usize = 1_000;

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Line of the file, or row of the sheet, counted from 1 with the header.
    pub(crate) row: u64,
    /// Column of the file; none where the row as a whole is wrong.
    pub(crate) column: Option<String>,
    /// Field of the entity, where the column stands for one.
    pub(crate) field: Option<String>,
    /// Stable code.
    pub(crate) code: String,
    /// What is wrong and how to mend it.
    pub(crate) message: String,
}

impl Fault {
    /// A fault of a row as a whole.
    pub(crate) fn of_row(row: u64, code: &str, message: impl AsRef<str>) -> Self {
        Self {
            row,
            column: None,
            field: None,
            code: code.to_owned(),
            message: shown(message.as_ref(), MAX_MESSAGE),
        }
    }

    /// A fault in a column.
    pub(crate) fn in_column(row: u64, column: &str, code: &str, message: impl AsRef<str>) -> Self {
        Self { column: Some(name(column)), ..Self::of_row(row, code, message) }
    }

    /// The same, of this field.
    #[must_use]
    pub(crate) fn of_field(mut self, field: &str) -> Self {
        self.field = Some(name(field));
        self
    }
}

impl From<Fault> for RowError {
    fn from(fault: Fault) -> Self {
        Self { row: Some(fault.row), column: fault.column, code: fault.code, message: fault.message }
    }
}

impl From<Fault> for FieldError {
    fn from(fault: Fault) -> Self {
        Self::in_row(fault.row, fault.column.as_deref().unwrap_or_default(), fault.code, fault.message)
    }
}

/// A name that came in a file, as it can be shown and stored.
pub(crate) fn name(text: &str) -> String {
    shown(text, MAX_NAME)
}

/// A text that may have been written by anybody: no control characters, which no log, terminal or database has use for, and no
/// more of it than helps.
fn shown(text: &str, most: usize) -> String {
    let mut shown: String = text
        .chars()
        .take(most)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}
