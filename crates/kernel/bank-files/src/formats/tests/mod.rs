//! The readers of statements.

mod broken;
mod camt053;
mod csv;
mod mt940;
mod ofx;
mod round_trip;

use super::{FormatError, Hints, read};
use crate::statement::Statement;

/// Reads a file whose format shows.
fn read_all(file: &str) -> Result<Vec<Statement>, FormatError> {
    read(file.as_bytes(), &Hints::default()).map(|(_, statements)| statements)
}

/// Reads a file with one statement.
fn read_one(file: &str) -> Statement {
    let mut statements = read_all(file).unwrap();
    assert_eq!(statements.len(), 1);
    statements.pop().unwrap()
}

/// The amounts of the lines.
fn amounts(statement: &Statement) -> Vec<String> {
    statement.lines.iter().map(|line| line.amount.to_string()).collect()
}
