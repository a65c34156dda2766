//! Parts of a transaction that can be undone by themselves.

use athyper_kernel_db::{DbError, TenantTx};

/// A part of a bulk request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Everything,
    /// One operation.
    Operation,
}

/// Begins a part.
pub(crate) async fn begin(tx: &mut TenantTx, part: Part) -> Result<(), DbError> {
    let statement = match part {
        Part::Everything => "savepoint everything",
        Part::Operation => "savepoint operation",
    };
    sqlx::query(statement).execute(tx.conn()).await?;
    Ok(())
}

/// Keeps what was done since the part began.
pub(crate) async fn keep(tx: &mut TenantTx, part: Part) -> Result<(), DbError> {
    let statement = match part {
        Part::Everything => "release savepoint everything",
        Part::Operation => "release savepoint operation",
    };
    sqlx::query(statement).execute(tx.conn()).await?;
    Ok(())
}

/// Undoes what was done since the part began.
pub(crate) async fn undo(tx: &mut TenantTx, part: Part) -> Result<(), DbError> {
    let statement = match part {
        Part::Everything => "rollback to savepoint everything",
        Part::Operation => "rollback to savepoint operation",
    };
    sqlx::query(statement).execute(tx.conn()).await?;
    Ok(())
}
