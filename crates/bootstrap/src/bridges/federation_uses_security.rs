//! Federation ends the sessions that a provider began; security keeps them.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_federation::ports::Sessions;
use athyper_kernel_db::{DbError, TenantTx};
use uuid::Uuid;

struct Kept;

/// Who ends the sessions of a provider.
pub fn sessions_of_providers() -> Arc<dyn Sessions> {
    Arc::new(Kept)
}

#[async_trait]
impl Sessions for Kept {
    async fn end_of_provider(&self, tx: &mut TenantTx, provider: Uuid, reason: &str) -> Result<(), DbError> {
        athyper_security::revoke_sessions_of_provider(tx, provider, reason).await
    }
}
