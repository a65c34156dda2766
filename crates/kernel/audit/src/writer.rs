//! Writers of events that belong to no transaction.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use athyper_kernel_tenant_context::Actor;

use crate::{AuditEvent, redact};

/// Why an event could not be written.
pub type WriteError = Box<dyn Error + Send + Sync>;

/// Where events go that belong to no business transaction. `athyper-kernel-db` has the writer to the database.
#[async_trait]
pub trait AuditWriter: Send + Sync {
    /// Writes one event; `actor` is who did it unless the event names another.
    ///
    /// # Errors
    /// When the event cannot be stored; the caller decides whether the work may go on without it.
    async fn write(&self, actor: &Actor, event: AuditEvent) -> Result<(), WriteError>;
}

/// Writes events to the log; for a developer's machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConsoleWriter;

#[async_trait]
impl AuditWriter for ConsoleWriter {
    async fn write(&self, actor: &Actor, event: AuditEvent) -> Result<(), WriteError> {
        let event = redact(event);
        let meta = serde_json::to_string(&event.meta)?;
        tracing::info!(target: "athyper::audit", audit_type = event.kind, actor = actor.id, meta, "audit");
        Ok(())
    }
}

/// Writes nothing; for tests that are about something else.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopWriter;

#[async_trait]
impl AuditWriter for NoopWriter {
    async fn write(&self, _actor: &Actor, _event: AuditEvent) -> Result<(), WriteError> {
        Ok(())
    }
}

/// Keeps events in memory; for tests that look at them.
#[derive(Clone, Debug, Default)]
pub struct MemoryWriter(Arc<Mutex<Vec<AuditEvent>>>);

impl MemoryWriter {
    /// The events written so far, oldest first.
    pub fn events(&self) -> Vec<AuditEvent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl AuditWriter for MemoryWriter {
    async fn write(&self, _actor: &Actor, event: AuditEvent) -> Result<(), WriteError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(redact(event));
        Ok(())
    }
}
