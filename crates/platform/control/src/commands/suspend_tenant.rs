//! Suspends a tenant.

use athyper_kernel_db::TenantStatus;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};

use super::status::change;
use crate::model::tenant::Tenant;

/// Suspend a tenant
///
/// Within a second no process answers its people any more; its jobs and schedules stand still, and nothing is lost.
/// Needs an elevation.
#[utoipa::path(
    post,
    path = "/v1/control/tenants/{id}/suspend",
    operation_id = "control.suspend_tenant",
    tag = "control",
    params(("id" = String, Path, description = "Id of the tenant", format = Uuid)),
    responses((status = 200, description = "The tenant, suspended", body = Tenant), ChangeProblems)
)]
pub(crate) async fn suspend_tenant(
    PathId(id): PathId<athyper_kernel_types::Tenant>,
    cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    change(id, cmd, "control.suspend_tenant", TenantStatus::Suspended).await
}
