//! What federation asks of identity and access, in its own transactions: who comes by a provider of the tenant, who may give what, and giving
//! and taking it. What changes access goes through the guard as everything else does.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Caller, Catalogue, Grant, OperationKind};
use athyper_kernel_types::{Id, PrincipalId, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::commands::create_principal::{self, CreatePrincipal};
use crate::commands::create_role_binding::{check_scope, find_role};
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::guard::Guard;
use crate::model::binding::{BindingId, RoleBinding, Scope, Subject};
use crate::model::group::{GroupId, MemberRef};
use crate::model::principal::{Authority, Link, PrincipalKind, Status};
use crate::model::profile::{Contact, Profile};
use crate::queries::get_role::built_in;
use crate::rights::{grants_of, resolve};
use crate::store::bindings::{self, Which};
use crate::store::{access, federated, groups, links, members, people, principals};

/// A person whom the tenant knows, as federation sees it.
#[derive(Clone, Copy, Debug)]
pub struct FederatedPerson {
    /// Id.
    pub id: PrincipalId,
    /// Whether the person is active, and whether the person is gone for good.
    pub is_active: bool,
    /// Gone for good.
    pub is_gone: bool,
    /// A provisioning system has the say about the record.
    pub is_provisioned: bool,
    /// Sign-ins have the say about the record.
    pub is_of_sign_in: bool,
    /// Holds something that says who comes in or who may do what.
    pub is_administrator: bool,
}

/// What is said of a person; what is none is not known.
#[derive(Clone, Debug, Default)]
pub struct FederatedProfile {
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// The whole name.
    pub display_name: Option<String>,
    /// A mail address that somebody has verified.
    pub verified_mail: Option<String>,
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

/// Waits until nobody else changes access in the tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_access(tx: &mut TenantTx) -> Result<(), Problem> {
    Ok(access::lock(tx).await.map_err(Error::from)?)
}

/// The person that a subject of a provider is linked to.
///
/// # Errors
/// When the database does not answer.
pub async fn person_by_link(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    (provider, subject): (&str, &str),
) -> Result<Option<FederatedPerson>, Problem> {
    let Some(id) = federated::linked(tx, provider, subject).await.map_err(Error::from)? else { return Ok(None) };
    Ok(Some(person(tx, catalogue, Id::from_uuid(id)).await?))
}

/// All people with a mail address, also those who are gone.
///
/// # Errors
/// When the database does not answer.
pub async fn people_by_mail(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    mail: &str,
) -> Result<Vec<FederatedPerson>, Problem> {
    let mut found = Vec::new();
    for id in federated::by_mail(tx, mail).await.map_err(Error::from)? {
        found.push(person(tx, catalogue, Id::from_uuid(id)).await?);
    }
    Ok(found)
}

async fn person(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    id: PrincipalId,
) -> Result<FederatedPerson, Error> {
    let found = principals::find(tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    let now = tx.now();
    let grants = grants_of(tx, catalogue, now, id.uuid()).await?;
    Ok(FederatedPerson {
        id,
        // A service never comes in by a provider of people.
        is_active: found.status == Status::Active && found.kind == PrincipalKind::User,
        is_gone: found.status == Status::Deprovisioned,
        is_provisioned: found.authority == Authority::Scim,
        is_of_sign_in: matches!(found.authority, Authority::Jit | Authority::Oidc),
        is_administrator: grants.iter().any(|grant| administers(catalogue, grant)),
    })
}

/// Modules whose administration says who comes in and who may do what.
const OF_ACCESS: [&str; 6] = ["accounts", "audit", "federation", "governance", "iam", "security"];

/// Whether a grant is of those who say who comes in and who may do what, or who run the platform.
fn administers(catalogue: &Catalogue, grant: &Grant) -> bool {
    let mut permissions = grant.role.permissions.keys().filter_map(|name| catalogue.find(name));
    permissions.any(|one| match one.kind {
        OperationKind::Control => true,
        OperationKind::Administer => OF_ACCESS.contains(&one.module()),
        _ => false,
    })
}

/// Enters a person with a link, under the first of these names that nobody has as name or mail address.
///
/// # Errors
/// All of the names are taken; something of the profile cannot be taken.
pub async fn create_person(
    tx: &mut TenantTx,
    names: &[String],
    profile: &FederatedProfile,
    (provider, subject): (&str, &str),
) -> Result<PrincipalId, Problem> {
    let tenant = tx.tenant_id();
    let mut free = None;
    for name in names {
        let is_own_mail = profile.verified_mail.as_ref().is_some_and(|mail| mail.eq_ignore_ascii_case(name));
        let is_free = people::by_login(tx.conn(), tenant, name).await.map_err(Error::from)?.is_none();
        if let Ok(name) = Text::parse(name)
            && is_free
            && (is_own_mail || federated::by_mail(tx, name.as_str()).await.map_err(Error::from)?.is_empty())
        {
            free = Some(name);
            break;
        }
    }
    let user_name = free.ok_or(Error::Taken { pointer: "/userName", what: "user name" })?;
    let input = CreatePrincipal {
        kind: PrincipalKind::User,
        user_name,
        external_id: None,
        manager: None,
        org_unit: None,
        profile: profile.on(Profile::default(), true),
    };
    let done = create_principal::execute(tx, &input, Authority::Jit).await?;
    link_person(tx, done.output.id, (provider, subject)).await?;
    Ok(done.output.id)
}

/// Links a subject of a provider to a person.
///
/// # Errors
/// The subject is linked already.
pub async fn link_person(
    tx: &mut TenantTx,
    person: PrincipalId,
    (provider, subject): (&str, &str),
) -> Result<(), Problem> {
    let link = Link { provider: provider.to_owned(), subject: subject.to_owned(), authority: Authority::Jit };
    Ok(links::insert(tx, person, &link).await.map_err(Error::from)?)
}

/// Takes over what a provider says of a person, unless a provisioning system has the say. A mail address is taken over only where sign-ins have
/// the say: passwords of others are reset by it. Says whether anything changed.
///
/// # Errors
/// Something of it cannot be taken.
pub async fn refresh_person(
    tx: &mut TenantTx,
    person: PrincipalId,
    profile: &FederatedProfile,
) -> Result<bool, Problem> {
    let found = principals::lock(tx, person).await.map_err(Error::from)?;
    let old = found.ok_or(Error::NotFound(Thing::Principal))?;
    if old.authority == Authority::Scim {
        return Ok(false);
    }
    let is_of_sign_in = matches!(old.authority, Authority::Jit | Authority::Oidc);
    let wanted = profile.on(old.profile.clone(), is_of_sign_in);
    let wanted = wanted.checked().map_err(Error::InvalidProfile)?;
    if wanted == old.profile {
        return Ok(false);
    }
    let changed = crate::model::principal::Principal { profile: wanted, ..old };
    principals::update(tx, &changed).await.map_err(Error::from)?;
    Ok(true)
}

impl FederatedProfile {
    /// A profile with what is said; what is not said stays.
    fn on(&self, old: Profile, takes_mail: bool) -> Profile {
        let mail = self.verified_mail.as_ref().filter(|_| takes_mail);
        let emails = match mail {
            Some(mail) if !old.emails.iter().any(|known| known.value.eq_ignore_ascii_case(mail)) => {
                vec![Contact { value: mail.clone(), kind: Some("work".to_owned()), primary: true }]
            }
            _ => old.emails.clone(),
        };
        Profile {
            given_name: self.given_name.clone().or(old.given_name),
            family_name: self.family_name.clone().or(old.family_name),
            display_name: self.display_name.clone().or(old.display_name),
            emails,
            ..old
        }
    }
}

/// Checks that a caller holds all that a target gives, and gives the target back as it is kept.
///
/// # Errors
/// There is no such group, role or scope, or the caller lacks some of what it gives.
pub async fn check_may_give(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    caller: &Caller,
    target: &Value,
) -> Result<Value, Problem> {
    let granter = Granter::calling(tx, caller, catalogue).await?;
    let target = read(target)?;
    match &target {
        Target::Group { group } => {
            let unknown = Error::UnknownReference { pointer: "/target/group", what: Thing::Group };
            groups::find(tx, *group).await.map_err(Error::from)?.ok_or(unknown)?;
            granter.check_group(tx, *group).await?;
        }
        Target::Role { role, scope } => {
            let binding = binding(tx, &granter.catalogue, PrincipalId::nil(), (role, scope)).await?;
            for grant in &resolve(tx, catalogue, std::slice::from_ref(&binding)).await.map_err(Error::from)? {
                if !granter.rights.cover("iam.create_role_binding", &grant.limits) {
                    return Err(Error::CannotGrant { permission: "iam.create_role_binding".to_owned() }.into());
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
pub async fn check_may_vouch(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    caller: &Caller,
) -> Result<(), Problem> {
    let granter = Granter::calling(tx, caller, catalogue).await?;
    let now = tx.now();
    let all = Which { all: true, ..Which::default() };
    let found = bindings::active(tx, now, &all).await.map_err(Error::from)?;
    let given = resolve(tx, catalogue, &found).await.map_err(Error::from)?;
    let given: Vec<Grant> = given.into_iter().filter(|grant| !administers(catalogue, grant)).collect();
    Ok(granter.check(&given)?)
}

/// Gives a target to a person; none where the person has it already. What is refused has changed nothing.
///
/// # Errors
/// The target is no more, or duties are kept apart.
pub async fn give(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    person: PrincipalId,
    target: &Value,
) -> Result<Option<FederatedGift>, Problem> {
    let target = read(target)?;
    if has(tx, catalogue, person, &target).await? {
        return Ok(None);
    }
    access::lock(tx).await.map_err(Error::from)?;
    if has(tx, catalogue, person, &target).await? {
        return Ok(None);
    }
    savepoint(tx, "set").await?;
    let given = give_now(tx, catalogue, person, &target).await;
    savepoint(tx, if given.is_ok() { "release" } else { "back" }).await?;
    Ok(Some(given?))
}

async fn give_now(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    person: PrincipalId,
    target: &Target,
) -> Result<FederatedGift, Error> {
    let guard = Guard::before(tx, catalogue, vec![person.uuid()]).await?;
    let given = match target {
        Target::Group { group } => {
            let found = groups::lock(tx, *group).await?.ok_or(Error::NotFound(Thing::Group))?;
            members::insert(tx, *group, MemberRef::Principal(person)).await?;
            groups::update(tx, &found).await?;
            FederatedGift::Group(group.uuid())
        }
        Target::Role { role, scope } => {
            let binding = binding(tx, catalogue, person, (role, scope)).await?;
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
            let is_same =
                |one: &RoleBinding| one.role == wanted.role && one.scope == wanted.scope && one.expires_at.is_none();
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
    catalogue: &Catalogue,
    given: &[(PrincipalId, FederatedGift)],
) -> Result<(), Problem> {
    access::lock(tx).await.map_err(Error::from)?;
    savepoint(tx, "set").await?;
    let taken = take_back_now(tx, catalogue, given).await;
    savepoint(tx, if taken.is_ok() { "release" } else { "back" }).await?;
    Ok(taken?)
}

async fn take_back_now(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    given: &[(PrincipalId, FederatedGift)],
) -> Result<(), Error> {
    let guard = Guard::before(tx, catalogue, Vec::new()).await?;
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

/// Sets the savepoint of an attempt, forgets it, or goes back to it.
async fn savepoint(tx: &mut TenantTx, what: &str) -> Result<(), Error> {
    let statement = match what {
        "set" => "savepoint federated",
        "release" => "release savepoint federated",
        _ => "rollback to savepoint federated",
    };
    sqlx::raw_sql(statement).execute(tx.conn()).await.map_err(DbError::from)?;
    Ok(())
}
