//! What a command hands back: its output together with the audit event of what it did, and the write that ends it.

use athyper_kernel_audit::AuditEvent;
use sqlx::postgres::PgArguments;

/// A command that has done its work in a transaction that is still open: the event is what
/// [`TenantTx::commit`](crate::TenantTx::commit) asks for.
#[derive(Clone, Debug)]
pub struct Done<T> {
    /// What the caller gets.
    pub output: T,
    /// What the trail gets.
    pub event: AuditEvent,
}

impl<T> Done<T> {
    /// An output and its event.
    pub fn new(output: T, event: AuditEvent) -> Self {
        Self { output, event }
    }
}

/// The write that ends a change, which is made by the statement that writes the event of the change: see
/// [`TenantTx::commit_with`](crate::TenantTx::commit_with).
#[derive(Debug)]
pub struct LastWrite {
    /// Writes one row that is there.
    pub write: &'static str,
    /// Its values.
    pub values: PgArguments,
}
