//! One file per state change.

pub(crate) mod archive_model;
pub(crate) mod create_model;
pub(crate) mod delete_model;
pub(crate) mod evaluate;
pub(crate) mod evaluate_batch;
pub(crate) mod import_model;
pub(crate) mod publish_model;
pub(crate) mod test_model;
pub(crate) mod unarchive_model;
pub(crate) mod update_model;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;

use crate::model::record::Model;

/// The event of what was done to a model.
fn event(operation: &str, model: &Model) -> AuditEvent {
    AuditEvent::info(operation)
        .about("decisions.model", model.id)
        .with("key", model.key.as_str())
        .with("version", model.version)
        .with("publishedVersion", model.published_version)
}

/// A model that is changed now.
fn touch(tx: &TenantTx, model: Model) -> Model {
    let version = model.version + 1;
    Model { version, updated_at: tx.now(), updated_by: tx.context().actor().id.clone(), ..model }
}
