//! What a command hands back: its output together with the audit event of what it did.

use athyper_kernel_audit::AuditEvent;

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
