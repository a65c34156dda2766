//! One tenant.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_types::TenantId;

use crate::error::Error;
use crate::model::tenant::Tenant;
use crate::store::tenants;

/// Read a tenant
#[utoipa::path(
    get,
    path = "/v1/control/tenants/{id}",
    operation_id = "control.get_tenant",
    tag = "control",
    params(("id" = String, Path, description = "Id of the tenant", format = Uuid)),
    responses((status = 200, description = "The tenant", body = Tenant), RecordProblems)
)]
pub(crate) async fn get_tenant(
    PathId(id): PathId<athyper_kernel_types::Tenant>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let tenant = execute(&mut read.tx, id).await?;
    read.reply(tenant.version, &tenant)
}

pub(crate) async fn execute(tx: &mut ReadTx, id: TenantId) -> Result<Tenant, Error> {
    tenants::find(tx, id).await?.ok_or(Error::TenantNotFound)
}
