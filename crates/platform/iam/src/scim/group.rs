//! A group as a SCIM group, and back, with its members.

use std::collections::HashSet;

use athyper_kernel_db::TenantTx;
use athyper_kernel_http::etag;
use athyper_kernel_scim::forms::{self, GroupForm, ReferenceForm};
use athyper_kernel_scim::{Base, GROUP, ScimError, USER};
use athyper_kernel_types::{Id, Text};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Refusal;
use crate::commands::create_group::GroupInput;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::group::{Group, GroupId, MemberRef};
use crate::scim::user::check_is_user;
use crate::store::{groups, members, principals};

/// A group in the form of the schema.
#[derive(Debug)]
pub(crate) struct GroupResource(GroupForm);

impl GroupResource {
    /// What a group is in this form.
    pub(crate) fn of(group: &Group, members: &[MemberRef], base: &Base) -> Self {
        let member = |member: &MemberRef| {
            let (kind, id) = match member {
                MemberRef::Principal(id) => (&USER, id.uuid()),
                MemberRef::Group(id) => (&GROUP, id.uuid()),
            };
            ReferenceForm {
                value: Some(id.to_string()),
                reference: Some(base.location(kind, id)),
                kind: Some(kind.name.to_owned()),
            }
        };
        Self(GroupForm {
            external_id: group.external_id.clone(),
            display_name: Some(group.display_name.clone()),
            members: members.iter().map(member).collect(),
        })
    }

    /// Reads an object that the schema has let through.
    pub(crate) fn read(object: Map<String, Value>) -> Result<Self, ScimError> {
        Ok(Self(forms::read(object)?))
    }

    /// The same as an object, as patches work on it.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        Ok(forms::object(&self.0)?)
    }

    /// What a group is to be besides its members. What SCIM does not know stays.
    pub(crate) fn input(&self, description: Option<&str>) -> Result<GroupInput, Refusal> {
        let text = |attribute: &str, text: &str| {
            Text::parse(text).map_err(|error| ScimError::value(format!("{attribute}: {error}")))
        };
        let name = self.0.display_name.as_deref();
        let name = name.ok_or_else(|| ScimError::value("displayName is required"))?;
        let wrong = |error: athyper_kernel_types::TextError| ScimError::value(error.to_string());
        Ok(GroupInput {
            display_name: text("displayName", name)?,
            external_id: self.0.external_id.as_deref().map(|id| text("externalId", id)).transpose()?,
            description: Text::parse(description.unwrap_or_default()).map_err(wrong)?,
        })
    }

    /// The ids of the members.
    pub(crate) fn members(&self) -> Result<HashSet<Uuid>, ScimError> {
        self.0.members.iter().map(|member| member.id("a member of members")).collect()
    }
}

/// A group as a whole resource.
pub(crate) fn resource(group: &Group, members: &[MemberRef], base: &Base) -> Result<Value, Refusal> {
    let own = GroupResource::of(group, members, base).object()?;
    let mut all = Map::from_iter([
        ("schemas".to_owned(), json!([GROUP.schema.urn])),
        ("id".to_owned(), json!(group.id)),
    ]);
    all.extend(own);
    let times = (group.created_at, group.updated_at);
    let meta = base.meta(&GROUP, group.id.uuid(), &etag(group.version), times);
    all.insert("meta".to_owned(), meta);
    Ok(all.into())
}

/// What became of the members of a group.
#[derive(Debug, Default)]
pub(crate) struct MembersChanged {
    /// Ids of those that came.
    pub(crate) added: Vec<String>,
    /// Ids of those that went.
    pub(crate) removed: Vec<String>,
}

impl MembersChanged {
    /// Whether nobody came or went.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// Gives a group exactly these members, of those that SCIM knows: people and groups. Services that are in the group stay.
///
/// # Errors
/// For ids of nothing, groups that would be in themselves, what the caller cannot give, and what the guard forbids.
pub(crate) async fn set_members(
    tx: &mut TenantTx,
    granter: &Granter,
    group: GroupId,
    wanted: &HashSet<Uuid>,
) -> Result<MembersChanged, Error> {
    let present: HashSet<Uuid> =
        members::of_directory(tx, &[group.uuid()]).await?.into_iter().map(|(_, id, _)| id).collect();
    let (new, gone) = (ids(wanted, &present), ids(&present, wanted));
    if new.is_empty() && gone.is_empty() {
        return Ok(MembersChanged::default());
    }
    let new = checked(tx, group, new).await?;
    let mut affected = Vec::new();
    for member in &new {
        match member {
            MemberRef::Principal(id) => affected.push(id.uuid()),
            MemberRef::Group(id) => {
                affected.extend(members::principals_in(tx, *id).await?.into_iter().map(Id::uuid));
            }
        }
    }
    if !new.is_empty() {
        granter.check_group(tx, group).await?;
    }
    let guard = Guard::before(tx, granter, affected).await?;

    members::insert_all(tx, group, &new).await?;
    members::delete_these(tx, group, &gone).await?;
    guard.after(tx).await?;

    let added = new.iter().map(|member| match member {
        MemberRef::Principal(id) => id.to_string(),
        MemberRef::Group(id) => id.to_string(),
    });
    Ok(MembersChanged { added: added.collect(), removed: gone.iter().map(Uuid::to_string).collect() })
}

/// Those of the first that the second has not, in a fixed order.
fn ids(these: &HashSet<Uuid>, those: &HashSet<Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = these.difference(those).copied().collect();
    ids.sort_unstable();
    ids
}

/// What the ids of new members are: people who are there, and groups that the group is not in itself.
async fn checked(tx: &mut TenantTx, group: GroupId, new: Vec<Uuid>) -> Result<Vec<MemberRef>, Error> {
    let people = principals::load(tx, &new).await?;
    let unknown = || Error::UnknownReference { pointer: "/members", what: Thing::Principal };
    let mut checked = Vec::new();
    let mut rest: HashSet<Uuid> = new.into_iter().collect();
    for one in &people {
        check_is_user(one).map_err(|_| unknown())?;
        rest.remove(&one.id.uuid());
        checked.push(MemberRef::Principal(one.id));
    }
    if rest.is_empty() {
        return Ok(checked);
    }
    let above = members::groups_above(tx, group).await?;
    for id in rest {
        let found = groups::find(tx, Id::from_uuid(id)).await?.ok_or_else(unknown)?;
        if above.contains(&found.id) {
            return Err(Error::GroupCycle);
        }
        checked.push(MemberRef::Group(found.id));
    }
    Ok(checked)
}
