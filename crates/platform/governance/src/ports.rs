//! What this domain asks of identity and access. The composition root joins it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Caller, GrantedRights};
use athyper_kernel_types::PrincipalId;
use uuid::Uuid;

use crate::model::binding::{BindingId, RoleBinding, Subject};
use crate::model::review::Outcome;

/// Which of the bindings that hold at this moment. What is none does not count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which {
    /// Only of this subject itself.
    pub subject: Option<Subject>,
    /// Only of this role.
    pub role: Option<Uuid>,
}

/// Knows roles, bindings and principals, and ends bindings: always in the transaction of the caller.
#[async_trait]
pub trait Access: Send + Sync {
    /// Waits until nobody else changes who may do what in the tenant, and keeps others waiting until the transaction ends.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn lock(&self, tx: &mut TenantTx) -> Result<(), DbError>;

    /// What the caller may do, worked out again behind the lock.
    ///
    /// # Errors
    /// 403 for a caller who was shut out since the request came.
    async fn caller(&self, tx: &mut TenantTx, caller: &Caller) -> Result<Arc<GrantedRights>, Problem>;

    /// Tells all processes that what callers may do has changed in this tenant.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn changed(&self, tx: &mut TenantTx) -> Result<(), DbError>;

    /// Whether the principal with this id is active; none where there is no such principal.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn is_active(&self, tx: &mut TenantTx, id: PrincipalId) -> Result<Option<bool>, DbError>;

    /// The word by which rules know a role, from its key or id: the key of a built-in one, else the id.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn role_word(&self, tx: &mut TenantTx, name: &str) -> Result<Option<String>, DbError>;

    /// The bindings that hold at this moment, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn active_bindings(&self, tx: &mut TenantTx, which: Which) -> Result<Vec<RoleBinding>, DbError>;

    /// The bindings with these ids, as far as they exist, in no order.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn bindings(
        &self,
        tx: &mut dyn TenantConnection,
        ids: &[BindingId],
    ) -> Result<Vec<RoleBinding>, DbError>;

    /// Whether a principal has what this subject has: it is the subject, or is in the group.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn is_part_of(
        &self,
        tx: &mut TenantTx,
        principal: PrincipalId,
        subject: Subject,
    ) -> Result<bool, DbError>;

    /// Ends these bindings, and says what became of each. The last one that lets somebody administer the tenant for good
    /// goes on. Behind the lock.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn end_bindings(
        &self,
        tx: &mut TenantTx,
        ids: &[BindingId],
    ) -> Result<Vec<(BindingId, Outcome)>, DbError>;
}

impl fmt::Debug for dyn Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Access")
    }
}
