//! What this domain asks of identity and access. The composition root joins it.

use std::fmt;

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::Caller;
use athyper_kernel_policy::Subject;
use athyper_kernel_types::PrincipalId;

/// Knows who is who: always in the transaction of the one who asks.
#[async_trait]
pub trait Subjects: Send + Sync {
    /// The one who calls, with the roles that hold in the whole tenant; none for a principal that is shut out.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn caller(
        &self,
        tx: &mut dyn TenantConnection,
        caller: &Caller,
    ) -> Result<Option<Subject>, DbError>;

    /// A principal, as far as bindings say what it has; none where there is no such principal or it is not active.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn principal(
        &self,
        tx: &mut dyn TenantConnection,
        id: PrincipalId,
    ) -> Result<Option<Subject>, DbError>;
}

impl fmt::Debug for dyn Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subjects")
    }
}
