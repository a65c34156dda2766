//! A table of figures, and the files that it becomes.

use std::error::Error;

use rust_decimal::Decimal;

use crate::sheet::{EXACT_DIGITS, SheetCell, SheetWriter};
use crate::{TableForm, guarded, pdf};

/// What a report shows.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What it is; the name of the sheet, so letters and spaces.
    pub title: String,
    /// Of what, when, and in which currency, a line each.
    pub subtitle: Vec<String>,
    /// The heads of the columns.
    pub columns: Vec<String>,
    /// How many of the first columns are texts; the others hold numbers.
    pub text_columns: usize,
    /// The rows.
    pub rows: Vec<Row>,
    /// What has to be known besides, a line each.
    pub notes: Vec<String>,
}

/// A row.
#[derive(Clone, Debug)]
pub struct Row {
    /// How far its first cell is moved in.
    pub level: u8,
    /// Whether it is a heading or a sum.
    pub is_strong: bool,
    /// The cells, as many as there are columns.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A number, with its decimals.
    Number(Decimal),
}

/// Why a table was not written.
type WriteError = Box<dyn Error + Send + Sync>;

impl Table {
    /// The file of the table in a form. CSV has the header line, the rows, and the notes in the first column; the other forms have
    /// the title as well.
    ///
    /// # Errors
    /// When there are more rows than a sheet can have.
    pub fn write(&self, form: TableForm) -> Result<Vec<u8>, WriteError> {
        match form {
            TableForm::Csv => self.csv(),
            TableForm::Xlsx => self.xlsx(),
            TableForm::Pdf => Ok(pdf::write(self)),
        }
    }

    fn csv(&self) -> Result<Vec<u8>, WriteError> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(self.columns.iter().cloned().map(guarded))?;
        for row in &self.rows {
            writer.write_record(row.cells.iter().map(|cell| match cell {
                Cell::Empty => String::new(),
                Cell::Text(text) => guarded(text.clone()),
                Cell::Number(number) => number.to_string(),
            }))?;
        }
        for note in &self.notes {
            // Every line has as many fields (RFC 4180, section 2).
            let rest = self.columns.iter().skip(1).map(|_| String::new());
            writer.write_record(std::iter::once(guarded(note.clone())).chain(rest))?;
        }
        Ok(writer.into_inner().map_err(|error| error.to_string())?)
    }

    fn xlsx(&self) -> Result<Vec<u8>, WriteError> {
        let mut sheet = SheetWriter::begin(&self.title)?;
        let text = |text: &String| SheetCell::Text(text.clone());
        for line in std::iter::once(&self.title).chain(&self.subtitle) {
            sheet.row(&[text(line)])?;
        }
        sheet.row(&self.columns.iter().map(text).collect::<Vec<_>>())?;
        for row in &self.rows {
            let indent = "  ".repeat(row.level.into());
            let cells = row.cells.iter().enumerate().map(|(at, cell)| match cell {
                Cell::Empty => SheetCell::Empty,
                Cell::Text(text) if at == 0 => SheetCell::Text(format!("{indent}{text}")),
                Cell::Text(text) => SheetCell::Text(text.clone()),
                Cell::Number(number) => sheet_number(*number),
            });
            sheet.row(&cells.collect::<Vec<_>>())?;
        }
        for note in &self.notes {
            sheet.row(&[text(note)])?;
        }
        Ok(sheet.finish()?)
    }
}

fn sheet_number(number: Decimal) -> SheetCell {
    let text = number.to_string();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits <= EXACT_DIGITS { SheetCell::Number(text) } else { SheetCell::Text(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_the_same_in_csv() {
        let table = Table {
            title: "Balance sheet".to_owned(),
            columns: vec!["Row".to_owned(), "2025".to_owned()],
            text_columns: 1,
            rows: vec![
                Row {
                    level: 0,
                    is_strong: true,
                    cells: vec![Cell::Text("=Assets, \"all\"".to_owned()), Cell::Empty],
                },
                Row {
                    level: 1,
                    is_strong: false,
                    cells: vec![Cell::Text("Bank".to_owned()), Cell::Number(Decimal::new(-1_250, 2))],
                },
            ],
            notes: vec!["It reconciles".to_owned()],
            ..Table::default()
        };
        let csv = String::from_utf8(table.write(TableForm::Csv).unwrap()).unwrap();
        assert_eq!(csv, "Row,2025\r\n\"'=Assets, \"\"all\"\"\",\r\nBank,-12.50\r\nIt reconciles,\r\n");
        assert!(table.write(TableForm::Xlsx).unwrap().starts_with(b"PK"));
    }

    #[test]
    fn a_number_of_too_many_digits_is_a_text_in_a_sheet() {
        assert!(matches!(sheet_number(Decimal::new(123_456_789_012_345, 2)), SheetCell::Number(_)));
        assert!(matches!(sheet_number(Decimal::new(1_234_567_890_123_456, 2)), SheetCell::Text(_)));
    }
}
