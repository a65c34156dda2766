//! Reads, one file each. Those that show events leave one themselves.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Database, DbError};
use athyper_kernel_http::Caller;

pub(crate) mod export_events;
pub(crate) mod get_event;
pub(crate) mod get_legal_hold;
pub(crate) mod get_retention_policy;
pub(crate) mod get_signing_keys;
pub(crate) mod list_checkpoints;
pub(crate) mod list_erasures;
pub(crate) mod list_events;
pub(crate) mod list_legal_holds;
pub(crate) mod list_retention_policies;
pub(crate) mod list_timeline;

/// Writes down that events were read, before they are shown. The transaction of the read must have ended: it would keep
/// one connection while this takes another.
async fn note_access(database: &Database, caller: &Caller, event: AuditEvent) -> Result<(), DbError> {
    database.tenant_tx(caller.context()).await?.commit(caller.trace(event)).await
}
