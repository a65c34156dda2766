//! CSV files that imports take: a header line with known columns, then rows.

use std::collections::HashSet;

use athyper_kernel_error::FieldError;
use csv::{Reader, ReaderBuilder, StringRecord, Trim};
use serde::Deserialize;

/// Most errors that are collected from one file.
pub(crate) const MOST_ERRORS: usize = 100;

/// Longest start of a file, in bytes, in which its header and first row end.
const LONGEST_START: usize = 64 * 1024;

/// Most characters of an unknown column's name that are repeated to the caller.
const LONGEST_NAME: usize = 40;

/// The columns of a file. Their order in the file is free.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    /// Columns that must be there.
    pub(crate) required: &'static [&'static str],
    /// Columns that may be there.
    pub(crate) optional: &'static [&'static str],
}

/// A file whose header has been read and found good. Spaces around a field do not count.
pub(crate) struct CsvTable<'a> {
    file: &'a [u8],
    reader: Reader<&'a [u8]>,
    header: StringRecord,
    lines: LineCounter,
}

/// A row with the number of its line in the file, counted from 1 with the header line.
pub(crate) struct Row<'t> {
    /// Number of the line on which it begins.
    pub(crate) line: u64,
    record: StringRecord,
    header: &'t StringRecord,
}

/// The errors found in a file, at most [`MOST_ERRORS`] of them.
#[derive(Debug, Default)]
pub(crate) struct RowErrors(Vec<FieldError>);

impl<'a> CsvTable<'a> {
    /// Opens a file and checks its header.
    ///
    /// # Errors
    /// Names every column that is missing, unknown or there twice.
    pub(crate) fn open(file: &'a [u8], columns: Columns) -> Result<Self, Vec<FieldError>> {
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(file);
        let mut header = StringRecord::new();
        let mut lines = LineCounter { byte: 0, line: 1 };
        let is_there = reader.read_record(&mut header).is_ok_and(|is_there| is_there);
        let line = lines.line_of(file, header.position());
        let mut errors = RowErrors::default();
        let mut seen = HashSet::new();
        for name in &header {
            // A name that is no name must not come back at full length.
            let shown: String = name.chars().take(LONGEST_NAME).collect();
            if !columns.required.contains(&name) && !columns.optional.contains(&name) {
                let known = [columns.required, columns.optional].concat().join(", ");
                let message =
                    format!("column {shown:?} is not known here: remove it, or name it one of {known}");
                errors.push(FieldError::in_row(line, &shown, "unknown_column", message));
            } else if !seen.insert(name) {
                errors.push(FieldError::in_row(line, name, "double_column", "this column is there twice"));
            }
        }
        for name in columns.required {
            if !is_there || !seen.contains(name) {
                let message =
                    format!("column {name} is missing: the first line of the file names the columns");
                errors.push(FieldError::in_row(line, name, "missing_column", message));
            }
        }
        errors.into_result()?;
        Ok(Self { file, reader, header, lines })
    }

    /// The next row; `None` at the end of the file.
    ///
    /// # Errors
    /// When the row has not as many fields as the header.
    pub(crate) fn next_row(&mut self) -> Option<Result<Row<'_>, FieldError>> {
        let mut record = StringRecord::new();
        let read = self.reader.read_record(&mut record);
        let line = self.lines.line_of(self.file, record.position());
        match read {
            Ok(false) => None,
            Err(error) => Some(Err(FieldError::in_row(line, "", "unreadable", error.to_string()))),
            Ok(true) if record.len() != self.header.len() => {
                let (found, wanted) = (record.len(), self.header.len());
                let message = format!("this line has {found} fields, the header has {wanted}");
                Some(Err(FieldError::in_row(line, "", "field_count", message)))
            }
            Ok(true) => Some(Ok(Row { line, record, header: &self.header })),
        }
    }

    /// Whether the file is worth a job: a good header and a readable first row.
    ///
    /// # Errors
    /// Names the column or the row that is wrong.
    pub(crate) fn check_start(file: &'a [u8], columns: Columns) -> Result<(), Vec<FieldError>> {
        let start = file.get(..LONGEST_START).unwrap_or(file);
        match Self::open(start, columns)?.next_row() {
            None => Err(vec![FieldError::in_row(1, "", "no_rows", "the file has a header and no rows")]),
            Some(Err(error)) => Err(vec![error]),
            Some(Ok(_)) => Ok(()),
        }
    }
}

impl Row<'_> {
    /// The row as a struct whose fields are named like the columns. An empty field is `None`.
    ///
    /// # Errors
    /// When a field does not have the struct's form; with text fields, never.
    pub(crate) fn read<'r, T: Deserialize<'r>>(&'r self) -> Result<T, FieldError> {
        self.record
            .deserialize(Some(self.header))
            .map_err(|error| FieldError::in_row(self.line, "", "unreadable", error.to_string()))
    }
}

impl RowErrors {
    /// Adds an error, unless there are enough.
    pub(crate) fn push(&mut self, error: FieldError) {
        if !self.is_full() {
            self.0.push(error);
        }
    }

    /// Adds what is wrong, or gives what is right.
    pub(crate) fn keep<T>(&mut self, result: Result<T, FieldError>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are so many that reading on is of no use.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= MOST_ERRORS
    }

    /// The errors in the order of their rows, if there are any.
    ///
    /// # Errors
    /// The errors.
    pub(crate) fn into_result(mut self) -> Result<(), Vec<FieldError>> {
        self.0.sort_by_key(|error| error.row);
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

/// Counts lines up to a record. The reader's own count stands still between the `\r` and the `\n` of a line's end and on
/// empty lines before a record, which would name the line before.
struct LineCounter {
    byte: usize,
    line: u64,
}

impl LineCounter {
    fn line_of(&mut self, file: &[u8], position: Option<&csv::Position>) -> u64 {
        let read_from = position.map_or(file.len(), |at| usize::try_from(at.byte()).unwrap_or(file.len()));
        let ends = file.iter().skip(read_from).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let starts = read_from.saturating_add(ends).min(file.len());
        let passed = file.get(self.byte..starts).unwrap_or_default();
        self.line += passed.split(|byte| *byte == b'\n').skip(1).count() as u64;
        self.byte = starts;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns = Columns { required: &["a", "b"], optional: &["c"] };

    #[derive(Deserialize)]
    struct Fields<'r> {
        a: &'r str,
        b: Option<&'r str>,
        #[serde(default)]
        c: Option<&'r str>,
    }

    fn codes(file: &str) -> Vec<(String, String)> {
        let errors = CsvTable::check_start(file.as_bytes(), COLUMNS).unwrap_err();
        errors.into_iter().map(|error| (error.pointer, error.code)).collect()
    }

    fn pair(pointer: &str, code: &str) -> (String, String) {
        (pointer.to_owned(), code.to_owned())
    }

    #[test]
    fn columns_are_checked_by_name() {
        assert_eq!(codes("a,x\n1,2\n"), [pair("/x", "unknown_column"), pair("/b", "missing_column")]);
        assert_eq!(codes("a,b,a\n1,2,3\n"), [pair("/a", "double_column")]);
        assert_eq!(codes("a,b\n"), [pair("", "no_rows")]);
        assert_eq!(codes("a,b\n1\n"), [pair("", "field_count")]);
        assert!(CsvTable::check_start(b"b , a\n1,2\n", COLUMNS).is_ok());
    }

    #[test]
    fn rows_are_read_by_column_name_in_any_order() {
        let mut table = CsvTable::open(b"b,a\n ,\"x, y\"\n", COLUMNS).unwrap();
        let row = table.next_row().unwrap().unwrap();
        let fields: Fields<'_> = row.read().unwrap();
        assert_eq!((fields.a, fields.b, fields.c), ("x, y", None, None));
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        for (file, expected) in [
            ("a,b\n1,2\n3,4\n", vec![2, 3]),
            ("a,b\r\n1,2\r\n3,4\r\n", vec![2, 3]),
            ("\n\na,b\n\n1,2\n\n\n3,4", vec![5, 8]),
            ("a,b\n\"1\n1\",2\n3,4\n", vec![2, 4]),
            ("a,b\r\n\"1\r\n1\",2\r\n\r\n3,4\r\n", vec![2, 5]),
        ] {
            let mut table = CsvTable::open(file.as_bytes(), COLUMNS).unwrap();
            let mut lines = Vec::new();
            while let Some(row) = table.next_row() {
                lines.push(row.unwrap().line);
            }
            assert_eq!(lines, expected, "{file:?}");
        }
    }

    #[test]
    fn garbage_is_answered_in_few_words() {
        for garbage in ["x,".repeat(1_000_000), "x".repeat(10_000_000), "\"x\n".repeat(100_000)] {
            let errors = CsvTable::check_start(garbage.as_bytes(), COLUMNS).unwrap_err();
            let length: usize = errors.iter().map(|error| error.pointer.len() + error.message.len()).sum();
            assert!(
                errors.len() <= MOST_ERRORS && length < 20_000,
                "{} errors, {length} bytes",
                errors.len()
            );
        }
    }

    #[test]
    fn errors_are_bounded_and_sorted() {
        let mut errors = RowErrors::default();
        for row in (0..500).rev() {
            errors.push(FieldError::in_row(row, "", "x", "x"));
        }
        let found = errors.into_result().unwrap_err();
        assert_eq!(found.len(), MOST_ERRORS);
        assert!(found.is_sorted_by_key(|error| error.row));
        assert_eq!(RowErrors::default().into_result(), Ok(()));
    }
}
