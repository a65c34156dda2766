//! What other domains ask of sessions, in their own transactions.

use athyper_kernel_db::{DbError, TenantTx};
use uuid::Uuid;

use crate::store::generations::{self, Scope};
use crate::store::sessions;

/// Ends every session of a person in the tenant, however many, by one write. They end when the transaction is committed, on every process
/// within a second.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke_sessions_of(tx: &mut TenantTx, subject: &str, reason: &str) -> Result<(), DbError> {
    generations::advance(tx, Scope::Subject(subject), reason).await
}

/// Has every session of a person in the tenant change its id with its next request, because the person's rights have changed.
///
/// # Errors
/// When the database does not answer.
pub async fn rotate_sessions_of(tx: &mut TenantTx, subject: &str) -> Result<(), DbError> {
    sessions::make_rotation_due(tx, subject).await
}

/// Ends every session that a provider of the tenant began, however many, by one write. They end when the transaction is committed, on every
/// process within a second.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke_sessions_of_provider(
    tx: &mut TenantTx,
    provider: Uuid,
    reason: &str,
) -> Result<(), DbError> {
    generations::advance(tx, Scope::Provider(provider), reason).await
}
