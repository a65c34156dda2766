//! Where a job comes from, and how the caller makes a tenant's context of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_tenant_context::{Actor, TenantContext};
use athyper_kernel_types::TenantId;

/// Whose job it is and what caused it, as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOrigin {
    /// Id of the tenant.
    pub tenant_id: TenantId,
    /// Key of the realm.
    pub realm_key: String,
    /// Key of the tenant.
    pub tenant_key: String,
    /// Key of the organisation, if one was chosen.
    pub org_key: Option<String>,
    /// Who asked for the job.
    pub actor: Actor,
    /// Id of the request that caused it.
    pub request_id: String,
    /// Id of the trace that it belongs to.
    pub trace_id: Option<String>,
}

/// Joins a job's origin with what is known about the tenant. `None` when the tenant is not served by this process at this
/// moment; the job is then tried again later, perhaps by a process that serves it.
pub type ContextFactory = Arc<dyn Fn(JobOrigin) -> MadeContext + Send + Sync>;

/// A context that is being made.
pub type MadeContext = Pin<Box<dyn Future<Output = Option<TenantContext>> + Send>>;

/// The context of a job, unless it is another tenant's: that would open the other's rows to the job.
pub(crate) async fn context_of(contexts: &ContextFactory, origin: JobOrigin) -> Option<TenantContext> {
    let tenant_id = origin.tenant_id;
    contexts(origin).await.filter(|context| context.tenant_id() == tenant_id)
}
