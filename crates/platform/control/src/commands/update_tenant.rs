//! Changes the name or the settings of a tenant.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_config::TenantConfig;
use athyper_kernel_db::{Crossing, Done, SystemReason};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Name;
use serde::Deserialize;
use utoipa::ToSchema;

use super::require_elevation;
use crate::error::Error;
use crate::model::tenant::{Origin, Tenant, faults_of};
use crate::store::tenants;

/// What to change; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = control::UpdateTenant)]
pub(crate) struct UpdateTenant {
    /// Name for people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    name: Option<Name>,
    /// All defaults and organisations, in place of those that are there.
    #[schema(value_type = Option<Object>)]
    settings: Option<TenantConfig>,
}

/// Change a tenant
///
/// Its keys never change. Every process works with the new settings within a second. Needs an elevation.
#[utoipa::path(
    patch,
    path = "/v1/control/tenants/{id}",
    operation_id = "control.update_tenant",
    tag = "control",
    params(
        ("id" = String, Path, description = "Id of the tenant", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = UpdateTenant, example = json!({"name": "Initech Corporation"})),
    responses((status = 200, description = "The tenant as it is now", body = Tenant), ChangeProblems)
)]
pub(crate) async fn update_tenant(
    PathId(id): PathId<athyper_kernel_types::Tenant>,
    mut cmd: Command<Json<UpdateTenant>>,
) -> Result<Reply, ProblemResponse> {
    let elevation = require_elevation(&mut cmd.tx).await?;
    let mut crossing = cmd.tx.cross(SystemReason::ManageTenants).await?;
    let tenant = tenants::lock(&mut crossing, id).await?.ok_or(Error::TenantNotFound)?;
    let version = tenant.version;
    let done = execute(&mut crossing, tenant, &cmd.body.0).await;
    crossing.end().await?;
    cmd.require_version(version)?;
    let done = done?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event.with("reason", elevation.reason), reply).await
}

pub(crate) async fn execute(
    crossing: &mut Crossing<'_>,
    tenant: Tenant,
    input: &UpdateTenant,
) -> Result<Done<Tenant>, Error> {
    if tenant.origin == Origin::Config {
        return Err(Error::ConfiguredTenant);
    }
    let faults = input.settings.as_ref().map(faults_of).unwrap_or_default();
    if !faults.is_empty() {
        return Err(Error::InvalidSettings(faults));
    }

    let changed = Tenant {
        name: input.name.as_ref().map_or_else(|| tenant.name.clone(), |name| name.as_str().to_owned()),
        settings: input.settings.clone().unwrap_or_else(|| tenant.settings.clone()),
        version: tenant.version + 1,
        ..tenant.clone()
    };
    tenants::update(crossing, &changed).await?;
    crossing.announce_tenant(changed.id, &changed.realm_key, &changed.tenant_key).await?;
    let changes = changes(&tenant, &changed);
    let told = AuditEvent::info("platform.tenant_updated").with("changes", changes.clone());
    crossing.record(changed.id, told).await?;

    let event = AuditEvent::info("control.update_tenant")
        .about("control.tenant", changed.id)
        .with("changes", changes);
    Ok(Done::new(changed, event))
}
