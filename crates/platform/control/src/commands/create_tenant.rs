//! Makes a tenant.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_config::{TenantConfig, is_key};
use athyper_kernel_db::{Done, SystemReason, TenantStatus, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Id, Name};
use axum::extract::State;
use serde::{Deserialize, Deserializer, de};
use utoipa::ToSchema;

use super::require_elevation;
use crate::Deps;
use crate::error::Error;
use crate::model::tenant::{Origin, Tenant, faults_of};
use crate::store::tenants;

/// A tenant to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = control::CreateTenant)]
pub(crate) struct CreateTenant {
    /// Key of the realm, which the configuration has.
    realm_key: String,
    /// Key of the tenant: letters, digits, `_` and `-`, at most 63, beginning with a letter or digit. It never changes.
    #[serde(deserialize_with = "key")]
    #[schema(min_length = 1, max_length = 63)]
    tenant_key: String,
    /// Name for people.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Name,
    /// Defaults (`currency`, `timezone`, `locale`, and whatever a domain reads) and organisations by key.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: TenantConfig,
}

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let key = String::deserialize(deserializer)?;
    let rule = "use letters, digits, _ and -, at most 63, beginning with a letter or digit";
    if is_key(&key) { Ok(key) } else { Err(de::Error::custom(rule)) }
}

/// Make a tenant
///
/// It can be entered as soon as the answer is there. Needs an elevation.
#[utoipa::path(
    post,
    path = "/v1/control/tenants",
    operation_id = "control.create_tenant",
    tag = "control",
    request_body(
        content = CreateTenant,
        example = json!({"realmKey": "athyper", "tenantKey": "initech", "name": "Initech Inc",
            "settings": {"defaults": {"currency": "USD", "timezone": "America/Chicago"}, "orgs": {"austin": {}}}})
    ),
    responses((status = 201, description = "The tenant, active", body = Tenant), CreateProblems)
)]
pub(crate) async fn create_tenant(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CreateTenant>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await?;
    let location = format!("/v1/control/tenants/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &CreateTenant,
) -> Result<Done<Tenant>, Error> {
    let elevation = require_elevation(tx).await?;
    if !deps.config.iam.realms.contains_key(&input.realm_key) {
        return Err(Error::RealmNotFound(input.realm_key.clone()));
    }
    let faults = faults_of(&input.settings);
    if !faults.is_empty() {
        return Err(Error::InvalidSettings(faults));
    }

    let tenant = Tenant {
        id: Id::new(tx.clock()),
        realm_key: input.realm_key.clone(),
        tenant_key: input.tenant_key.clone(),
        name: input.name.as_str().to_owned(),
        status: TenantStatus::Active,
        origin: Origin::Api,
        settings: input.settings.clone(),
        created_at: tx.now(),
        version: 1,
    };
    let mut crossing = tx.cross(SystemReason::ManageTenants).await?;
    if !tenants::insert(&mut crossing, &tenant).await? {
        let (realm_key, tenant_key) = (tenant.realm_key, tenant.tenant_key);
        return Err(Error::TenantKeyTaken { realm_key, tenant_key });
    }
    crossing.announce_tenant(tenant.id, &tenant.realm_key, &tenant.tenant_key).await?;
    crossing
        .record(tenant.id, AuditEvent::info("platform.tenant_created").with("name", &*tenant.name))
        .await?;
    crossing.end().await?;

    let event = AuditEvent::info("control.create_tenant")
        .about("control.tenant", tenant.id)
        .with("realmKey", &*tenant.realm_key)
        .with("tenantKey", &*tenant.tenant_key)
        .with("reason", elevation.reason);
    Ok(Done::new(tenant, event))
}
