//! What this domain asks of identity and access. The composition root joins it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::GrantedRights;
use athyper_kernel_types::PrincipalId;

/// Knows who is who: always in the transaction of the one who asks.
#[async_trait]
pub trait People: Send + Sync {
    /// What bindings give to a principal; none where there is no such principal or it is not active.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn rights(
        &self,
        tx: &mut dyn TenantConnection,
        id: PrincipalId,
    ) -> Result<Option<Arc<GrantedRights>>, DbError>;

    /// The actors who have made keys of a service, each once: they can act as it.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn makers_of_keys(
        &self,
        tx: &mut dyn TenantConnection,
        service: PrincipalId,
    ) -> Result<Vec<String>, DbError>;
}

impl fmt::Debug for dyn People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("People")
    }
}
