//! Accounts start and end sessions; whoever keeps sessions does it.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_accounts::ports::{Sessions, SignedIn, Started};
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::SessionEnder;
use athyper_kernel_types::PrincipalId;
use axum::http::HeaderMap;

struct Desk(Arc<dyn SessionEnder>);

/// Who starts and ends sessions. A person of a local account is the subject of the realm that the principal's id names.
pub fn sessions(ender: Arc<dyn SessionEnder>) -> Arc<dyn Sessions> {
    Arc::new(Desk(ender))
}

#[async_trait]
impl Sessions for Desk {
    async fn start(
        &self,
        _tx: &mut TenantTx,
        _signed_in: &SignedIn,
        _headers: &HeaderMap,
    ) -> Result<Started, Problem> {
        // Nothing keeps sessions of browsers yet: the sign-in is refused as a whole rather than answered with less.
        let detail = "this process keeps no sessions of browsers, so nobody can sign in here by a password";
        Err(Problem::new(ProblemKind::Unavailable, "accounts.no_sessions", detail))
    }

    async fn end_all(&self, tx: &mut TenantTx, person: PrincipalId, _reason: &str) -> Result<(), Problem> {
        let realm = tx.context().realm_key().to_owned();
        Ok(self.0.end_sessions(tx, &realm, &person.to_string()).await?)
    }
}
