//! What happened, who did it, and where it is written down.
//!
//! An [`AuditEvent`] of a business change is written by the transaction that makes the change (`tx.commit(event)` in
//! `athyper-kernel-db`), so one cannot exist without the other. Events outside a transaction (start, sign-in refused)
//! go through an [`AuditWriter`]. Before an event is written anywhere, [`redact`] takes secrets out of it, by the name
//! of the field and by the shape of the value.
//!
//! What an event says about people ([`AuditEvent::with_personal`]) is kept apart from it and can be erased; the event holds
//! the [`personal_digest`] of each such value.

mod changes;
mod event;
mod personal;
mod redact;
mod writer;

pub use changes::changes;
pub use event::{AuditEvent, CLIENT_ADDRESS, Class, Level, Personal};
pub use personal::{SALT_BYTES, personal_digest};
pub use redact::{redact, redact_value};
pub use writer::{AuditWriter, ConsoleWriter, MemoryWriter, NoopWriter, WriteError};
