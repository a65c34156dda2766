//! The formats in which banks say what they have booked: each reader gives [`Statement`]s that add up, or says at which line
//! and field the file is wrong.

mod amount;
mod camt053;
mod camt_details;
mod csv;
mod mt940;
mod mt940_details;
mod ofx;
mod ofx_sgml;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod xml;

use athyper_kernel_types::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::statement::{MOST_LINES, Statement};

pub use self::csv::{CsvColumns, CsvMapping};

/// Largest file, in bytes.
const MOST_BYTES: usize = 32 << 20;

/// A format of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = banking::Format)]
pub enum Format {
    /// Comma-separated values, by the mapping of the account.
    Csv,
    /// Open Financial Exchange, 1.x (SGML) and 2.x (XML).
    Ofx,
    /// SWIFT MT940.
    Mt940,
    /// ISO 20022 camt.053.
    Camt053,
}

impl Format {
    /// The word for it, also in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ofx => "ofx",
            Self::Mt940 => "mt940",
            Self::Camt053 => "camt053",
        }
    }

    /// What a file looks like: each format but CSV has a mark.
    fn of(text: &str) -> Self {
        let start: String = text.chars().take(4096).collect();
        let trimmed = start.trim_start();
        if start.contains("OFXHEADER") || trimmed.starts_with("<OFX>") {
            Self::Ofx
        } else if trimmed.starts_with('<') {
            Self::Camt053
        } else if trimmed.starts_with("{1:") || start.contains(":20:") && start.contains(":25") {
            Self::Mt940
        } else {
            Self::Csv
        }
    }
}

/// Why a file is not taken: where it is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place(*row, field))]
pub struct FormatError {
    /// The line of the file, from 1, where it is known.
    pub row: Option<u64>,
    /// The field, column, tag or element.
    pub field: String,
    /// What is wrong, in words.
    pub message: String,
}

fn place(row: Option<u64>, field: &str) -> String {
    match (row, field) {
        (Some(row), "") => format!("line {row}: "),
        (Some(row), field) => format!("line {row}, {field}: "),
        (None, "") => String::new(),
        (None, field) => format!("{field}: "),
    }
}

impl FormatError {
    /// An error of a field, wherever it is.
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        Self { row: None, field: field.to_owned(), message: message.into() }
    }

    /// The same, on this line of the file.
    pub fn at(mut self, row: u64) -> Self {
        self.row.get_or_insert(row);
        self
    }
}

/// What is known of a file beside its bytes.
#[derive(Clone, Debug, Default)]
pub struct Hints<'a> {
    /// The format; found out where it is not said.
    pub format: Option<Format>,
    /// How the columns of a CSV file are read.
    pub csv: Option<&'a CsvMapping>,
    /// Currency of the account, for formats that do not say it.
    pub currency: Option<Currency>,
}

/// Reads a file. Every statement has been held against its balances.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(file: &[u8], hints: &Hints<'_>) -> Result<(Format, Vec<Statement>), FormatError> {
    if file.len() > MOST_BYTES {
        return Err(FormatError::new("", format!("the file has more than {MOST_BYTES} bytes")));
    }
    let text = text::decode(file);
    let format = hints.format.unwrap_or_else(|| Format::of(&text));
    let statements = match format {
        Format::Csv => vec![csv::read(&text, hints)?],
        Format::Ofx => ofx::read(&text)?,
        Format::Mt940 => mt940::read(&text)?,
        Format::Camt053 => camt053::read(&text)?,
    };
    let lines: usize = statements.iter().map(|statement| statement.lines.len()).sum();
    if lines > MOST_LINES {
        return Err(FormatError::new(
            "",
            format!("the file has more than {MOST_LINES} lines: send it in parts"),
        ));
    }
    if statements.is_empty() {
        return Err(FormatError::new("", "there is no statement in the file"));
    }
    for statement in &statements {
        let name = statement.reference.as_deref().unwrap_or_default();
        statement.check_adds_up().map_err(|error| FormatError::new(name, error.to_string()))?;
    }
    Ok((format, statements))
}
