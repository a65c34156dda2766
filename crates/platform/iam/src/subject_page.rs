//! Principals one after the other with what decides about them: so many at once, with the same number of queries however many
//! there are.

use std::collections::HashMap;
use std::sync::Arc;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_http::{Catalogue, Grant, GrantedRights, Source, wide_roles};
use athyper_kernel_policy::{Subject, SubjectKind};
use athyper_kernel_types::{Clock, Id, PrincipalId};
use uuid::Uuid;

use crate::model::binding;
use crate::model::principal::PrincipalKind;
use crate::rights::resolve;
use crate::store::bindings::{self, Which};
use crate::store::subjects::ActiveRow;
use crate::store::{access, org_units, subjects};
use crate::subject::texts;

/// At most `limit` active principals whose id comes after `after`, by id, with what bindings give to them: to each the same as
/// [`principal_rights`].
///
/// # Errors
/// When the database does not answer.
pub async fn principals_rights(
    mut tx: &mut dyn TenantConnection,
    catalogue: &Catalogue,
    clock: &Clock,
    after: Option<PrincipalId>,
    limit: u32,
) -> Result<Vec<(PrincipalId, Arc<GrantedRights>)>, DbError> {
    let found = subjects::page(&mut tx, after.map(Id::uuid), limit).await?;
    rights_of(&mut tx, catalogue, clock, found).await
}

/// What bindings give to a principal that does not call now; none where there is no such principal, or it is not active.
///
/// # Errors
/// When the database does not answer.
pub async fn principal_rights(
    mut tx: &mut dyn TenantConnection,
    catalogue: &Catalogue,
    clock: &Clock,
    id: PrincipalId,
) -> Result<Option<Arc<GrantedRights>>, DbError> {
    let found = subjects::active(&mut tx, id.uuid()).await?;
    Ok(rights_of(&mut tx, catalogue, clock, found).await?.pop().map(|(_, rights)| rights))
}

/// The same for these principals, each with its kind and unit.
async fn rights_of(
    tx: &mut impl TenantConnection,
    catalogue: &Catalogue,
    clock: &Clock,
    found: Vec<ActiveRow>,
) -> Result<Vec<(PrincipalId, Arc<GrantedRights>)>, DbError> {
    let ids: Vec<Uuid> = found.iter().map(|(id, ..)| *id).collect();
    let units: Vec<Uuid> = found.iter().filter_map(|(.., unit)| *unit).collect();
    let mut names = by_first(subjects::names(tx, &ids).await?);
    let mut groups = by_first(access::memberships(tx, &ids).await?);
    let mut grants = grants(tx, catalogue, clock, &ids, &groups).await?;
    let below = org_units::subtrees(tx, &units).await?;
    let above = by_first(subjects::all_units_above(tx, &units).await?);
    let mut reports = by_first(subjects::all_reports(tx, &ids).await?);

    let rights = found.into_iter().map(|(id, kind, unit)| {
        let names = names.remove(&id).unwrap_or_default();
        let grants = grants.remove(&id).unwrap_or_default();
        let own_units = unit.and_then(|unit| below.get(&unit)).cloned();
        let mut units_below: Vec<Uuid> = own_units.iter().flat_map(|units| units.iter().copied()).collect();
        units_below.sort_unstable();
        let is_service = kind == PrincipalKind::Service.as_str();
        let subject = Subject {
            id: names.first().cloned().unwrap_or_else(|| id.to_string()),
            principal: Some(id.to_string()),
            names,
            kind: if is_service { SubjectKind::Service } else { SubjectKind::Person },
            roles: wide_roles(&grants, clock.now()),
            groups: texts(&groups.remove(&id).unwrap_or_default()),
            units_above: texts(unit.and_then(|unit| above.get(&unit)).map_or(&[], Vec::as_slice)),
            units_below: texts(&units_below),
            reports: reports.remove(&id).unwrap_or_default(),
        };
        let rights = GrantedRights {
            catalogue: catalogue.clone(),
            clock: clock.clone(),
            subject: Arc::new(subject),
            own_units,
            grants,
        };
        (Id::from_uuid(id), Arc::new(rights))
    });
    Ok(rights.collect())
}

fn by_first<T>(pairs: Vec<(Uuid, T)>) -> HashMap<Uuid, Vec<T>> {
    let mut found: HashMap<Uuid, Vec<T>> = HashMap::new();
    for (id, one) in pairs {
        found.entry(id).or_default().push(one);
    }
    found
}

/// What the bindings of principals and of their groups give, by principal.
async fn grants(
    tx: &mut impl TenantConnection,
    catalogue: &Catalogue,
    clock: &Clock,
    principals: &[Uuid],
    groups: &HashMap<Uuid, Vec<Uuid>>,
) -> Result<HashMap<Uuid, Vec<Grant>>, DbError> {
    let mut all_groups: Vec<Uuid> = groups.values().flatten().copied().collect();
    all_groups.sort_unstable();
    all_groups.dedup();
    let which = Which { principals: principals.to_vec(), groups: all_groups, ..Which::default() };
    let bindings = bindings::active(tx, clock.now(), &which).await?;
    let own: HashMap<Uuid, Uuid> = bindings
        .iter()
        .filter_map(|one| match one.subject {
            binding::Subject::Principal(id) => Some((one.id.uuid(), id.uuid())),
            binding::Subject::Group(_) => None,
        })
        .collect();
    let (mut of_principals, mut of_groups): (HashMap<Uuid, Vec<Grant>>, HashMap<Uuid, Vec<Grant>>) =
        (HashMap::new(), HashMap::new());
    for grant in resolve(tx, catalogue, &bindings).await? {
        match grant.source {
            Source::Binding { group: Some(group), .. } => of_groups.entry(group).or_default().push(grant),
            Source::Binding { id, group: None } => {
                if let Some(principal) = own.get(&id) {
                    of_principals.entry(*principal).or_default().push(grant);
                }
            }
            Source::Token => {}
        }
    }
    let grants = principals.iter().map(|id| {
        let mut grants = of_principals.remove(id).unwrap_or_default();
        let groups = groups.get(id).into_iter().flatten();
        grants.extend(groups.filter_map(|group| of_groups.get(group)).flatten().cloned());
        (*id, grants)
    });
    Ok(grants.collect())
}
