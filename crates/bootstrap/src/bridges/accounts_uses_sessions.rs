//! Accounts start and end sessions; security keeps them.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_accounts::ports::{Sessions, SignedIn, Started};
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_types::PrincipalId;
use axum::http::HeaderMap;

struct Desk(athyper_security::Sessions);

/// Who starts and ends sessions of people with local accounts.
pub fn sessions(kept: athyper_security::Sessions) -> Arc<dyn Sessions> {
    Arc::new(Desk(kept))
}

#[async_trait]
impl Sessions for Desk {
    async fn start(
        &self,
        tx: &mut TenantTx,
        signed_in: &SignedIn,
        headers: &HeaderMap,
    ) -> Result<Started, Problem> {
        let started = self.0.start_local(tx, signed_in.person.id, (headers, signed_in.address)).await?;
        Ok(Started { cookies: vec![started.cookie], session: Some(started.id) })
    }

    async fn end_all(&self, tx: &mut TenantTx, person: PrincipalId, reason: &str) -> Result<(), Problem> {
        Ok(athyper_security::revoke_sessions_of(tx, &person.to_string(), reason).await?)
    }
}
