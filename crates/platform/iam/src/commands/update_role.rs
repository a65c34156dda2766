//! Changes a role of the tenant's own.

use std::sync::Arc;

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Grant, Json, PathId, ProblemResponse, Reply, Source};
use athyper_kernel_types::Id;
use axum::extract::State;
use uuid::Uuid;

use crate::Deps;
use crate::commands::create_role::RoleInput;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::binding::{RoleBinding, Subject};
use crate::model::role::{Role, known_permissions};
use crate::queries::get_role::built_in;
use crate::rights::{resolve, table};
use crate::store::bindings::{self, Which};
use crate::store::{members, roles};

/// Change a role
///
/// The whole role is replaced. What it gains goes to all that it is bound to, so the caller has to hold it in the scope of
/// each binding.
#[utoipa::path(
    put,
    path = "/v1/iam/roles/{id}",
    operation_id = "iam.update_role",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the role", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    request_body(content = RoleInput, example = json!({"name": "Clerk", "permissions": ["finance.list_journals", "finance.get_journal"]})),
    responses((status = 200, description = "The role as it is now", body = Role), ChangeProblems)
)]
pub(crate) async fn update_role(
    State(deps): State<Deps>,
    PathId(id): PathId<Role>,
    mut cmd: Command<Json<RoleInput>>,
) -> Result<Reply, ProblemResponse> {
    if built_in(&deps.catalogue, id).is_some() {
        return Err(Error::BuiltInRole.into());
    }
    let granter = Granter::of(&mut cmd, &deps).await?;
    let role = roles::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Role))?;
    cmd.require_version(role.version)?;
    let done = execute(&mut cmd.tx, &granter, role, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    role: Role,
    input: &RoleInput,
) -> Result<Done<Role>, Error> {
    let changed = Role {
        name: input.name.as_str().to_owned(),
        description: input.description.to_option(),
        permissions: known_permissions(&granter.catalogue, &input.permissions)?,
        version: role.version + 1,
        ..role.clone()
    };
    let now = tx.now();
    let bound = bindings::active(tx, now, &Which { role: Some(role.id), ..Which::default() }).await?;
    check_gain(tx, granter, &role, &changed, &bound).await?;
    let affected = holders(tx, &bound).await?;
    let guard = Guard::before(tx, granter, affected).await?;

    roles::update(tx, &changed).await?;
    guard.after(tx).await?;

    let event = AuditEvent::info("iam.update_role")
        .about("iam.role", role.id)
        .with("changes", changes(&role, &changed));
    Ok(Done::new(changed, event))
}

/// Checks that the caller holds what the role gains, wherever it is bound.
async fn check_gain(
    tx: &mut TenantTx,
    granter: &Granter,
    role: &Role,
    changed: &Role,
    bound: &[RoleBinding],
) -> Result<(), Error> {
    let gained: Vec<String> =
        changed.permissions.iter().filter(|name| !role.permissions.contains(name)).cloned().collect();
    let gained = Arc::new(table(&granter.catalogue, (&changed.name, changed.id), &gained));
    let now = resolve(tx, &granter.catalogue, bound).await?;
    let given: Vec<Grant> = now
        .into_iter()
        .filter(|grant| matches!(grant.source, Source::Binding { .. }))
        .map(|grant| Grant { role: Arc::clone(&gained), ..grant })
        .collect();
    granter.check(&given)
}

/// The principals that bindings reach, by themselves or through groups.
async fn holders(tx: &mut TenantTx, bound: &[RoleBinding]) -> Result<Vec<Uuid>, Error> {
    let mut holders = Vec::new();
    for binding in bound {
        match binding.subject {
            Subject::Principal(id) => holders.push(id.uuid()),
            Subject::Group(id) => {
                holders.extend(members::principals_in(tx, id).await?.into_iter().map(Id::uuid));
            }
        }
    }
    holders.sort_unstable();
    holders.dedup();
    Ok(holders)
}
