//! A statement as a table, for files.

use athyper_kernel_tables::{Cell, Row, Table};

use super::layout::RowKind;
use super::reconciliation::CheckBody;
use super::statement::{AccountBody, Statement};

/// The table of a statement: its rows, the accounts below each, what is in no row, and how it agrees with the ledger.
pub(crate) fn table(statement: &Statement) -> Table {
    let mut columns = vec!["Row".to_owned(), "Account".to_owned()];
    columns.extend(statement.columns.iter().map(|column| column.label.clone()));
    let mut rows = Vec::new();
    for row in &statement.rows {
        let is_strong = matches!(row.kind, RowKind::Heading | RowKind::Sum);
        rows.push(line(&row.label, "", &row.amounts, (row.level, is_strong), columns.len()));
        rows.extend(row.accounts.iter().map(|account| of_account(account, row.level, columns.len())));
    }
    if !statement.unassigned.is_empty() {
        rows.push(line("In no row of the layout", "", &[], (0, true), columns.len()));
        rows.extend(statement.unassigned.iter().map(|account| of_account(account, 0, columns.len())));
    }
    let mut notes: Vec<String> = statement
        .ambiguous
        .iter()
        .map(|found| {
            format!("{} is in the rows {}, and counts in the first", found.account, found.rows.join(", "))
        })
        .collect();
    notes.extend(
        statement
            .columns
            .iter()
            .zip(&statement.reconciliation)
            .flat_map(|(column, checks)| said(&column.label, checks)),
    );
    let mut subtitle =
        vec![heading(&statement.entity_name, &statement.entity, &statement.currency.to_string())];
    subtitle.extend(statement.dimension.as_ref().map(|dimension| format!("Only lines about {dimension}")));
    subtitle.push(format!("Layout: {}", statement.layout.name));
    Table { title: statement.kind.title().to_owned(), subtitle, columns, text_columns: 2, rows, notes }
}

/// Whose books, and in which currency.
pub(crate) fn heading(name: &str, code: &str, currency: &str) -> String {
    format!("{name} ({code}), amounts in {currency}")
}

/// Checks in words.
pub(crate) fn said(column: &str, checks: &[CheckBody]) -> Vec<String> {
    let word = |check: &CheckBody| if check.holds { "agrees" } else { "DOES NOT AGREE" };
    checks
        .iter()
        .map(|check| {
            format!(
                "{column}: {}: {}; {} and {}, difference {}",
                word(check),
                check.says,
                check.found,
                check.expected,
                check.difference
            )
        })
        .collect()
}

fn of_account(account: &AccountBody, level: u8, columns: usize) -> Row {
    line(&account.name, &account.account, &account.amounts, (level.saturating_add(1), false), columns)
}

fn line(
    label: &str,
    account: &str,
    amounts: &[String],
    (level, is_strong): (u8, bool),
    columns: usize,
) -> Row {
    let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) };
    let mut cells = vec![text(label), text(account)];
    cells.extend(amounts.iter().map(|amount| number(amount)));
    cells.resize(columns, Cell::Empty);
    Row { level, is_strong, cells }
}

/// The cell of an amount.
pub(crate) fn number(amount: &str) -> Cell {
    amount.parse().map_or_else(|_| Cell::Text(amount.to_owned()), Cell::Number)
}
