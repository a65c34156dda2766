//! One file per state change.

pub(crate) mod bulk_records;
pub(crate) mod create_record;
pub(crate) mod delete_record;
pub(crate) mod purge_record;
pub(crate) mod restore_record;
pub(crate) mod revert_record;
pub(crate) mod transition_record;
pub(crate) mod update_record;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_record_model::{Entity, Record};

/// The event of what was done to a record. Values are not in it: they are in the record's history, which an erasure reaches.
fn event(operation: &str, entity: &Entity, record: &Record) -> AuditEvent {
    AuditEvent::info(operation)
        .about(entity.def.key.as_str(), record.id)
        .with("entity", entity.def.key.as_str())
        .with("entityVersion", entity.version)
        .with("version", record.version)
}
