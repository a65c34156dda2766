//! What this domain asks of identity and access. The composition root joins it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::GrantedRights;
use athyper_kernel_types::PrincipalId;
use uuid::Uuid;

/// What a rule can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedKind {
    /// A role that the tenant made.
    Role,
    /// A group.
    Group,
    /// An organizational unit.
    OrgUnit,
    /// A principal that is a person.
    Person,
    /// A principal that is a service.
    Service,
}

/// Knows who is who: always in the transaction of the one who asks.
#[async_trait]
pub trait Subjects: Send + Sync {
    /// What bindings give to a principal, and who it is; none where there is no such principal or it is not active.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn principal(
        &self,
        tx: &mut dyn TenantConnection,
        id: PrincipalId,
    ) -> Result<Option<Arc<GrantedRights>>, DbError>;

    /// Which of these ids there are, and of what.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn known(
        &self,
        tx: &mut dyn TenantConnection,
        ids: &[Uuid],
    ) -> Result<Vec<(Uuid, NamedKind)>, DbError>;

    /// At most `limit` active principals whose id comes after `after`, by id, each as [`principal`](Self::principal) gives it, in
    /// a number of queries that does not depend on how many they are.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn principals(
        &self,
        tx: &mut dyn TenantConnection,
        after: Option<PrincipalId>,
        limit: u32,
    ) -> Result<Vec<(PrincipalId, Arc<GrantedRights>)>, DbError>;
}

impl fmt::Debug for dyn Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subjects")
    }
}
