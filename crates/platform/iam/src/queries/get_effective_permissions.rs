//! Explains what a principal may do: which permission, where, and by which binding, group and role.

use std::collections::HashMap;
use std::sync::Arc;

use athyper_kernel_db::TenantConnection;
use athyper_kernel_http::{
    Grant, GrantedRights, PathId, ProblemResponse, Read, RecordProblems, Reply, Source,
};
use athyper_kernel_policy::Subject;
use athyper_kernel_types::Id;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::binding::{BindingId, Scope};
use crate::model::group::GroupId;
use crate::model::principal::Status;
use crate::rights::grants_of;
use crate::store::{bindings, org_units, principals};

/// What a principal may do by its bindings and groups.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::EffectivePermissions)]
pub(crate) struct EffectivePermissions {
    /// Status of the principal. Only who is active may do anything of it.
    status: Status,
    /// The permissions, each as often as it is had.
    permissions: Vec<Entry>,
}

/// A permission with where it holds and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::EffectivePermission)]
pub(crate) struct Entry {
    /// The permission.
    permission: &'static str,
    /// Where it holds.
    scope: Scope,
    /// Whether on records of the principal alone.
    own: bool,
    /// Whether on records of the principal's own organizational unit alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    own_unit: bool,
    /// The role that gives it.
    role: String,
    /// The binding by which the role is had; none for a role of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<BindingId>,
    /// The group that the binding is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<GroupId>,
}

/// Explain what a principal may do
///
/// By its bindings and by those of its groups. What the roles of its tokens add is known only when it calls.
#[utoipa::path(
    get,
    path = "/v1/iam/principals/{id}/effective-permissions",
    operation_id = "iam.get_effective_permissions",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the principal", format = Uuid)),
    responses((status = 200, description = "What the principal may do", body = EffectivePermissions, example = json!({"status": "active",
        "permissions": [{"permission": "finance.list_accounts", "scope": {"kind": "module", "module": "finance"},
        "own": false, "role": "viewer", "binding": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "group": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072"}]})), RecordProblems)
)]
pub(crate) async fn get_effective_permissions(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_types::Principal>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let principal = principals::find(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    let grants = grants_of(&mut read.tx, &deps.catalogue, deps.clock.now(), id.uuid()).await?;
    let own_units = match principal.org_unit.map(Id::uuid) {
        Some(unit) => org_units::subtrees(&mut read.tx, &[unit]).await?.remove(&unit),
        None => None,
    };
    let rights = GrantedRights {
        catalogue: deps.catalogue.clone(),
        clock: deps.clock.clone(),
        subject: Arc::new(Subject { principal: Some(id.to_string()), ..Subject::default() }),
        own_units,
        grants,
    };
    let permissions = entries(&mut read.tx, &rights).await?;
    Ok(Reply::ok(&EffectivePermissions { status: principal.status, permissions })?)
}

/// What rights give, permission by permission.
pub(crate) async fn entries(
    tx: &mut impl TenantConnection,
    rights: &GrantedRights,
) -> Result<Vec<Entry>, Error> {
    let by_binding = |grant: &Grant| match grant.source {
        Source::Binding { id, .. } => Some(id),
        Source::Token => None,
    };
    let ids: Vec<Uuid> = rights.grants.iter().filter_map(by_binding).collect();
    let scopes: HashMap<Uuid, Scope> =
        bindings::load(tx, &ids).await?.into_iter().map(|one| (one.id.uuid(), one.scope)).collect();
    let mut entries = Vec::new();
    for grant in &rights.grants {
        let scope = by_binding(grant).and_then(|id| scopes.get(&id)).cloned().unwrap_or_default();
        for permission in grant.role.permissions.keys() {
            let Some(limits) = rights.limits(grant, permission) else { continue };
            let (binding, group) = match grant.source {
                Source::Binding { id, group } => (Some(Id::from_uuid(id)), group.map(Id::from_uuid)),
                Source::Token => (None, None),
            };
            // A limit that the binding does not have comes from the role.
            let own_unit = limits.org_units.is_some() && grant.limits.org_units.is_none();
            entries.push(Entry {
                permission,
                scope: scope.clone(),
                own: limits.own,
                own_unit,
                role: grant.role.key.clone(),
                binding,
                group,
            });
        }
    }
    Ok(entries)
}
