//! Agreement of a second person to one request: what is held on to of it, and who keeps that.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::{NeededApproval, Problem};
use serde_json::Value;
use uuid::Uuid;

use crate::rights::Rights;

/// What somebody asks to do, as it is shown to whoever agrees to it and told from any other request.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Operation id.
    pub operation: Arc<str>,
    /// Path and query as they were sent.
    pub path: String,
    /// SHA-256 of all that the effect depends on: another content has another digest.
    pub digest: [u8; 32],
    /// The same in readable form: `method`, `path`, `query`, `org`, `ifMatch` and `body`, each where there is one.
    pub snapshot: Value,
}

/// An approval of a request that holds.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its id.
    pub id: Uuid,
    /// The role for which it was given.
    pub role: String,
}

/// An approval that was used.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// Its id.
    pub id: Uuid,
    /// The role for which it was given.
    pub role: String,
    /// The actor who gave it.
    pub decided_by: String,
}

/// Keeps who asked for agreement to what, and who agreed. The service of approvals implements it.
#[async_trait]
pub trait Approvals: Send + Sync {
    /// Whether an operation is one by which approvals are looked at and given: no agreement to it is ever needed, or nobody could
    /// agree to anything.
    fn is_own(&self, operation: &str) -> bool;

    /// The approvals of this request of this caller that hold now.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn given(
        &self,
        tx: &mut dyn TenantConnection,
        rights: &Rights,
        proposal: &Proposal,
    ) -> Result<Vec<Given>, Problem>;

    /// Asks holders of these roles for agreement, where that has not been done; gives what is waited for, in the order of roles.
    ///
    /// # Errors
    /// When too much of the caller waits already, or the database does not answer.
    async fn ask(
        &self,
        tx: &mut TenantTx,
        rights: &Rights,
        proposal: &Proposal,
        roles: &[String],
    ) -> Result<Vec<NeededApproval>, Problem>;

    /// Uses an approval up, in the transaction of what it was given for; none where it does not hold any more.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn take(
        &self,
        tx: &mut TenantTx,
        proposal: &Proposal,
        given: &Given,
    ) -> Result<Option<Agreed>, Problem>;
}
