//! The file of journals that an import takes: the lines with one `entry_no` form one journal.

use std::collections::{HashMap, HashSet};

use athyper_kernel_error::FieldError;
use athyper_kernel_types::{Currency, Text};
use chrono::NaiveDate;
use serde::Deserialize;

use super::csv_table::{Columns, CsvTable, Row, RowErrors};
use athyper_kernel_ledger::{AccountCode, Day, LINES, LineAmount, Narration, Payee, imbalances};

/// What groups the lines of a journal.
pub(crate) type EntryNo = Text<1, 64>;

/// Its columns. Without a currency a line is in the tenant's own.
pub(crate) const COLUMNS: Columns = Columns {
    required: &["entry_no", "date", "account", "debit", "credit"],
    optional: &["payee", "narration", "currency"],
};

/// A journal of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileEntry {
    /// What its lines have in common, and no other journal of the file.
    pub(crate) entry_no: EntryNo,
    /// Line in the file of the first of its lines.
    pub(crate) row: u64,
    /// Date.
    pub(crate) date: NaiveDate,
    /// Who was paid or who paid.
    pub(crate) payee: Payee,
    /// What it is about.
    pub(crate) narration: Narration,
    /// Its lines, in the order of the file.
    pub(crate) lines: Vec<FileLine>,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileLine {
    /// Line in the file.
    pub(crate) row: u64,
    /// Code of the account.
    pub(crate) account: AccountCode,
    /// What it adds to the account.
    pub(crate) amount: LineAmount,
}

#[derive(Deserialize)]
struct Fields<'r> {
    entry_no: &'r str,
    date: &'r str,
    #[serde(default)]
    payee: Option<&'r str>,
    #[serde(default)]
    narration: Option<&'r str>,
    account: &'r str,
    debit: Option<&'r str>,
    credit: Option<&'r str>,
    #[serde(default)]
    currency: Option<&'r str>,
}

/// What is being read.
#[derive(Default)]
struct Reading {
    entries: Vec<FileEntry>,
    places: HashMap<String, usize>,
    /// Entries with a bad row: what is said of them as a whole would be wrong.
    broken: HashSet<String>,
    errors: RowErrors,
}

/// Reads a file: its journals in the order in which they begin, and what is wrong with the others.
pub(crate) fn read(file: &[u8], default_currency: Option<Currency>) -> (Vec<FileEntry>, RowErrors) {
    let mut reading = Reading::default();
    match CsvTable::open(file, COLUMNS) {
        Err(found) => found.into_iter().for_each(|error| reading.errors.push(error)),
        Ok(mut table) => {
            while !reading.errors.is_full()
                && let Some(row) = table.next_row()
            {
                if let Some(row) = reading.errors.keep(row) {
                    reading.take(&row, default_currency);
                }
            }
        }
    }
    let Reading { entries, broken, mut errors, .. } = reading;
    for entry in entries.iter().filter(|entry| !broken.contains(entry.entry_no.as_str())) {
        check_entry(entry, &mut errors);
    }
    (entries, errors)
}

impl Reading {
    /// Takes a row into the journal that it belongs to.
    fn take(&mut self, row: &Row<'_>, default_currency: Option<Currency>) {
        let Some(fields) = self.errors.keep(row.read::<Fields<'_>>()) else {
            return;
        };
        let entry_no =
            EntryNo::parse(fields.entry_no).map_err(|error| wrong(row, "entry_no", "invalid_text", error));
        let Some(entry_no) = self.errors.keep(entry_no) else {
            return;
        };
        let head = read_head(row, entry_no.clone(), &fields);
        let line = read_line(row, &fields, default_currency);
        let (head, line) = (self.errors.keep(head), self.errors.keep(line));
        let (Some(head), Some(line)) = (head, line) else {
            self.broken.insert(entry_no.as_str().to_owned());
            return;
        };
        let place = *self.places.entry(entry_no.as_str().to_owned()).or_insert(self.entries.len());
        match self.entries.get_mut(place) {
            None => self.entries.push(FileEntry { lines: vec![line], ..head }),
            Some(entry) => match differing_column(entry, &head) {
                None => entry.lines.push(line),
                Some(column) => {
                    let message = format!(
                        "entry {} has another {column} in line {}: all its lines must have the same",
                        entry_no.as_str(),
                        entry.row
                    );
                    self.errors.push(FieldError::in_row(row.line, column, "differs_within_entry", message));
                    self.broken.insert(entry_no.as_str().to_owned());
                }
            },
        }
    }
}

/// What a row says of its journal.
fn read_head(row: &Row<'_>, entry_no: EntryNo, fields: &Fields<'_>) -> Result<FileEntry, FieldError> {
    let date: Day = fields.date.parse().map_err(|error| wrong(row, "date", "invalid_date", error))?;
    let payee = Payee::parse(fields.payee.unwrap_or_default());
    let narration = Narration::parse(fields.narration.unwrap_or_default());
    Ok(FileEntry {
        entry_no,
        row: row.line,
        date: date.date(),
        payee: payee.map_err(|error| wrong(row, "payee", "invalid_text", error))?,
        narration: narration.map_err(|error| wrong(row, "narration", "invalid_text", error))?,
        lines: Vec::new(),
    })
}

/// What a row says of its line.
fn read_line(
    row: &Row<'_>,
    fields: &Fields<'_>,
    default_currency: Option<Currency>,
) -> Result<FileLine, FieldError> {
    let account =
        fields.account.parse().map_err(|error| wrong(row, "account", "invalid_account_code", error))?;
    let currency = match fields.currency {
        Some(code) => {
            Currency::parse(code).map_err(|error| wrong(row, "currency", "invalid_currency", error))?
        }
        None => default_currency
            .ok_or_else(|| wrong(row, "currency", "required", "there is no default currency: name one"))?,
    };
    let amount = LineAmount::parse(fields.debit, fields.credit, currency)
        .map_err(|error| wrong(row, error.field(), error.code(), &error))?;
    Ok(FileLine { row: row.line, account, amount })
}

fn wrong(row: &Row<'_>, column: &str, code: &str, message: impl ToString) -> FieldError {
    FieldError::in_row(row.line, column, code, message.to_string())
}

/// The column in which a row says something else of its journal than the journal's first row.
fn differing_column(entry: &FileEntry, head: &FileEntry) -> Option<&'static str> {
    [
        ("date", entry.date == head.date),
        ("payee", entry.payee == head.payee),
        ("narration", entry.narration == head.narration),
    ]
    .into_iter()
    .find_map(|(column, is_same)| (!is_same).then_some(column))
}

/// What is wrong with a journal as a whole, at its first row.
fn check_entry(entry: &FileEntry, errors: &mut RowErrors) {
    let (number, count) = (entry.entry_no.as_str(), entry.lines.len());
    if !LINES.contains(&count) {
        let message =
            format!("entry {number} has {count} lines, a journal has {} to {}", LINES.start(), LINES.end());
        errors.push(FieldError::in_row(entry.row, "entry_no", "line_count", message));
        return;
    }
    for imbalance in imbalances(entry.lines.iter().map(|line| line.amount)) {
        let message = format!("entry {number} does not balance: {imbalance}");
        errors.push(FieldError::in_row(entry.row, "entry_no", "unbalanced", message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "entry_no,date,payee,narration,account,debit,credit,currency\n";

    fn read_rows(rows: &str) -> (Vec<FileEntry>, Vec<(u64, String, String)>) {
        let (entries, errors) = read(format!("{HEADER}{rows}").as_bytes(), Currency::parse("USD").ok());
        let errors = errors.into_result().err().unwrap_or_default();
        let errors = errors.into_iter().map(|error| (error.row.unwrap(), error.pointer, error.code));
        (entries, errors.collect())
    }

    fn one_error(rows: &str) -> (u64, String, String) {
        let (_, errors) = read_rows(rows);
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.into_iter().next().unwrap()
    }

    fn error(row: u64, column: &str, code: &str) -> (u64, String, String) {
        let pointer = if column.is_empty() { String::new() } else { format!("/{column}") };
        (row, pointer, code.to_owned())
    }

    #[test]
    fn lines_of_an_entry_need_not_stand_together() {
        let (entries, errors) = read_rows(
            "1,2024-01-01,P,N,A,1.00,,\n2,2024-01-02,,,A,2.00,,EUR\n1,2024-01-01,P,N,B,,1.00,USD\n2,2024-01-02,,,B,,2.00,EUR\n",
        );
        assert_eq!(errors, []);
        let found: Vec<_> =
            entries.iter().map(|entry| (entry.entry_no.as_str(), entry.row, entry.lines.len())).collect();
        assert_eq!(found, [("1", 2, 2), ("2", 3, 2)]);
    }

    #[test]
    fn a_bad_field_is_named_by_row_and_column() {
        let good = "1,2024-01-01,,,A,1.00,,\n";
        for (row, expected) in [
            ("1,2024-02-30,,,B,,1.00,\n", error(3, "date", "invalid_date")),
            ("1,2024-01-01,,,B::C,,1.00,\n", error(3, "account", "invalid_account_code")),
            ("1,2024-01-01,,,B,,1.001,\n", error(3, "credit", "invalid_amount")),
            ("1,2024-01-01,,,B,,,\n", error(3, "debit", "one_side")),
            ("1,2024-01-01,,,B,,1.00,XYZ\n", error(3, "currency", "invalid_currency")),
            ("1,2024-01-01,a\0b,,B,,1.00,\n", error(3, "payee", "invalid_text")),
            (",2024-01-01,,,B,,1.00,\n1,2024-01-01,,,B,,1.00,\n", error(3, "entry_no", "invalid_text")),
            ("1,2024-01-01,other,,B,,1.00,\n", error(3, "payee", "differs_within_entry")),
            ("1,2024-01-01\n1,2024-01-01,,,B,,1.00,\n", error(3, "", "field_count")),
        ] {
            assert_eq!(one_error(&format!("{good}{row}")), expected, "{row:?}");
        }
    }

    #[test]
    fn a_journal_as_a_whole_is_judged_at_its_first_row() {
        assert_eq!(one_error("1,2024-01-01,,,A,1.00,,\n"), error(2, "entry_no", "line_count"));
        let rows = "1,2024-01-01,,,A,1.00,,\n1,2024-01-01,,,B,,0.99,\n";
        assert_eq!(one_error(rows), error(2, "entry_no", "unbalanced"));
    }

    #[test]
    fn without_any_currency_a_line_needs_one() {
        let (_, errors) = read(format!("{HEADER}1,2024-01-01,,,A,1.00,,\n").as_bytes(), None);
        assert_eq!(errors.into_result().unwrap_err()[0].pointer, "/currency");
    }
}
