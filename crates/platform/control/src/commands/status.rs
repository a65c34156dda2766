//! What suspending, activating and archiving a tenant have in common.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Crossing, Done, SystemReason, TenantStatus};
use athyper_kernel_http::{Command, NoBody, ProblemResponse, Reply};
use athyper_kernel_types::TenantId;

use super::require_elevation;
use crate::error::Error;
use crate::model::tenant::{Tenant, may_become};
use crate::store::tenants;

/// Gives the tenant another status, as this operation.
pub(super) async fn change(
    id: TenantId,
    mut cmd: Command<NoBody>,
    operation: &'static str,
    to: TenantStatus,
) -> Result<Reply, ProblemResponse> {
    let elevation = require_elevation(&mut cmd.tx).await?;
    let own = cmd.tx.tenant_id();
    let mut crossing = cmd.tx.cross(SystemReason::ManageTenants).await?;
    let tenant = tenants::lock(&mut crossing, id).await?.ok_or(Error::TenantNotFound)?;
    let version = tenant.version;
    let done = execute(&mut crossing, own, tenant, operation, to).await;
    crossing.end().await?;
    cmd.check_version(version)?;
    let done = done?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event.with("reason", elevation.reason), reply).await
}

async fn execute(
    crossing: &mut Crossing<'_>,
    own: TenantId,
    tenant: Tenant,
    operation: &'static str,
    to: TenantStatus,
) -> Result<Done<Tenant>, Error> {
    if tenant.id == own {
        return Err(Error::OwnTenant);
    }
    let from = tenant.status;
    if !may_become(from, to) {
        return Err(Error::TenantStatus { from, to });
    }

    let changed = Tenant { status: to, version: tenant.version + 1, ..tenant };
    tenants::update(crossing, &changed).await?;
    crossing.announce_tenant(changed.id, &changed.realm_key, &changed.tenant_key).await?;
    let told = AuditEvent::info("platform.tenant_status_changed")
        .with("from", from.as_str())
        .with("to", to.as_str());
    crossing.record(changed.id, told).await?;

    let event = AuditEvent::info(operation).about("control.tenant", changed.id).with("from", from.as_str());
    Ok(Done::new(changed, event))
}
