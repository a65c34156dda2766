//! The file of accounts that an import takes: `account,type,opened`.

use chrono::NaiveDate;
use serde::Deserialize;

use athyper_kernel_error::FieldError;

use super::csv_table::{Columns, CsvTable, RowErrors};
use athyper_kernel_ledger::{AccountCode, AccountType, Day};

/// Its columns.
pub(crate) const COLUMNS: Columns = Columns { required: &["account", "type"], optional: &["opened"] };

/// A row of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileAccount {
    /// Line in the file.
    pub(crate) row: u64,
    /// Code.
    pub(crate) code: AccountCode,
    /// Type.
    pub(crate) kind: AccountType,
    /// Since when it exists.
    pub(crate) opened_on: Option<NaiveDate>,
}

#[derive(Deserialize)]
struct Fields<'r> {
    account: &'r str,
    #[serde(rename = "type")]
    kind: &'r str,
    #[serde(default)]
    opened: Option<&'r str>,
}

/// Reads a file: its good rows, and what is wrong with the others.
pub(crate) fn read(file: &[u8]) -> (Vec<FileAccount>, RowErrors) {
    let (mut accounts, mut errors) = (Vec::new(), RowErrors::default());
    match CsvTable::open(file, COLUMNS) {
        Err(found) => found.into_iter().for_each(|error| errors.push(error)),
        Ok(mut table) => {
            while !errors.is_full()
                && let Some(row) = table.next_row()
            {
                let account = row.and_then(|row| read_row(row.line, &row.read()?));
                accounts.extend(errors.keep(account));
            }
        }
    }
    (accounts, errors)
}

fn read_row(row: u64, fields: &Fields<'_>) -> Result<FileAccount, FieldError> {
    let code = fields
        .account
        .parse::<AccountCode>()
        .map_err(|error| FieldError::in_row(row, "account", "invalid_account_code", error.to_string()))?;
    let kind = AccountType::parse(fields.kind).ok_or_else(|| {
        let message = "write asset, liability, equity, income or expense";
        FieldError::in_row(row, "type", "invalid_type", message)
    })?;
    let opened = fields.opened.map(str::parse::<Day>).transpose();
    let opened =
        opened.map_err(|error| FieldError::in_row(row, "opened", "invalid_date", error.to_string()))?;
    Ok(FileAccount { row, code, kind, opened_on: opened.map(Day::date) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_columns_is_free() {
        let (accounts, errors) = read(b"type,account\nasset,Assets:Cash\n");
        assert_eq!(errors.into_result(), Ok(()));
        assert_eq!(accounts[0].code.as_str(), "Assets:Cash");
        assert_eq!((accounts[0].kind, accounts[0].opened_on, accounts[0].row), (AccountType::Asset, None, 2));
    }

    #[test]
    fn every_bad_row_is_named_with_its_column() {
        let file =
            "account,type,opened\nA,asset,2024-01-01\n:,asset,\nB,money,\nC,asset,2024-13-01\nD\0,asset,\n";
        let (accounts, errors) = read(file.as_bytes());
        assert_eq!(accounts.len(), 1);
        let found: Vec<_> = errors.into_result().unwrap_err();
        let places: Vec<_> = found.iter().map(|error| (error.row.unwrap(), &*error.pointer)).collect();
        assert_eq!(places, [(3, "/account"), (4, "/type"), (5, "/opened"), (6, "/account")]);
    }
}
