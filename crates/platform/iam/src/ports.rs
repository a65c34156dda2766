//! What this domain asks of others: the end of sessions, and which duties are kept apart. The composition root joins it.

use std::fmt;

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::Grant;
pub(crate) use athyper_kernel_http::SessionEnder;
use athyper_kernel_types::PrincipalId;
use chrono::{DateTime, Utc};

/// Somebody with all that they have or would have.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The principal; none where the tenant knows none.
    pub principal: Option<PrincipalId>,
    /// All that they have.
    pub held: Vec<Grant>,
}

/// A permission or a role that is kept apart from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Duty {
    /// A permission, however it is had.
    Permission(String),
    /// A role, by the word that rules know it by.
    Role(String),
}

/// Two duties that somebody has or would have together, and must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// Who.
    pub principal: Option<PrincipalId>,
    /// Name of the rule that keeps them apart.
    pub name: String,
    /// The duties.
    pub duties: [Duty; 2],
}

/// Knows which duties are kept apart. The domain that keeps the rules implements it.
#[async_trait]
pub trait Duties: Send + Sync {
    /// Whether the tenant keeps any duties apart: where not, nothing else is asked.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn are_kept_apart(&self, tx: &mut dyn TenantConnection) -> Result<bool, DbError>;

    /// The rules that these holders break at this time (UTC), without an exception.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn broken(
        &self,
        tx: &mut dyn TenantConnection,
        now: DateTime<Utc>,
        holders: &[Holder],
    ) -> Result<Vec<BrokenRule>, DbError>;
}

impl fmt::Debug for dyn Duties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Duties")
    }
}
