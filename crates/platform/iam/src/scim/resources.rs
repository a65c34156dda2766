//! Pages of resources, and single ones, with the attributes that were asked for.

use std::collections::HashMap;

use athyper_kernel_db::TenantConnection;
use athyper_kernel_scim::{Base, GROUP, ListRequest, ListResponse, ResourceKind, Selection, USER};
use athyper_kernel_types::Id;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Refusal, group, user};
use crate::error::{Error, Thing};
use crate::model::group::MemberRef;
use crate::model::principal::Principal;
use crate::store::{directory, groups, members, principals};

/// Resources of one kind on one page.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    kind: &ResourceKind,
    request: &ListRequest,
    base: &Base,
) -> Result<ListResponse, Refusal> {
    let (total, ids) = directory::page(tx, kind, request).await?;
    let resources = load(tx, kind, &ids, &request.selection, base).await?;
    Ok(ListResponse::new(total, request.start, resources))
}

/// The resources with these ids, in their order.
pub(crate) async fn load(
    tx: &mut impl TenantConnection,
    kind: &ResourceKind,
    ids: &[Uuid],
    selection: &Selection,
    base: &Base,
) -> Result<Vec<Value>, Refusal> {
    let mut found = if kind.name == USER.name {
        let found = principals::load(tx, ids).await?;
        users(tx, &found, selection, base).await?
    } else {
        groups_of(tx, ids, selection, base).await?
    };
    let in_order = ids.iter().filter_map(|id| found.remove(id));
    Ok(in_order.map(|resource| selection.apply(kind, &resource)).collect())
}

/// A principal with the attributes that were asked for.
pub(crate) async fn one_user(
    tx: &mut impl TenantConnection,
    principal: &Principal,
    selection: &Selection,
    base: &Base,
) -> Result<Value, Refusal> {
    let found = users(tx, std::slice::from_ref(principal), selection, base).await?;
    let found = found.into_values().next().ok_or(Error::NotFound(Thing::Principal))?;
    Ok(selection.apply(&USER, &found))
}

/// The group with this id, with the attributes that were asked for.
pub(crate) async fn one_group(
    tx: &mut impl TenantConnection,
    id: Uuid,
    selection: &Selection,
    base: &Base,
) -> Result<Value, Refusal> {
    let found = load(tx, &GROUP, &[id], selection, base).await?.pop();
    Ok(found.ok_or(Error::NotFound(Thing::Group))?)
}

async fn users(
    tx: &mut impl TenantConnection,
    found: &[Principal],
    selection: &Selection,
    base: &Base,
) -> Result<HashMap<Uuid, Value>, Refusal> {
    let mut inside: HashMap<Uuid, Vec<Value>> = HashMap::new();
    if selection.shows(&USER, "groups") {
        let ids: Vec<Uuid> = found.iter().map(|one| one.id.uuid()).collect();
        for (principal, id, name) in members::groups_of_directory(tx, &ids).await? {
            let group = json!({"value": id, "$ref": base.location(&GROUP, id), "display": name});
            inside.entry(principal).or_default().push(group);
        }
    }
    let mut all = HashMap::new();
    for one in found {
        let groups = inside.remove(&one.id.uuid()).map(Value::from);
        all.insert(one.id.uuid(), user::resource(one, base, groups)?);
    }
    Ok(all)
}

async fn groups_of(
    tx: &mut impl TenantConnection,
    ids: &[Uuid],
    selection: &Selection,
    base: &Base,
) -> Result<HashMap<Uuid, Value>, Refusal> {
    let mut inside =
        if selection.shows(&GROUP, "members") { members_of(tx, ids).await? } else { HashMap::new() };
    let mut all = HashMap::new();
    for one in groups::load(tx, ids).await? {
        let members = inside.remove(&one.id.uuid()).unwrap_or_default();
        all.insert(one.id.uuid(), group::resource(&one, &members, base)?);
    }
    Ok(all)
}

/// The direct members of groups, as far as SCIM knows them.
pub(crate) async fn members_of(
    tx: &mut impl TenantConnection,
    groups: &[Uuid],
) -> Result<HashMap<Uuid, Vec<MemberRef>>, Error> {
    let mut inside: HashMap<Uuid, Vec<MemberRef>> = HashMap::new();
    for (group, id, is_group) in members::of_directory(tx, groups).await? {
        let member = if is_group {
            MemberRef::Group(Id::from_uuid(id))
        } else {
            MemberRef::Principal(Id::from_uuid(id))
        };
        inside.entry(group).or_default().push(member);
    }
    Ok(inside)
}
