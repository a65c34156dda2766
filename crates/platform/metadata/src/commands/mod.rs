//! One file per state change.

pub(crate) mod add_field;
pub(crate) mod apply_bundle;
pub(crate) mod archive_entity;
pub(crate) mod create_entity;
pub(crate) mod delete_entity;
pub(crate) mod plan_bundle;
pub(crate) mod plan_entity;
pub(crate) mod publish_entity;
pub(crate) mod rollback_entity;
pub(crate) mod unarchive_entity;
pub(crate) mod update_entity;
pub(crate) mod validate_definition;

use athyper_kernel_audit::AuditEvent;

use crate::model::design::Design;

/// The event of what was done to a design.
fn event(operation: &str, design: &Design) -> AuditEvent {
    AuditEvent::info(operation)
        .about("metadata.entity", design.id)
        .with("key", design.key.as_str())
        .with("version", design.version)
        .with("publishedVersion", design.published_version)
}
