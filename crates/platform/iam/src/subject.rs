//! What decides about a principal beside its permissions: roles, groups, units, and who reports to it.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_policy::{Subject, SubjectKind};
use athyper_kernel_types::{Id, PrincipalId};
use uuid::Uuid;

use crate::model::principal::{PrincipalKind, Status};
use crate::store::{access, links, org_units, principals, subjects};

/// A principal with these roles, as rules about people and services see it; none where there is no such principal, or it is
/// not active.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn subject_of(
    tx: &mut impl TenantConnection,
    id: PrincipalId,
    roles: Vec<String>,
) -> Result<Option<Subject>, DbError> {
    let Some(principal) = principals::find(tx, id).await? else { return Ok(None) };
    if principal.status != Status::Active {
        return Ok(None);
    }
    let names: Vec<String> = links::of(tx, id).await?.into_iter().map(|link| link.subject).collect();
    let unit = principal.org_unit.map(Id::uuid);
    let (units_above, units_below) = match unit {
        Some(unit) => (subjects::units_above(tx, unit).await?, units_below(tx, unit).await?),
        None => (Vec::new(), Vec::new()),
    };
    Ok(Some(Subject {
        id: names.first().cloned().unwrap_or_else(|| id.to_string()),
        principal: Some(id.to_string()),
        names,
        kind: match principal.kind {
            PrincipalKind::Service => SubjectKind::Service,
            PrincipalKind::User => SubjectKind::Person,
        },
        roles,
        groups: texts(&access::groups_of(tx, id.uuid()).await?),
        units_above: texts(&units_above),
        units_below: texts(&units_below),
        reports: subjects::reports(tx, id.uuid()).await?,
    }))
}

/// A unit and all below it.
async fn units_below(tx: &mut impl TenantConnection, unit: Uuid) -> Result<Vec<Uuid>, DbError> {
    let below = org_units::subtrees(tx, &[unit]).await?.remove(&unit);
    let mut below: Vec<Uuid> = below.iter().flat_map(|units| units.iter().copied()).collect();
    below.sort_unstable();
    Ok(below)
}

pub(crate) fn texts(ids: &[Uuid]) -> Vec<String> {
    ids.iter().map(Uuid::to_string).collect()
}
