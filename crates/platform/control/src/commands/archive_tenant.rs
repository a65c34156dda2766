//! Archives a tenant.

use athyper_kernel_db::TenantStatus;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};

use super::status::change;
use crate::model::tenant::Tenant;

/// Archive a tenant
///
/// It is treated as unknown from then on, for good; its records are kept. Needs an elevation.
#[utoipa::path(
    post,
    path = "/v1/control/tenants/{id}/archive",
    operation_id = "control.archive_tenant",
    tag = "control",
    params(("id" = String, Path, description = "Id of the tenant", format = Uuid)),
    responses((status = 200, description = "The tenant, archived", body = Tenant), ChangeProblems)
)]
pub(crate) async fn archive_tenant(
    PathId(id): PathId<athyper_kernel_types::Tenant>,
    cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    change(id, cmd, "control.archive_tenant", TenantStatus::Archived).await
}
