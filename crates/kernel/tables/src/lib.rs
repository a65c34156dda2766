//! Tables of figures as files: CSV, XLSX and PDF.
//!
//! A [`Table`] is what a report shows, whatever it is of; [`Table::write`] makes a file of it. Nothing is lost on the way: a number
//! with more digits than spreadsheets keep becomes a text, a text that a spreadsheet would take for a formula is guarded in CSV,
//! and a character that a PDF without fonts of its own cannot show stands in it by its number.

mod csv_text;
mod form;
mod pdf;
mod pdf_text;
mod sheet;
mod sheet_text;
mod table;

pub use csv_text::{guarded, unguarded};
pub use form::TableForm;
pub use sheet::{EXACT_DIGITS, MAX_SHEET_ROWS, SheetCell, SheetWriter};
pub use sheet_text::{escape_digits, escaped};
pub use table::{Cell, Row, Table};
