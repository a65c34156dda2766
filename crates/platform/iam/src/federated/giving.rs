//! What the groups of a provider give: who may say so, and giving and taking it. All of it goes through the guard as every change of access does.

use std::sync::Arc;

use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Caller, Catalogue, Grant};
use athyper_kernel_types::PrincipalId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::administers;
use crate::commands::create_role_binding::{check_scope, find_role};
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::binding::{BindingId, RoleBinding, Scope, Subject};
use crate::model::group::{GroupId, MemberRef};
use crate::ports::Duties;
use crate::queries::get_role::built_in;
use crate::rights::{Known, resolve};
use crate::store::bindings::{self, Which};
use crate::store::{access, federated, groups, members};

/// What rights are worked out with.
#[derive(Clone, Debug)]
pub struct Giving {
    /// All permissions there are.
    pub catalogue: Catalogue,
    /// Who knows which duties are kept apart.
    pub duties: Arc<dyn Duties>,
}

impl Giving {
    fn known(&self, tx: &TenantTx) -> Known {
        Known {
            catalogue: self.catalogue.clone(),
            clock: tx.clock().clone(),
            duties: Arc::clone(&self.duties),
        }
    }
}

/// What was given: a membership, or a role binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FederatedGift {
    /// Membership in this group.
    Group(Uuid),
    /// This role binding.
    Binding(Uuid),
}

/// What can be given, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Target {
    Group {
        group: GroupId,
    },
    Role {
        role: String,
        #[serde(default)]
        scope: Scope,
    },
}

/// Checks that a caller holds all that a target gives, and gives the target back as it is kept.
///
/// # Errors
/// There is no such group, role or scope, or the caller lacks some of what it gives.
pub async fn check_may_give(
    tx: &mut TenantTx,
    giving: &Giving,
    caller: &Caller,
    target: &Value,
) -> Result<Value, Problem> {
    let granter = Granter::calling(tx, caller, giving.known(tx)).await?;
    let target = read(target)?;
    match &target {
        Target::Group { group } => {
            let unknown = Error::UnknownReference { pointer: "/target/group", what: Thing::Group };
            groups::find(tx, *group).await.map_err(Error::from)?.ok_or(unknown)?;
            granter.check_group(tx, *group).await?;
        }
        Target::Role { role, scope } => {
            let binding = binding(tx, &granter.catalogue, PrincipalId::nil(), (role, scope)).await?;
            for grant in
                &resolve(tx, &giving.catalogue, std::slice::from_ref(&binding)).await.map_err(Error::from)?
            {
                if !granter.rights.cover("iam.create_role_binding", &grant.limits) {
                    return Err(
                        Error::CannotGrant { permission: "iam.create_role_binding".to_owned() }.into()
                    );
                }
                granter.check(std::slice::from_ref(grant))?;
            }
        }
    }
    serde_json::to_value(&target).map_err(Problem::internal)
}

/// Checks that a caller holds all that is bound to anybody who is no administrator: whoever says by which provider people come in could come in
/// as one of them.
///
/// # Errors
/// The caller lacks some of it.
pub async fn check_may_vouch(tx: &mut TenantTx, giving: &Giving, caller: &Caller) -> Result<(), Problem> {
    let granter = Granter::calling(tx, caller, giving.known(tx)).await?;
    let now = tx.now();
    let all = Which { all: true, ..Which::default() };
    let found = bindings::active(tx, now, &all).await.map_err(Error::from)?;
    let given = resolve(tx, &giving.catalogue, &found).await.map_err(Error::from)?;
    let given: Vec<Grant> =
        given.into_iter().filter(|grant| !administers(&giving.catalogue, grant)).collect();
    Ok(granter.check(&given)?)
}

/// Gives a target to a person; none where the person has it already. What is refused has changed nothing.
///
/// # Errors
/// The target is no more, or duties are kept apart.
pub async fn give(
    tx: &mut TenantTx,
    giving: &Giving,
    person: PrincipalId,
    target: &Value,
) -> Result<Option<FederatedGift>, Problem> {
    let target = read(target)?;
    if has(tx, &giving.catalogue, person, &target).await? {
        return Ok(None);
    }
    access::lock(tx).await.map_err(Error::from)?;
    if has(tx, &giving.catalogue, person, &target).await? {
        return Ok(None);
    }
    tx.savepoint("federated").await.map_err(Error::from)?;
    let given = give_now(tx, giving, person, &target).await;
    tx.end_savepoint("federated", given.is_ok()).await.map_err(Error::from)?;
    Ok(Some(given?))
}

async fn give_now(
    tx: &mut TenantTx,
    giving: &Giving,
    person: PrincipalId,
    target: &Target,
) -> Result<FederatedGift, Error> {
    let known = giving.known(tx);
    let guard = Guard::before(tx, &known, vec![person.uuid()]).await?;
    let given = match target {
        Target::Group { group } => {
            let found = groups::lock(tx, *group).await?.ok_or(Error::NotFound(Thing::Group))?;
            members::insert(tx, *group, MemberRef::Principal(person)).await?;
            groups::update(tx, &found).await?;
            FederatedGift::Group(group.uuid())
        }
        Target::Role { role, scope } => {
            let binding = binding(tx, &giving.catalogue, person, (role, scope)).await?;
            bindings::insert(tx, &binding).await?;
            FederatedGift::Binding(binding.id.uuid())
        }
    };
    guard.after(tx).await?;
    Ok(given)
}

async fn has(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    person: PrincipalId,
    target: &Target,
) -> Result<bool, Error> {
    match target {
        Target::Group { group } => Ok(federated::is_member(tx, *group, person).await?),
        Target::Role { role, scope } => {
            let wanted = binding(tx, catalogue, person, (role, scope)).await?;
            let now = tx.now();
            let which = Which { principals: vec![person.uuid()], ..Which::default() };
            let is_same = |one: &RoleBinding| {
                one.role == wanted.role && one.scope == wanted.scope && one.expires_at.is_none()
            };
            Ok(bindings::active(tx, now, &which).await?.iter().any(is_same))
        }
    }
}

/// Takes back what was given to people, as far as it is there. What is refused has changed nothing.
///
/// # Errors
/// Nobody would administer the tenant any more.
pub async fn take_back(
    tx: &mut TenantTx,
    giving: &Giving,
    given: &[(PrincipalId, FederatedGift)],
) -> Result<(), Problem> {
    access::lock(tx).await.map_err(Error::from)?;
    tx.savepoint("federated").await.map_err(Error::from)?;
    let taken = take_back_now(tx, giving, given).await;
    tx.end_savepoint("federated", taken.is_ok()).await.map_err(Error::from)?;
    Ok(taken?)
}

async fn take_back_now(
    tx: &mut TenantTx,
    giving: &Giving,
    given: &[(PrincipalId, FederatedGift)],
) -> Result<(), Error> {
    let known = giving.known(tx);
    let guard = Guard::before(tx, &known, Vec::new()).await?;
    let mut ended = Vec::new();
    for (person, gift) in given {
        match gift {
            FederatedGift::Binding(id) => ended.push(*id),
            FederatedGift::Group(group) => {
                let group = GroupId::from_uuid(*group);
                if let Some(found) = groups::lock(tx, group).await?
                    && members::delete(tx, group, person.uuid()).await?
                {
                    groups::update(tx, &found).await?;
                }
            }
        }
    }
    bindings::end(tx, &ended).await?;
    guard.after(tx).await
}

fn read(target: &Value) -> Result<Target, Error> {
    serde_json::from_value(target.clone())
        .map_err(|_| Error::UnknownReference { pointer: "/target", what: Thing::Role })
}

/// The binding that a role in a scope would be.
async fn binding(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    person: PrincipalId,
    (role, scope): (&str, &Scope),
) -> Result<RoleBinding, Error> {
    let role = find_role(tx, catalogue, role).await?;
    check_scope(tx, catalogue, scope).await?;
    Ok(RoleBinding {
        id: BindingId::new(tx.clock()),
        subject: Subject::Principal(person),
        role,
        role_key: built_in(catalogue, role).map(|table| table.key.clone()),
        scope: scope.clone(),
        reason: Some("given by a mapping of groups".to_owned()),
        expires_at: None,
        ended_at: None,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
    })
}
