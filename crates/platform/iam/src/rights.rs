//! What a caller may do in a tenant: worked out from bindings, groups, roles and the token.

use std::collections::HashMap;
use std::sync::Arc;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::{
    Caller, Catalogue, Grant, GrantedRights, Limits, Reach, RoleTable, Source, token_grants, wide_roles,
};
use athyper_kernel_policy::{Subject as PolicySubject, SubjectKind};
use athyper_kernel_tenant_context::{ActorKind, TenantContext};
use athyper_kernel_types::{Clock, Id, PrincipalId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::binding::{RoleBinding, Scope, Subject};
use crate::model::principal::Status;
use crate::model::role::{RoleId, built_in_id};
use crate::ports::{Duties, Duty, Holder};
use crate::store::bindings::{self, Which};
use crate::store::{access, org_units, roles};
use crate::subject::subject_of;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who<'a> {
    /// The principal, where that is known.
    pub(crate) principal: Option<PrincipalId>,
    /// Whose token it is: the key of the realm.
    pub(crate) provider: &'a str,
    /// Subject of the token, and id of the actor.
    pub(crate) subject: &'a str,
    /// Whether the token is a service's.
    pub(crate) kind: SubjectKind,
    /// Roles that the token names.
    pub(crate) token_roles: &'a [String],
}

/// Whether a person or a service acts.
pub(crate) fn kind_of(context: &TenantContext) -> SubjectKind {
    if context.actor().kind == ActorKind::Service { SubjectKind::Service } else { SubjectKind::Person }
}

impl<'a> Who<'a> {
    /// The caller of a request.
    pub(crate) fn calls(caller: &'a Caller) -> Self {
        Self {
            principal: caller.identity().principal,
            provider: caller.context().realm_key(),
            subject: &caller.context().actor().id,
            kind: kind_of(caller.context()),
            token_roles: &caller.identity().roles,
        }
    }
}

/// What was found out about a caller.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// These are the rights.
    Rights(Arc<GrantedRights>),
    /// The principal is suspended, deprovisioned or not there: it may do nothing, whatever its token says.
    ShutOut,
}

/// What rights are worked out with, beside what the database says.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// All permissions there are.
    pub(crate) catalogue: Catalogue,
    /// Tells whether a role has run out.
    pub(crate) clock: Clock,
    /// Who knows which duties are kept apart.
    pub(crate) duties: Arc<dyn Duties>,
}

/// Works out the rights of a caller.
pub(crate) async fn load(
    tx: &mut impl TenantConnection,
    known: &Known,
    who: Who<'_>,
) -> Result<Found, DbError> {
    let Some((standing, grants)) = standing_of(tx, known, who).await? else { return Ok(Found::ShutOut) };
    let own_units = match standing.org_unit_id {
        Some(unit) => org_units::subtrees(tx, &[unit]).await?.remove(&unit),
        None => None,
    };
    let roles = wide_roles(&grants, known.clock.now());
    let subject = match standing.id {
        Some(id) => subject_of(tx, Id::from_uuid(id), roles.clone()).await?,
        None => None,
    };
    // Of somebody without a principal no more is known than its token.
    let nobody = PolicySubject { kind: who.kind, roles, ..PolicySubject::default() };
    let subject = PolicySubject { id: who.subject.to_owned(), ..subject.unwrap_or(nobody) };
    Ok(Found::Rights(Arc::new(GrantedRights {
        catalogue: known.catalogue.clone(),
        clock: known.clock.clone(),
        subject: Arc::new(subject),
        own_units,
        grants,
    })))
}

/// How a caller stands, and which roles it has; none for one who is shut out.
pub(crate) async fn standing_of(
    tx: &mut impl TenantConnection,
    known: &Known,
    who: Who<'_>,
) -> Result<Option<(access::Standing, Vec<Grant>)>, DbError> {
    let standing = access::standing(tx, who.principal, who.provider, who.subject).await?;
    let is_active = standing.status.as_deref() == Some(Status::Active.as_str());
    let is_known = standing.id.is_some() || who.principal.is_some();
    if is_known && !is_active {
        return Ok(None);
    }
    let mut held = match standing.id {
        Some(id) => grants_of(tx, &known.catalogue, known.clock.now(), id).await?,
        None => Vec::new(),
    };
    if standing.trusts_tokens {
        held.extend(token_grants(&known.catalogue, who.token_roles));
        held = keep_apart(tx, known, standing.id.map(Id::from_uuid), held).await?;
    }
    Ok(Some((standing, held)))
}

/// What the bindings of a principal and of its groups give, whatever its status is.
pub(crate) async fn grants_of(
    tx: &mut impl TenantConnection,
    catalogue: &Catalogue,
    now: DateTime<Utc>,
    principal: Uuid,
) -> Result<Vec<Grant>, DbError> {
    let groups = access::groups_of(tx, principal).await?;
    let which = Which { principals: vec![principal], groups, ..Which::default() };
    let bindings = bindings::active(tx, now, &which).await?;
    resolve(tx, catalogue, &bindings).await
}

/// Takes back what a token gives of two duties that must not be had together: which roles a token will name is not known
/// when a role is bound, so that what is bound counts and what the token adds to it does not. Where the token alone gives
/// both, it gives neither.
async fn keep_apart(
    tx: &mut impl TenantConnection,
    known: &Known,
    principal: Option<PrincipalId>,
    held: Vec<Grant>,
) -> Result<Vec<Grant>, DbError> {
    if !held.iter().any(|one| one.source == Source::Token) {
        return Ok(held);
    }
    let holder = [Holder { principal, held }];
    let broken = known.duties.broken(tx, known.clock.now(), &holder).await?;
    let [Holder { mut held, .. }] = holder;
    for duty in broken.iter().flat_map(|rule| &rule.duties) {
        match duty {
            Duty::Role(word) => held.retain(|one| one.source != Source::Token || one.role.word != *word),
            Duty::Permission(name) => {
                for one in held.iter_mut().filter(|one| one.source == Source::Token) {
                    Arc::make_mut(&mut one.role).permissions.remove(name.as_str());
                }
            }
        }
    }
    Ok(held)
}

/// What bindings give, in their order. A role or a unit that is no more gives nothing.
pub(crate) async fn resolve(
    tx: &mut impl TenantConnection,
    catalogue: &Catalogue,
    bindings: &[RoleBinding],
) -> Result<Vec<Grant>, DbError> {
    let tables = tables(tx, catalogue, bindings).await?;
    let unit = |binding: &RoleBinding| match binding.scope {
        Scope::OrgUnit { id } => Some(id.uuid()),
        _ => None,
    };
    let units: Vec<Uuid> = bindings.iter().filter_map(unit).collect();
    let subtrees = org_units::subtrees(tx, &units).await?;
    let grant = |binding: &RoleBinding| {
        let mut limits = Limits::default();
        match &binding.scope {
            Scope::Tenant => {}
            Scope::OrgUnit { id } => limits.org_units = Some(Arc::clone(subtrees.get(&id.uuid())?)),
            Scope::Module { module } => limits.module = Some(module.clone()),
            Scope::Record { record_type, id } => limits.record = Some((record_type.clone(), *id)),
        }
        let group = match binding.subject {
            Subject::Group(id) => Some(id.uuid()),
            Subject::Principal(_) => None,
        };
        let role = Arc::clone(tables.get(&binding.role.uuid())?);
        let source = Source::Binding { id: binding.id.uuid(), group };
        Some(Grant { role, limits, expires_at: binding.expires_at, source })
    };
    Ok(bindings.iter().filter_map(grant).collect())
}

/// The roles that bindings name, by id.
async fn tables(
    tx: &mut impl TenantConnection,
    catalogue: &Catalogue,
    bindings: &[RoleBinding],
) -> Result<HashMap<Uuid, Arc<RoleTable>>, DbError> {
    let mut tables: HashMap<Uuid, Arc<RoleTable>> =
        catalogue.roles().map(|role| (built_in_id(&role.key).uuid(), Arc::clone(role))).collect();
    let mut own: Vec<Uuid> = bindings.iter().map(|binding| binding.role.uuid()).collect();
    own.retain(|id| !tables.contains_key(id));
    own.sort_unstable();
    own.dedup();
    for role in roles::load(tx, &own).await? {
        let table = table(catalogue, (&role.name, role.id), &role.permissions);
        tables.insert(role.id.uuid(), Arc::new(table));
    }
    Ok(tables)
}

/// A role of the tenant as the authorisation sees it. A permission that no module declares any more gives nothing.
pub(crate) fn table(catalogue: &Catalogue, (name, id): (&str, RoleId), permissions: &[String]) -> RoleTable {
    let known = permissions.iter().filter_map(|permission| catalogue.find(permission));
    RoleTable::new(name, &id.to_string(), known.map(|one| (one.name, Reach::Tenant)).collect())
}
