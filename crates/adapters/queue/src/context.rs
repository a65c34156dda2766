//! Where a job comes from, and how the caller makes a tenant's context of it.

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

/// Joins a job's origin with what the configuration says about the tenant. `None` when the tenant is unknown in this
/// process; the job is then tried again later, perhaps by a process that knows it.
pub type ContextFactory = Arc<dyn Fn(&JobOrigin) -> Option<TenantContext> + Send + Sync>;
