//! Activates a suspended tenant.

use athyper_kernel_db::TenantStatus;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};

use super::status::change;
use crate::model::tenant::Tenant;

/// Activate a tenant
///
/// Its people are answered again, and its jobs go on. Needs an elevation.
#[utoipa::path(
    post,
    path = "/v1/control/tenants/{id}/activate",
    operation_id = "control.activate_tenant",
    tag = "control",
    params(("id" = String, Path, description = "Id of the tenant", format = Uuid)),
    responses((status = 200, description = "The tenant, active", body = Tenant), ChangeProblems)
)]
pub(crate) async fn activate_tenant(
    PathId(id): PathId<athyper_kernel_types::Tenant>,
    cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    change(id, cmd, "control.activate_tenant", TenantStatus::Active).await
}
