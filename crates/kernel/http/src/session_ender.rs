//! Ending sessions, as the domains that shut people out ask for it.

use std::fmt;

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantTx};

/// Ends the sessions of people who were shut out or whose credentials have changed. Whoever is shut out is refused by the
/// [`Authorizer`](crate::Authorizer) at once, whatever sessions there are.
#[async_trait]
pub trait SessionEnder: fmt::Debug + Send + Sync {
    /// Ends all sessions of a subject of a provider, as part of the transaction.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn end_sessions(&self, tx: &mut TenantTx, provider: &str, subject: &str) -> Result<(), DbError>;
}

/// Where there are no sessions, there is nothing to end.
#[derive(Clone, Copy, Debug)]
pub struct NoSessions;

#[async_trait]
impl SessionEnder for NoSessions {
    async fn end_sessions(&self, _tx: &mut TenantTx, _provider: &str, _subject: &str) -> Result<(), DbError> {
        Ok(())
    }
}
