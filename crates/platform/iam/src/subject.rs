//! What decides about a principal beside its permissions: roles, groups, units, and who reports to it.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::{Caller, Catalogue};
use athyper_kernel_types::{Id, PrincipalId};
use std::sync::Arc;
use uuid::Uuid;

use crate::model::principal::{PrincipalKind, Status};
use crate::ports::{Duties, Held};
use crate::rights::{Known, Who, held_by, standing_of};
use crate::store::{access, links, org_units, principals, subjects};

/// Somebody, as rules about people and services see them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectFacts {
    /// Id of the actor, as in the audit trail.
    pub actor: String,
    /// The principal, where the tenant knows one.
    pub principal: Option<PrincipalId>,
    /// Other names by which the trail knows the principal.
    pub names: Vec<String>,
    /// Whether it is a service.
    pub is_service: bool,
    /// Roles that hold in the whole tenant: keys of built-in ones, ids of the tenant's.
    pub roles: Vec<String>,
    /// Groups, also through others.
    pub groups: Vec<Uuid>,
    /// The organizational unit and all above it.
    pub units_above: Vec<Uuid>,
    /// The organizational unit and all below it.
    pub units_below: Vec<Uuid>,
    /// All names of those who report to it, directly or through others.
    pub reports: Vec<String>,
}

/// The one who calls; none for one who is shut out.
///
/// # Errors
/// When the database does not answer.
pub async fn caller_facts(
    mut tx: &mut dyn TenantConnection,
    catalogue: &Catalogue,
    duties: &Arc<dyn Duties>,
    clock: &athyper_kernel_types::Clock,
    caller: &Caller,
) -> Result<Option<SubjectFacts>, DbError> {
    let known = Known { catalogue: catalogue.clone(), clock: clock.clone(), duties: Arc::clone(duties) };
    let Some((standing, held)) = standing_of(&mut tx, &known, Who::calls(caller)).await? else {
        return Ok(None);
    };
    let roles = wide_roles(held);
    let actor = caller.context().actor().id.clone();
    let Some(id) = standing.id else {
        return Ok(Some(SubjectFacts { actor, roles, ..SubjectFacts::default() }));
    };
    let facts = facts_of(&mut tx, Id::from_uuid(id), roles).await?;
    Ok(facts.map(|facts| SubjectFacts { actor, ..facts }))
}

/// A principal by what its bindings say; none where there is none, or it is not active.
///
/// # Errors
/// When the database does not answer.
pub async fn principal_facts(
    mut tx: &mut dyn TenantConnection,
    catalogue: &Catalogue,
    clock: &athyper_kernel_types::Clock,
    id: PrincipalId,
) -> Result<Option<SubjectFacts>, DbError> {
    let held = held_by(&mut tx, catalogue, clock.now(), id.uuid()).await?;
    facts_of(&mut tx, id, wide_roles(held)).await
}

/// The roles that hold in the whole tenant. One that holds in a part of it alone is not what a rule means that names it.
fn wide_roles(held: Vec<Held>) -> Vec<String> {
    let is_wide = |one: &Held| one.grant.limits.is_wide() && one.grant.limits.module.is_none();
    let mut roles: Vec<String> = held.into_iter().filter(is_wide).map(|one| one.role).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

async fn facts_of(
    tx: &mut impl TenantConnection,
    id: PrincipalId,
    roles: Vec<String>,
) -> Result<Option<SubjectFacts>, DbError> {
    let Some(principal) = principals::find(tx, id).await? else { return Ok(None) };
    if principal.status != Status::Active {
        return Ok(None);
    }
    let names: Vec<String> = links::of(tx, id).await?.into_iter().map(|link| link.subject).collect();
    let units_below = match principal.org_unit.map(Id::uuid) {
        Some(unit) => org_units::subtrees(tx, &[unit]).await?.remove(&unit),
        None => None,
    };
    let mut units_below: Vec<Uuid> = units_below.iter().flat_map(|units| units.iter().copied()).collect();
    units_below.sort_unstable();
    let units_above = match principal.org_unit.map(Id::uuid) {
        Some(unit) => subjects::units_above(tx, unit).await?,
        None => Vec::new(),
    };
    Ok(Some(SubjectFacts {
        actor: names.first().cloned().unwrap_or_else(|| id.to_string()),
        principal: Some(id),
        names,
        is_service: principal.kind == PrincipalKind::Service,
        roles,
        groups: access::groups_of(tx, id.uuid()).await?,
        units_above,
        units_below,
        reports: subjects::reports(tx, id.uuid()).await?,
    }))
}
