//! Identity and access ends the sessions of people who were shut out, in its own transactions.

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_http::SessionEnder;

/// The sessions of people. A subject of two providers in one tenant loses the sessions of both: rather one too many.
#[derive(Clone, Copy, Debug)]
pub struct SessionsOfPeople;

#[async_trait]
impl SessionEnder for SessionsOfPeople {
    async fn end_sessions(&self, tx: &mut TenantTx, _provider: &str, subject: &str) -> Result<(), DbError> {
        athyper_security::revoke_sessions_of(tx, subject, "shut_out").await
    }
}
