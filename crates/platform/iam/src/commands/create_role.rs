//! Makes a role of the tenant's own.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Catalogue, Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Name, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::role::{Role, RoleId, known_permissions};
use crate::store::roles;

/// A role to make, or all of a role from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::RoleInput)]
pub(crate) struct RoleInput {
    /// Name, unique among the tenant's own roles; case does not count.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) name: Name,
    /// What it is for.
    #[serde(default)]
    #[schema(value_type = String, max_length = 1000)]
    pub(crate) description: Text<0, 1000>,
    /// Its permissions, by name.
    pub(crate) permissions: Vec<String>,
}

/// Make a role
///
/// A set of permissions of the catalogue. As long as it is bound to nobody it gives nothing.
#[utoipa::path(
    post,
    path = "/v1/iam/roles",
    operation_id = "iam.create_role",
    tag = "iam",
    request_body(content = RoleInput, example = json!({"name": "Clerk", "permissions": ["finance.list_journals"]})),
    responses((status = 201, description = "The role", body = Role), CreateProblems)
)]
pub(crate) async fn create_role(
    State(deps): State<Deps>,
    mut cmd: Command<Json<RoleInput>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps.catalogue, &cmd.body.0).await?;
    let location = format!("/v1/iam/roles/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    input: &RoleInput,
) -> Result<Done<Role>, Error> {
    let role = Role {
        id: RoleId::new(tx.clock()),
        key: None,
        name: input.name.as_str().to_owned(),
        description: input.description.to_option(),
        permissions: known_permissions(catalogue, &input.permissions)?,
        version: 1,
    };
    roles::insert(tx, &role).await?;

    let event = AuditEvent::info("iam.create_role")
        .about("iam.role", role.id)
        .with("name", role.name.as_str())
        .with("permissions", role.permissions.clone());
    Ok(Done::new(role, event))
}
