//! Binds a role to a principal or a group.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Catalogue, Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Id, Text};
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::binding::{BindingId, RoleBinding, Scope, Subject};
use crate::model::principal::Status;
use crate::model::role::{RoleId, built_in_id};
use crate::queries::get_role::built_in;
use crate::rights::resolve;
use crate::store::bindings::{self, Which};
use crate::store::{groups, members, org_units, principals, roles};

/// Furthest end of a binding, in days.
const MOST_DAYS: i64 = 3660;

/// A role to bind.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::CreateRoleBinding)]
pub(crate) struct CreateRoleBinding {
    /// Who gets the role.
    pub(crate) subject: Subject,
    /// Key of a built-in role, or id of a role.
    #[schema(max_length = 255)]
    pub(crate) role: String,
    /// Where it holds: in the whole tenant where it is left out.
    #[serde(default)]
    pub(crate) scope: Scope,
    /// Until when it holds (UTC); for good where it is left out.
    pub(crate) expires_at: Option<DateTime<Utc>>,
    /// Why.
    #[serde(default)]
    #[schema(value_type = String, max_length = 500)]
    pub(crate) reason: Text<0, 500>,
}

/// Bind a role
///
/// Nobody gives what they do not hold themselves, in the same scope and for as long. What would join duties that are kept
/// apart is refused.
#[utoipa::path(
    post,
    path = "/v1/iam/role-bindings",
    operation_id = "iam.create_role_binding",
    tag = "iam",
    request_body(
        content = CreateRoleBinding,
        example = json!({"subject": {"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"}, "role": "viewer",
            "scope": {"kind": "module", "module": "finance"}})
    ),
    responses((status = 201, description = "The binding", body = RoleBinding), CreateProblems)
)]
pub(crate) async fn create_role_binding(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CreateRoleBinding>>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let done = execute(&mut cmd.tx, &granter, &cmd.body.0).await?;
    let location = format!("/v1/iam/role-bindings/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    input: &CreateRoleBinding,
) -> Result<Done<RoleBinding>, Error> {
    let now = tx.now();
    let wrong_time = |end: DateTime<Utc>| end <= now || end - now > TimeDelta::days(MOST_DAYS);
    if input.expires_at.is_some_and(wrong_time) {
        return Err(Error::WrongTime { pointer: "/expiresAt", most_days: MOST_DAYS });
    }
    let role = find_role(tx, &granter.catalogue, &input.role).await?;
    check_scope(tx, &granter.catalogue, &input.scope).await?;
    let affected = affected(tx, input.subject).await?;
    let binding = RoleBinding {
        id: BindingId::new(tx.clock()),
        subject: input.subject,
        role,
        role_key: built_in(&granter.catalogue, role).map(|table| table.key.clone()),
        scope: input.scope.clone(),
        reason: input.reason.to_option(),
        expires_at: input.expires_at,
        ended_at: None,
        created_at: now,
        created_by: tx.context().actor().id.clone(),
        version: 1,
    };
    let which = match input.subject {
        Subject::Principal(id) => Which { principals: vec![id.uuid()], ..Which::default() },
        Subject::Group(id) => Which { groups: vec![id.uuid()], ..Which::default() },
    };
    let is_same = |other: &RoleBinding| other.role == role && other.scope == binding.scope;
    if bindings::active(tx, now, &which).await?.iter().any(is_same) {
        return Err(Error::AlreadyBound);
    }
    let given = resolve(tx, &granter.catalogue, std::slice::from_ref(&binding)).await?;
    for grant in &given {
        if !granter.rights.cover("iam.create_role_binding", &grant.limits) {
            return Err(Error::CannotGrant { permission: "iam.create_role_binding".to_owned() });
        }
    }
    granter.check(&given)?;
    let guard = Guard::before(tx, granter, affected).await?;

    bindings::insert(tx, &binding).await?;
    guard.after(tx).await?;

    let event = AuditEvent::info("iam.create_role_binding")
        .about("iam.role_binding", binding.id)
        .with("subject", json!(binding.subject))
        .with("role", binding.role_key.clone().unwrap_or_else(|| role.to_string()))
        .with("scope", json!(binding.scope))
        .with("expiresAt", json!(binding.expires_at));
    Ok(Done::new(binding, event))
}

/// The role with this key or id.
pub(crate) async fn find_role(tx: &mut TenantTx, catalogue: &Catalogue, name: &str) -> Result<RoleId, Error> {
    let unknown = Error::UnknownReference { pointer: "/role", what: Thing::Role };
    if let Some(table) = catalogue.role(name) {
        return Ok(built_in_id(&table.key));
    }
    let id: RoleId =
        name.parse().map_err(|_| Error::UnknownReference { pointer: "/role", what: Thing::Role })?;
    if built_in(catalogue, id).is_none() {
        roles::lock(tx, id).await?.ok_or(unknown)?;
    }
    Ok(id)
}

/// Checks that a scope is one.
pub(crate) async fn check_scope(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    scope: &Scope,
) -> Result<(), Error> {
    match scope {
        Scope::Tenant => Ok(()),
        Scope::OrgUnit { id } => {
            let unknown = Error::UnknownReference { pointer: "/scope/id", what: Thing::OrgUnit };
            org_units::find(tx, *id).await?.map(|_| ()).ok_or(unknown)
        }
        Scope::Module { module } => {
            let is_known = catalogue.all().any(|permission| permission.module() == module);
            if is_known { Ok(()) } else { Err(Error::UnknownModule(module.clone())) }
        }
        // The record is the matter of its own domain; a type and id that nothing has give nothing.
        Scope::Record { record_type, .. } => {
            let module = record_type.split('.').next().unwrap_or_default();
            let is_known = catalogue.all().any(|permission| permission.module() == module);
            let is_short = record_type.len() <= 100 && !record_type.chars().any(char::is_control);
            if is_known && is_short { Ok(()) } else { Err(Error::UnknownModule(module.to_owned())) }
        }
    }
}

/// The principals that a binding of this subject reaches.
async fn affected(tx: &mut TenantTx, subject: Subject) -> Result<Vec<Uuid>, Error> {
    match subject {
        Subject::Principal(id) => {
            let unknown = Error::UnknownReference { pointer: "/subject/principal", what: Thing::Principal };
            let principal = principals::lock(tx, id).await?.ok_or(unknown)?;
            if principal.status == Status::Deprovisioned {
                return Err(Error::Deprovisioned);
            }
            Ok(vec![id.uuid()])
        }
        Subject::Group(id) => {
            let unknown = Error::UnknownReference { pointer: "/subject/group", what: Thing::Group };
            groups::find(tx, id).await?.ok_or(unknown)?;
            Ok(members::principals_in(tx, id).await?.into_iter().map(Id::uuid).collect())
        }
    }
}
